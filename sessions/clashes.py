"""What is in the way of a session: its room, somebody who leads it, or the group itself is taken already."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from itertools import accumulate
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Case, F, Q, When
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


class Busy(NamedTuple):
    """A time at which something is taken, and up to when it keeps others out. There may be hundreds: a bare tuple.

    `name` is the room's or the person's. `session` is the one it is taken by, None where another practice has the
    person or she is away.
    """

    taken: Taken
    name: str
    starts_at: datetime
    until: datetime
    session: int | None = None

    def is_in_the_way_of(self, slot: Slot) -> bool:
        slot_until = slot.ends_at if self.taken is Taken.GROUP else slot.occupied_until
        return self.starts_at < slot_until and slot.starts_at < self.until


class BusyTimes:
    """Everything that is taken in some weeks, in order of time: to hold many slots against."""

    def __init__(self, times: Iterable[Busy]) -> None:
        self._times = sorted(times, key=lambda one: one.starts_at)
        self._starts = [one.starts_at for one in self._times]
        # Up to when this one or one before it lasts.
        self._last = list(accumulate((one.until for one in self._times), max))

    def in_the_way_of(self, slot: Slot) -> list[Busy]:
        found, place = [], bisect_left(self._starts, slot.occupied_until)
        while place and self._last[place - 1] > slot.starts_at:
            place -= 1
            if self._times[place].is_in_the_way_of(slot):
                found.append(self._times[place])
        return found


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
    busy = busy_times(practice, start, end, room=room, people=people, group=group, except_for=except_for)
    return in_the_way((slot, busy) for slot in slots)


def busy_times(
    practice: Practice,
    start: datetime,
    end: datetime,
    *,
    room: Room | None,
    people: Collection[Membership],
    group: CareGroup | None = None,
    except_for: Collection[GroupSession] = (),
) -> BusyTimes:
    """When this room, these people and the group are taken from `start` to `end`."""
    return BusyTimes(
        [
            *_busy_rooms_and_groups(practice, room, group, except_for, start, end),
            *_busy_people(practice, people, except_for, start, end),
            *_away_people(practice, people, start, end),
        ]
    )


def in_the_way(slots: Iterable[tuple[Slot, BusyTimes]]) -> dict[int, list[Clash]]:
    """What is in the way of each slot, by its number, of the times that go with it. At most one query.

    Only of what is in the way it matters whose it is: hundreds of other times need no name.
    """
    found = {slot.number: times for slot, busy in slots if (times := busy.in_the_way_of(slot))}
    pks = {one.session for times in found.values() for one in times if one.session}
    sessions = GroupSession.objects.filter(pk__in=pks).values_list("pk", "group__name", "ends_at") if pks else ()
    told = {pk: (name, ends_at) for pk, name, ends_at in sessions}
    return {
        number: sorted(
            (_clash(number, one, told) for one in times), key=lambda clash: (clash.starts_at, clash.taken.value)
        )
        for number, times in found.items()
    }


def _clash(number: int, one: Busy, told: Mapping[int, tuple[str, datetime]]) -> Clash:
    group, ends_at = told[one.session] if one.session else ("", one.until)
    name = group if one.taken is Taken.GROUP else one.name
    return Clash(number=number, taken=one.taken, name=name, starts_at=one.starts_at, ends_at=ends_at, group=group)


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
    rows = others.order_by().values_list("pk", "room", "starts_at", "ends_at", "occupied_until")
    for pk, room_of, starts_at, ends_at, until in rows:
        if room and room_of == room.pk:
            yield Busy(Taken.ROOM, room.name, starts_at, until, pk)
        else:
            yield Busy(Taken.GROUP, "", starts_at, ends_at, pk)


def _busy_people(
    practice: Practice,
    people: Collection[Membership],
    except_for: Collection[GroupSession],
    start: datetime,
    end: datetime,
) -> Iterator[Busy]:
    names = {person.user_id: person.user.name for person in people}
    if names:
        own = [session.pk for session in except_for]
        for user, starts_at, until, session in _led(practice, names, own, start, end):
            yield Busy(Taken.PERSON, names[user], starts_at, until, session)


def _away_people(practice: Practice, people: Collection[Membership], start: datetime, end: datetime) -> Iterator[Busy]:
    if not people:
        return
    zone, names = practice.zone, {person.pk: person.user.name for person in people}
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    for absence in Absence.objects.filter(practice=practice, membership__in=names).within(first, last):
        start_of, until = (
            moment(day, time(), zone) for day in (absence.starts_on, absence.ends_on + timedelta(days=1))
        )
        yield Busy(Taken.AWAY, names[absence.membership_id], start_of, until)
    for person in people:
        if person.ends_on and person.ends_on <= last:
            gone_at = moment(person.ends_on, time(), zone)
            yield Busy(Taken.GONE, names[person.pk], gone_at, end)


def but_for_absences(found: Mapping[int, list[Clash]]) -> dict[int, list[Clash]]:
    """What is in the way also of who lets a substitute take the evening."""
    left = {number: [clash for clash in clashes if clash.taken is not Taken.AWAY] for number, clashes in found.items()}
    return {number: clashes for number, clashes in left.items() if clashes}


def _led(
    practice: Practice, users: Collection[int], except_for: Collection[int], start: datetime, end: datetime
) -> list[tuple[int, datetime, datetime, int | None]]:
    """(user, from, until, session) of what these users lead; of other practices the times and nothing else."""
    own = Case(When(practice=practice, then=F("session")))
    leads = SessionLead.objects.standing().filter(user__in=users, starts_at__lt=end, occupied_until__gt=start)
    with all_practices():
        return list(leads.exclude(session__in=except_for).values_list("user", "starts_at", "occupied_until", own))


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
