"""The circle: seats around a ring, drawn by the server."""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.forms.utils import flatatt

register = template.Library()

SIZE = 400
MIDDLE = SIZE / 2
# Room outside the seats for the ring that shows the focus.
EDGE = 7
LARGEST_SEAT = 44.0
# The share of the way to the neighbour that a seat may take.
WIDTH_OF_SEAT = 0.93
FONT_SIZE = 16.0
SMALL_FONT_SIZE = 13.5

STATES = ("empty", "expected", "apologised", "present", "measured", "seen", "attention")
ICONS = {"apologised": "minus", "present": "check", "measured": "measure", "seen": "done", "attention": "attention"}


@dataclass(frozen=True)
class Place:
    """Where one seat stands: its centre, its radius, and the centre of the badge that faces the middle."""

    x: float
    y: float
    radius: float
    badge_x: float
    badge_y: float


def places_around(seats: int) -> list[Place]:
    """The places of so many seats on a square of 400 by 400, clockwise from the top, none touching another.

    A seat is as large as the way to its neighbour allows: with r the radius of a seat and R that of the ring,
    2 r = 0.93 · 2 R sin(π / n) and R = 200 - 7 - r. It never grows beyond 44.
    """
    if seats < 1:
        return []
    reach = MIDDLE - EDGE
    chord = 2 * math.sin(math.pi / seats) * WIDTH_OF_SEAT if seats > 1 else math.inf
    radius = LARGEST_SEAT if math.isinf(chord) else min(LARGEST_SEAT, chord * reach / (2 + chord))
    ring = reach - radius
    # Far enough in that the badge leaves the name free.
    inner = ring - radius - 6
    places = []
    for number in range(seats):
        angle = 2 * math.pi * number / seats
        across, up = math.sin(angle), math.cos(angle)
        places.append(
            Place(
                x=round(MIDDLE + ring * across, 1),
                y=round(MIDDLE - ring * up, 1),
                radius=round(radius, 1),
                badge_x=round(MIDDLE + inner * across, 1),
                badge_y=round(MIDDLE - inner * up, 1),
            )
        )
    return places


def width_of(text: str, font_size: float) -> float:
    """About how wide the text is in units of the drawing, on the generous side, in any font of the house."""
    total = 0.0
    for letter in text:
        if unicodedata.combining(letter):
            continue
        if letter in "iljtfrI.,'’-|() ":
            total += 0.36
        elif letter in "mwMW@…":
            total += 0.94
        elif letter.isupper():
            total += 0.74
        elif unicodedata.east_asian_width(letter) in "WF":
            total += 1.0
        else:
            total += 0.6
    return total * font_size


def fitted(name: str, width: float) -> tuple[str, bool]:
    """The name as it fits into so many units, and whether in small letters; at last as its first letters and "…"."""
    name = " ".join(name.split())
    if width_of(name, FONT_SIZE) <= width:
        return name, False
    if width_of(name, SMALL_FONT_SIZE) <= width:
        return name, True
    kept = name
    while kept and width_of(kept.rstrip() + "…", SMALL_FONT_SIZE) > width:
        kept = kept[:-1]
        while kept and unicodedata.combining(name[len(kept)]):
            kept = kept[:-1]
    return kept.rstrip(" -.'’") + "…", True


def said(seat: Any, name: str, otherwise: Any = "") -> Any:
    """An attribute of the seat, or the value under that name when the seat is a mapping."""
    value = seat.get(name) if isinstance(seat, dict) else getattr(seat, name, None)
    return otherwise if value is None else value


@dataclass(frozen=True)
class DrawnSeat:
    """One seat with all that the template writes about it; lengths are text, as a locale would write 12,5."""

    state: str
    icon: str
    name: str
    small: bool
    spoken: str
    url: str
    attrs: str
    x: str
    y: str
    radius: str
    focus_radius: str
    badge_x: str
    badge_y: str
    icon_x: str
    icon_y: str


def drawn(seats: Sequence[Any]) -> list[DrawnSeat]:
    """Each seat at its place, with a name that fits. A state that is none of STATES is a ValueError."""
    result = []
    for seat, place in zip(seats, places_around(len(seats)), strict=True):
        label = str(said(seat, "label"))
        state = str(said(seat, "state", "expected"))
        if state not in STATES:
            raise ValueError(f"A seat has no state {state!r}; it is one of {', '.join(STATES)}.")
        name, small = fitted(label, 2 * place.radius - 10)
        result.append(
            DrawnSeat(
                state=state,
                icon=ICONS.get(state, ""),
                name=name,
                small=small,
                spoken=str(said(seat, "spoken") or label),
                url=str(said(seat, "url")),
                attrs=flatatt(dict(said(seat, "attrs", {}))),
                x=f"{place.x:.1f}",
                y=f"{place.y:.1f}",
                radius=f"{place.radius:.1f}",
                focus_radius=f"{place.radius + 4:.1f}",
                badge_x=f"{place.badge_x:.1f}",
                badge_y=f"{place.badge_y:.1f}",
                icon_x=f"{place.badge_x - 8:.1f}",
                icon_y=f"{place.badge_y - 8:.1f}",
            )
        )
    return result


@register.inclusion_tag("components/circle.html")
def circle(
    seats: Iterable[Any], *, label: str, centre: str = "", note: str = "", prefix: str = "seat"
) -> dict[str, Any]:
    """A group in its circle.

    A seat (object or dict) has `label` (first name), `state` (one of STATES) and, where wanted, `url`, `spoken` and
    `attrs` (a dict of further attributes of the link, for instance `{"hx-post": …}`). `label` names the drawing,
    `centre` and `note` stand in the middle, `prefix` begins the id of each seat (`seat-1`, `seat-2`, …).
    """
    seats = list(seats)
    ring = MIDDLE - min((place.y for place in places_around(len(seats))), default=float(EDGE + 40))
    return {
        "drawn": drawn(seats),
        "label": label,
        "centre": centre,
        "note": note,
        "prefix": prefix,
        "ring": f"{ring:.1f}",
    }
