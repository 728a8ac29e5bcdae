"""What is in the way of a session: its room, somebody who leads it, or the group itself is taken already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from django.db import DatabaseError, transaction
from django.db.models import Q
from psycopg import errors

from groups.models import CareGroup
from practices.models import Absence, Membership, Practice, Room
from practices.tenancy import all_practices
from sessions.models import GroupSession, SessionLead
from sessions.schedule import moment


class Taken(Enum):
    ROOM = "room"
    PERSON = "person"
    GROUP = "group"
    # She is away on that day, or works here no more by then.
    AWAY = "away"
    GONE = "gone"


# The constraints that refuse what this module foresees, when two people plan at once.
BY_CONSTRAINT = frozenset({"room_booked_once_at_a_time", "person_leads_once_at_a_time", "group_meets_once_at_a_time"})


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A time that a session would take; `number` tells the caller which session it is."""

    number: int
    starts_at: datetime
    ends_at: datetime
    occupied_until: datetime


@dataclass(frozen=True, kw_only=True)
class Clash:
    """One thing in the way of the session with this number.

    `name` is the room's or the person's; `group` the name of the group that is in the way, empty where another
    practice has the person: of that nothing is known here but the times. An absence lasts from midnight to midnight.
    """

    number: int
    taken: Taken
    name: str
    starts_at: datetime
    ends_at: datetime
    group: str = ""


class Clashes(Exception):
    """The plan cannot be carried out. `found` is empty when somebody was faster whose plan is not visible yet."""

    def __init__(self, found: Mapping[int, list[Clash]]) -> None:
        super().__init__(found)
        self.found = found


def slot(number: int, starts_at: datetime, ends_at: datetime, room: Room | None) -> Slot:
    """The time of a session with the room's time to be cleared."""
    turnaround = timedelta(minutes=room.turnaround_minutes if room else 0)
    return Slot(number=number, starts_at=starts_at, ends_at=ends_at, occupied_until=ends_at + turnaround)


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """A time at which something is taken, and up to when it keeps others out."""

    taken: Taken
    name: str
    starts_at: datetime
    ends_at: datetime
    until: datetime
    group: str = ""

    def is_in_the_way_of(self, slot: Slot) -> bool:
        slot_until = slot.ends_at if self.taken is Taken.GROUP else slot.occupied_until
        return self.starts_at < slot_until and slot.starts_at < self.until

    def as_clash(self, slot: Slot) -> Clash:
        return Clash(
            number=slot.number,
            taken=self.taken,
            name=self.name,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            group=self.group,
        )


def find_clashes(
    practice: Practice,
    slots: Sequence[Slot],
    *,
    room: Room | None,
    people: Collection[Membership],
    group: CareGroup | None = None,
    except_for: Collection[GroupSession] = (),
) -> dict[int, list[Clash]]:
    """What is in the way of each slot, by its number. A handful of queries, however many slots there are."""
    if not slots:
        return {}
    start, end = min(slot.starts_at for slot in slots), max(slot.occupied_until for slot in slots)
    return in_the_way(
        slots, busy_times(practice, start, end, room=room, people=people, group=group, except_for=except_for)
    )


def busy_times(
    practice: Practice,
    start: datetime,
    end: datetime,
    *,
    room: Room | None,
    people: Collection[Membership],
    group: CareGroup | None = None,
    except_for: Collection[GroupSession] = (),
) -> list[Busy]:
    """When this room, these people and the group are taken from `start` to `end`: to hold many slots against."""
    return [
        *_busy_rooms_and_groups(practice, room, group, except_for, start, end),
        *_busy_people(practice, people, except_for, start, end),
        *_away_people(practice, people, start, end),
    ]


def in_the_way(slots: Sequence[Slot], busy: Sequence[Busy]) -> dict[int, list[Clash]]:
    """Which of these times are in the way of each slot, by its number."""
    found: dict[int, list[Clash]] = {}
    for slot in slots:
        start, end = slot.starts_at, slot.occupied_until
        # Most are far away: the exact question is asked of the few that are not.
        near = [one for one in busy if one.starts_at < end and start < one.until]
        clashes = [one.as_clash(slot) for one in near if one.is_in_the_way_of(slot)]
        if clashes:
            found[slot.number] = sorted(clashes, key=lambda clash: (clash.starts_at, clash.taken.value))
    return found


def _busy_rooms_and_groups(
    practice: Practice,
    room: Room | None,
    group: CareGroup | None,
    except_for: Collection[GroupSession],
    start: datetime,
    end: datetime,
) -> Iterator[Busy]:
    wanted = Q(room=room) if room else Q(pk=None)
    if group:
        wanted |= Q(group=group)
    sessions = GroupSession.objects.standing().filter(
        wanted, practice=practice, starts_at__lt=end, occupied_until__gt=start
    )
    others = sessions.exclude(pk__in=[session.pk for session in except_for])
    # There may be hundreds, of which a name and three moments count.
    rows = others.values_list("room", "group", "group__name", "starts_at", "ends_at", "occupied_until")
    for room_of, group_of, name, starts_at, ends_at, until in rows:
        if room and room_of == room.pk:
            yield Busy(taken=Taken.ROOM, name=room.name, group=name, starts_at=starts_at, ends_at=ends_at, until=until)
        elif group and group_of == group.pk:
            yield Busy(taken=Taken.GROUP, name=name, group=name, starts_at=starts_at, ends_at=ends_at, until=ends_at)


def _busy_people(
    practice: Practice,
    people: Collection[Membership],
    except_for: Collection[GroupSession],
    start: datetime,
    end: datetime,
) -> Iterator[Busy]:
    names = {person.user_id: person.user.name for person in people}
    if not names:
        return
    leads = SessionLead.objects.standing().filter(
        practice=practice, user__in=names, starts_at__lt=end, occupied_until__gt=start
    )
    others = leads.exclude(session__in=[session.pk for session in except_for])
    rows = others.values_list("user", "session__group__name", "starts_at", "session__ends_at", "occupied_until")
    for user, group, starts_at, ends_at, until in rows:
        yield Busy(taken=Taken.PERSON, name=names[user], group=group, starts_at=starts_at, ends_at=ends_at, until=until)
    for user, starts_at, until in busy_elsewhere(practice, names, start, end):
        yield Busy(taken=Taken.PERSON, name=names[user], starts_at=starts_at, ends_at=until, until=until)


def _away_people(practice: Practice, people: Collection[Membership], start: datetime, end: datetime) -> Iterator[Busy]:
    if not people:
        return
    zone, names = practice.zone, {person.pk: person.user.name for person in people}
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    for absence in Absence.objects.filter(practice=practice, membership__in=names).within(first, last):
        until = moment(absence.ends_on + timedelta(days=1), time(), zone)
        yield Busy(
            taken=Taken.AWAY,
            name=names[absence.membership_id],
            starts_at=moment(absence.starts_on, time(), zone),
            ends_at=until,
            until=until,
        )
    for person in people:
        if person.ends_on and person.ends_on <= last:
            gone_at = moment(person.ends_on, time(), zone)
            yield Busy(taken=Taken.GONE, name=names[person.pk], starts_at=gone_at, ends_at=gone_at, until=end)


def but_for_absences(found: Mapping[int, list[Clash]]) -> dict[int, list[Clash]]:
    """What is in the way also of who lets a substitute take the evening."""
    left = {number: [clash for clash in clashes if clash.taken is not Taken.AWAY] for number, clashes in found.items()}
    return {number: clashes for number, clashes in left.items() if clashes}


def busy_elsewhere(
    practice: Practice, users: Collection[int], start: datetime, end: datetime
) -> list[tuple[int, datetime, datetime]]:
    """(user, from, until) of sessions that these users lead in other practices: the times and nothing else."""
    with all_practices():
        return list(
            SessionLead.objects.standing()
            .exclude(practice=practice)
            .filter(user__in=users, starts_at__lt=end, occupied_until__gt=start)
            .values_list("user", "starts_at", "occupied_until")
        )


@contextmanager
def told_as_clashes(look_again: Callable[[], Mapping[int, list[Clash]]]) -> Iterator[None]:
    """A transaction whose refusal by the database is told like a clash that was seen beforehand.

    Two who plan at once meet at an exclusion constraint: the second waits for the first and is refused, or both wait
    for each other and one is sent away. `look_again` then says what is in the way by now.
    """
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        if constraint_of(error) not in BY_CONSTRAINT and not isinstance(error.__cause__, errors.DeadlockDetected):
            raise
        raise Clashes(look_again()) from error


def constraint_of(error: DatabaseError) -> str:
    """The constraint that refused, or nothing."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, errors.Error) else ""
