"""The tabs of a group's page. Each is a page of the app whose rows it shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from practices.models import Membership


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    url: str
    current: bool


# (name of the tab, label, URL name); each of these pages is open to every role, and each shows what that role may see.
TABS: list[tuple[str, Promise, str]] = [
    ("people", _("People"), "groups:group"),
    ("series", _("Series"), "sessions:series"),
    ("messages", _("Messages"), "reminders:group"),
    ("neighbourhood", _("Neighbourhood"), "neighbourhood:group"),
    ("fidelity", _("Fidelity"), "elements:group"),
]


def tabs_for(membership: Membership, group: CareGroup, current: str) -> list[Tab]:
    """The tabs of this group's page; `current` names the one that is shown."""
    slug = membership.practice.slug
    return [
        Tab(label=label, url=reverse(url_name, args=[slug, group.pk]), current=name == current)
        for name, label, url_name in TABS
    ]
