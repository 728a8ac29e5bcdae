"""What somebody wants to see on the planner: groups of one kind or language, with one person, in one room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.kinds import BY_CODE, CHOICES
from groups.models import CareGroupQuerySet, Facilitation
from participants.models import Language
from practices.models import Membership, Room
from sessions.models import GroupSession, GroupSessionQuerySet, SessionLead

Choices = Sequence[tuple[str, str | Promise]]


@dataclass(frozen=True)
class Filter:
    """One list of the form: its name in the address, its words, what may be chosen, and what is."""

    name: str
    label: str | Promise
    everything: str | Promise
    choices: Choices
    chosen: str


@dataclass(frozen=True)
class Choice:
    """What was chosen of each list; what is not on it counts as nothing."""

    filters: Sequence[Filter]

    @property
    def query(self) -> dict[str, str]:
        return {each.name: each.chosen for each in self.filters if each.chosen}

    def groups(self, groups: CareGroupQuerySet, *, begins: datetime) -> CareGroupQuerySet:
        """Of these groups those that fit, by who is meant to lead them, their room, and their sessions from then on."""
        person, room = self._number("person"), self._number("room")
        groups = groups.filter(self._of_group(""))
        sessions = GroupSession.objects.standing().filter(group=OuterRef("pk"), starts_at__gte=begins)
        if person:
            meant = Facilitation.objects.current().filter(group=OuterRef("pk"), membership=person)
            led = sessions.filter(leads__membership=person, leads__cancelled_at=None)
            groups = groups.filter(Exists(meant) | Exists(led))
        return groups.filter(Q(room=room) | Exists(sessions.filter(room=room))) if room else groups

    def sessions(self, sessions: GroupSessionQuerySet) -> GroupSessionQuerySet:
        """Of these sessions those that she leads and that are in that room."""
        person, room = self._number("person"), self._number("room")
        sessions = sessions.filter(self._of_group("group__"))
        if person:
            leads = SessionLead.objects.standing().filter(session=OuterRef("pk"), membership=person)
            sessions = sessions.filter(Exists(leads))
        return sessions.filter(room=room) if room else sessions

    def _number(self, name: str) -> int | None:
        chosen = self.query.get(name)
        return int(chosen) if chosen else None

    def _of_group(self, path: str) -> Q:
        wanted = Q()
        for name in ("kind", "language"):
            if value := self.query.get(name):
                wanted &= Q(**{f"{path}{name}": BY_CODE.get(value, value)})
        return wanted


def choice_of(given: Mapping[str, str], membership: Membership, *, day: date) -> Choice:
    """The lists with what is chosen in the address. Two queries."""
    leads = SessionLead.objects.standing().filter(practice=membership.practice_id, membership=OuterRef("pk"))
    people = Membership.objects.visible_to(membership).active_on(day).filter(Exists(leads)).order_by("user__name", "pk")
    rooms = Room.objects.visible_to(membership).in_use(day)
    lists: list[tuple[str, str | Promise, str | Promise, Choices]] = [
        ("kind", _("Kind"), _("All kinds"), CHOICES),
        ("person", _("Led by"), _("Everybody"), _numbered(people.values_list("pk", "user__name"))),
        ("room", _("Room"), _("All rooms"), _numbered(rooms.values_list("pk", "name"))),
        ("language", _("Language"), _("All languages"), Language.choices),
    ]
    return Choice(
        [
            Filter(name, label, everything, choices, _known(given.get(name), choices))
            for name, label, everything, choices in lists
        ]
    )


def _numbered(rows: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in rows]


def _known(value: str | None, choices: Choices) -> str:
    return value if value and value in dict(choices) else ""
