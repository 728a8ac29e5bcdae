"""The tabs of the place *Practice*. Each is a page of the app whose rows it shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from practices.models import Membership, Role
from practices.places import PLANNERS

COORDINATORS = (Role.COORDINATOR,)


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    url: str
    current: bool


# (name of the tab, label, URL name, who may open it)
TABS: list[tuple[str, Promise, str, Collection[Role]]] = [
    ("staff", _("Staff"), "practices:staff", COORDINATORS),
    ("rooms", _("Rooms"), "practices:rooms", COORDINATORS),
    ("closed_days", _("Closed days"), "practices:closed_days", COORDINATORS),
    ("schedules", _("Schedules"), "sessions:schedules", PLANNERS),
    ("library", _("Library"), "sessions:library", PLANNERS),
    ("limits", _("Limits"), "checks:limits", PLANNERS),
    ("settings", _("Settings"), "practices:settings", COORDINATORS),
]


def tabs_for(membership: Membership, current: str) -> list[Tab]:
    """The tabs of the practice that this member of staff may open; `current` names the one that is shown."""
    tabs = []
    for name, label, url_name, roles in TABS:
        if membership.has_any(roles):
            url = reverse(url_name, args=[membership.practice.slug])
            tabs.append(Tab(label=label, url=url, current=name == current))
    return tabs
