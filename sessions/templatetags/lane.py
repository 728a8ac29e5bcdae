from collections.abc import Iterable
from datetime import date

from django import template
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

from sessions.chips import Chip

register = template.Library()

# In one piece: as nodes of a template the hundreds of chips of a page cost as much as all the rest of it.
CHIP = (
    '<li class="week-{}"><a class="chip{}" href="{}#session-{}" data-session="{}"{}>'
    '<span class="visually-hidden">{}</span>'
    '<span aria-hidden="true"><small>{}</small> <b>{}</b> <small class="chip-month">{}</small></span></a></li>'
)
# The sheet offers to move it; where the browser can drag, dropping it on another day does the same.
MOVABLE = SafeString(' draggable="true" data-day="{}"')
SELECTED = SafeString(" selected")


@register.simple_tag
def lane(chips: Iterable[Chip], url: str, monday: date, may_plan: bool) -> SafeString:
    """The sessions of one line, each a link to its place on the page of the series."""
    # Only words can hold what must be escaped; to ask it of every number takes longer than all the rest.
    return SafeString(
        "".join(
            CHIP.format(
                (chip.day - monday).days // 7 + 1,
                state_of(chip),
                url,
                chip.pk,
                chip.pk,
                movable(chip, may_plan),
                escape(spoken(chip)),
                escape(chip.weekday),
                chip.day.day,
                escape(chip.month),
            )
            for chip in chips
        )
    )


@register.simple_tag
def options(choices: Iterable[tuple[str, object]], chosen: str) -> SafeString:
    """The options of a list to choose from; in one piece for the same reason."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SELECTED if value == chosen else "", label) for value, label in choices),
    )


@register.filter
def numbered(url: str, number: int) -> str:
    """The address of this one, by that of number 0."""
    return url.replace("/0/", f"/{number}/")


@register.filter
def state_of(chip: Chip) -> str:
    """The classes that say what there is to know about a session."""
    return (" chip-past" if chip.is_past else "") + (" chip-worry" if chip.worries else "")


@register.filter
def movable(chip: Chip, may_plan: bool) -> SafeString:
    return SafeString(MOVABLE.format(chip.day.isoformat())) if may_plan and chip.may_move else SafeString("")


@register.filter
def spoken(chip: Chip) -> str:
    return " ".join([f"{chip.spoken}.", *chip.worries])
