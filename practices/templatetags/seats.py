from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

# In one piece: as nodes of a template the seats of a page of the planner cost as much as all the rest of its lines.
TAKEN, FREE = '<span class="fill-seat taken"></span>', '<span class="fill-seat"></span>'
FILL = '<span class="fill">{}<span class="fill-words">{}</span></span>'
SEATS = '<span class="fill-seats" aria-hidden="true">{}</span>'
BAR = '<progress max="{}" value="{}" aria-hidden="true"></progress>'
# More of them are a bar.
MOST_SEATS = 16


@register.simple_tag
def fill(filled: int, of: int, say: str = "") -> SafeString:
    """How full something is: a seat for each place, the taken ones first, and in words, `say` if given."""
    drawn = SEATS.format(TAKEN * filled + FREE * (of - filled)) if of <= MOST_SEATS else BAR.format(of, filled)
    return format_html(FILL, SafeString(drawn), say or _("%(filled)s of %(of)s seats") % {"filled": filled, "of": of})
