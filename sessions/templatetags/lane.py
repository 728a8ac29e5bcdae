from collections.abc import Iterable

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from sessions.planner import Chip

register = template.Library()

# In one piece: as nodes of a template the hundreds of chips of a page cost as much as all the rest of it.
CHIP = (
    '<li class="week-{}"><a class="chip{}" href="{}#session-{}"><span class="visually-hidden">{}</span>'
    '<span aria-hidden="true"><small>{}</small> <b>{}</b> <small class="chip-month">{}</small></span></a></li>'
)


@register.simple_tag
def lane(chips: Iterable[Chip], url: str) -> SafeString:
    """The sessions of one line, each a link to its place on the page of the series."""
    return format_html_join(
        "",
        CHIP,
        (
            (
                chip.week,
                " chip-past" if chip.is_past else "",
                url,
                chip.pk,
                chip.spoken,
                chip.weekday,
                chip.day.day,
                chip.month,
            )
            for chip in chips
        ),
    )
