"""The tabs of a group's page. Each is a page of the app whose rows it shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from practices.models import Membership, Role
from practices.places import ALL


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    url: str
    current: bool


# (name of the tab, label, URL name, who may open it)
TABS: list[tuple[str, Promise, str, Collection[Role]]] = [
    ("people", _("People"), "groups:group", ALL),
    ("series", _("Series"), "sessions:series", ALL),
    ("messages", _("Messages"), "reminders:group", ALL),
    ("neighbourhood", _("Neighbourhood"), "neighbourhood:group", ALL),
    ("fidelity", _("Fidelity"), "elements:group", ALL),
]


def tabs_for(membership: Membership, group: CareGroup, current: str) -> list[Tab]:
    """The tabs of this group that this member of staff may open; `current` names the one that is shown."""
    slug = membership.practice.slug
    tabs = []
    for name, label, url_name, roles in TABS:
        if membership.has_any(roles):
            try:
                url = reverse(url_name, args=[slug, group.pk])
            except NoReverseMatch:
                continue
            tabs.append(Tab(label=label, url=url, current=name == current))
    return tabs
