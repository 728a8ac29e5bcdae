"""What is in the way of a session: its room, somebody who leads it, or the group itself is taken already."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from itertools import accumulate
from typing import Any, NamedTuple

from django.db import DatabaseError, transaction
from psycopg import errors

from groups.models import CareGroup
from practices.models import Membership, Practice, Room
from practices.own_sql import fetch
from practices.tenancy import all_practices
from sessions.models import GroupSession
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

# What is taken, whose it is, from when to when, and by which session. One round, and rows as they come: a series of
# ten is held against hundreds. The room comes with its time to be cleared; a session of the group in it stands as that.
BUSY = """
    SELECT 'room', room_id, starts_at, occupied_until, id
    FROM group_sessions_groupsession
    WHERE practice_id = %(practice)s AND room_id = %(room)s AND cancelled_at IS NULL
        AND starts_at < %(end)s AND occupied_until > %(start)s AND id <> ALL (%(own)s::bigint[])
    UNION ALL
    SELECT 'group', group_id, starts_at, ends_at, id
    FROM group_sessions_groupsession
    WHERE practice_id = %(practice)s AND group_id = %(group)s AND room_id IS DISTINCT FROM %(room)s
        AND cancelled_at IS NULL
        AND starts_at < %(end)s AND occupied_until > %(start)s AND id <> ALL (%(own)s::bigint[])
    UNION ALL
    SELECT 'person', user_id, starts_at, occupied_until, CASE WHEN practice_id = %(practice)s THEN session_id END
    FROM group_sessions_sessionlead
    WHERE user_id = ANY (%(users)s::bigint[]) AND cancelled_at IS NULL
        AND starts_at < %(end)s AND occupied_until > %(start)s AND session_id <> ALL (%(own)s::bigint[])
    UNION ALL
    SELECT 'away', membership_id, starts_on::timestamp AT TIME ZONE %(zone)s,
        (ends_on + 1)::timestamp AT TIME ZONE %(zone)s, NULL
    FROM practices_absence
    WHERE practice_id = %(practice)s AND membership_id = ANY (%(members)s::bigint[])
        AND starts_on <= %(last)s AND ends_on >= %(first)s
"""


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
    """When this room, these people and the group are taken from `start` to `end`; of other practices only the times."""
    first, last = (each.astimezone(practice.zone).date() for each in (start, end))
    wanted: dict[str, Any] = {
        "practice": practice.pk,
        "zone": practice.time_zone,
        "start": start,
        "end": end,
        "first": first,
        "last": last,
        "room": room.pk if room else None,
        "group": group.pk if group else None,
        "users": [person.user_id for person in people],
        "members": [person.pk for person in people],
        "own": [session.pk for session in except_for],
    }
    called: dict[str, tuple[Taken, dict[int, str]]] = {
        "room": (Taken.ROOM, {room.pk: room.name} if room else {}),
        "group": (Taken.GROUP, {group.pk: ""} if group else {}),
        "person": (Taken.PERSON, {person.user_id: person.user.name for person in people}),
        "away": (Taken.AWAY, {person.pk: person.user.name for person in people}),
    }
    busy = []
    with all_practices():
        found = fetch(BUSY, wanted)
    for what, whose, starts_at, until, session in found:
        taken, names = called[what]
        busy.append(Busy(taken, names[whose], starts_at, until, session))
    gone = ((person.user.name, person.ends_on) for person in people if person.ends_on and person.ends_on <= last)
    busy += (Busy(Taken.GONE, name, moment(day, time(), practice.zone), end) for name, day in gone)
    return BusyTimes(busy)


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


def but_for_absences(found: Mapping[int, list[Clash]]) -> dict[int, list[Clash]]:
    """What is in the way also of who lets a substitute take the evening."""
    left = {number: [clash for clash in clashes if clash.taken is not Taken.AWAY] for number, clashes in found.items()}
    return {number: clashes for number, clashes in left.items() if clashes}


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
