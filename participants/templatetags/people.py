from django import template

from participants.phone import readable

register = template.Library()


@register.filter
def readable_phone(number: str) -> str:
    """`{{ person.phone|readable_phone }}`: 06 12345678."""
    return readable(number)
