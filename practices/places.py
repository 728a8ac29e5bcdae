"""The places of a practice, as the navigation shows them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from practices.models import Membership, Role

ALL = tuple(Role)
PLANNERS = (Role.COORDINATOR, Role.FACILITATOR)
# Who works in an evening that she leads. An observer may have a part in one, and sees nobody's data all the same.
LEADERS = (Role.FACILITATOR, Role.CO_FACILITATOR)


@dataclass(frozen=True)
class Place:
    label: str | Promise
    icon: str
    url: str
    current: bool


# (label, icon, URL name, who may open it)
PLACES: list[tuple[Promise, str, str, Collection[Role]]] = [
    (_("Today"), "today", "insight:today", ALL),
    (_("Groups"), "groups", "sessions:planner", ALL),
    (_("Participants"), "participants", "participants:list", PLANNERS),
    (_("Observe"), "eye", "elements:observations", (Role.OBSERVER,)),
    (_("Neighbourhood"), "neighbourhood", "neighbourhood:list", ALL),
    (_("Overview"), "overview", "insight:overview", PLANNERS),
    (_("Practice"), "practice", "practices:staff", (Role.COORDINATOR,)),
]


def places_for(membership: Membership, path: str) -> list[Place]:
    """The places this member of staff may open; the one that `path` lies in is current (the longest match)."""
    slug = membership.practice.slug
    shown = [
        (label, icon, reverse(name, args=[slug])) for label, icon, name, roles in PLACES if membership.has_any(roles)
    ]
    home = reverse("insight:today", args=[slug])
    here = max((url for *_rest, url in shown if re.match(_section(url, home), path)), key=len, default="")
    return [Place(label=label, icon=icon, url=url, current=url == here) for label, icon, url in shown]


def _section(url: str, home: str) -> str:
    """The paths that lie in a place: all below its first page, and for the practice all that stands beside its staff.

    An evening lies in *Today*, what changes a date in *Groups*; a page of no place, like the calendars, in none.
    """
    if url == home:
        return rf"{home}($|sessions/)"
    if url == f"{home}groups/":
        return rf"{home}(groups/|sessions/\d+/(move|cancel|reopen|leads)/)"
    return url.removesuffix("staff/")
