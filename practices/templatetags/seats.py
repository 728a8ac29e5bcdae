from django import template
from django.utils.safestring import SafeString

register = template.Library()

TAKEN, FREE = '<span class="fill-seat taken"></span>', '<span class="fill-seat"></span>'


@register.filter
def seats(filled: int, of: int) -> SafeString:
    """A seat for each place, the taken ones first. In one piece: a page of the planner has hundreds."""
    return SafeString(TAKEN * filled + FREE * (of - filled))
