"""Where a session could be instead, when something is in its way: the nearest moments and rooms that are free."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from groups.models import CareGroup
from practices.models import Membership, Practice, Room
from sessions.clashes import Slot, find_clashes, slot
from sessions.models import GroupSession
from sessions.schedule import SATURDAY, WorkingDays, moment

MOST = 3
# Looked at: other times of the same day, by half hours, and the same time on the days around it.
HALF_HOURS = 8
DAYS = 7
# Where no session follows, anything that somebody may plan.
AT_MOST = timedelta(days=10 * 365)
# Nobody is invited outside these hours by a machine; people may plan there.
FROM, UNTIL = time(8), time(22)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A moment and a room in which nothing is in the way."""

    starts_at: datetime
    room: Room | None


def openings(
    practice: Practice,
    wanted: Slot,
    *,
    room: Room | None,
    people: Collection[Membership],
    days: WorkingDays,
    between: tuple[datetime, datetime],
    other_rooms: Collection[Room] = (),
    group: CareGroup | None = None,
    except_for: Collection[GroupSession] = (),
) -> list[Opening]:
    """At most three free places for a session that wanted this slot: other rooms first, then the nearest moments.

    All lie within `between`, which the sessions before and after it leave. A handful of queries a room.
    """
    free = []
    for other in other_rooms:
        there = slot(wanted.number, wanted.starts_at, wanted.ends_at, other)
        if not find_clashes(practice, [there], room=other, people=people, group=group, except_for=except_for):
            free.append(Opening(starts_at=wanted.starts_at, room=other))
    slots = list(near(practice, wanted, room=room, days=days, between=between))
    taken = find_clashes(practice, slots, room=room, people=people, group=group, except_for=except_for)
    free += [Opening(starts_at=one.starts_at, room=room) for one in slots if one.number not in taken]
    return free[:MOST]


def near(
    practice: Practice, wanted: Slot, *, room: Room | None, days: WorkingDays, between: tuple[datetime, datetime]
) -> Iterator[Slot]:
    """The moments around the one that was wanted, nearest first, as slots of the same length in this room."""
    length = wanted.ends_at - wanted.starts_at
    for number, start in enumerate(_near(wanted.starts_at, length, practice, days)):
        if _lies(start, length, between):
            yield slot(number, start, start + length, room)


def days_between(
    before: date | None, after: date | None, zone: ZoneInfo, *, now: datetime
) -> tuple[datetime, datetime]:
    """From the day after one session up to the day of the next: a group meets once a day at most."""
    start = moment(before + timedelta(days=1), time(), zone) if before else now
    return max(start, now), moment(after, time(), zone) if after else now + AT_MOST


def _lies(start: datetime, length: timedelta, between: tuple[datetime, datetime]) -> bool:
    return between[0] < start and start + length <= between[1]


def _near(start: datetime, length: timedelta, practice: Practice, days: WorkingDays) -> Iterator[datetime]:
    """Moments around this one, the same day first, on days and at hours at which groups meet."""
    local = start.astimezone(practice.zone)
    for step in range(1, HALF_HOURS + 1):
        for sign in (1, -1):
            other = start + sign * step * timedelta(minutes=30)
            begins, ends = other.astimezone(practice.zone), (other + length).astimezone(practice.zone)
            if begins.date() == ends.date() == local.date() and begins.time() >= FROM and ends.time() <= UNTIL:
                yield other
    for step in range(1, DAYS + 1):
        for sign in (1, -1):
            day = local.date() + timedelta(sign * step)
            if days.is_open(day) and day.weekday() < SATURDAY:
                yield moment(day, local.time(), practice.zone)
