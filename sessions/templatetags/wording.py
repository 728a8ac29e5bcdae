from django import template

from sessions.wording import clash_in_words, remark_in_words

register = template.Library()
register.filter("remark_in_words", remark_in_words)
register.filter("clash_in_words", clash_in_words)
