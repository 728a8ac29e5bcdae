"""The planner as a calendar: the days of a week or a month with their sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from practices.models import Membership
from sessions.chips import Chip, chips_of
from sessions.choice import Choice
from sessions.models import GroupSession
from sessions.planner import midnight, monday_of
from sessions.working_days import working_days

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One day: `closed` says why nobody meets, `is_outside` that it only fills up the first or last week of a month."""

    day: date
    chips: Sequence[Chip]
    closed: str
    is_today: bool
    is_outside: bool


@dataclass(frozen=True)
class Agenda:
    """The days from a Monday up to a Sunday; a month has those of the weeks that it lies in."""

    is_month: bool
    first: date
    last: date
    earlier: date
    later: date
    days: Sequence[Day]

    @property
    def is_empty(self) -> bool:
        return not any(day.chips for day in self.days)


def agenda(membership: Membership, choice: Choice, *, is_month: bool, on: date, now: datetime) -> Agenda:
    """The week or the month of this day, with the sessions that she may see and chose. Four queries at most."""
    first, last, earlier, later = _month_of(on) if is_month else _week_of(on)
    start, end = monday_of(first), monday_of(last) + WEEK
    closed = working_days(membership.practice, start, end).closed
    sessions = choice.sessions(GroupSession.objects.visible_to(membership).standing().filter(group__cancelled_at=None))
    by_day: dict[date, list[Chip]] = defaultdict(list)
    for chip in chips_of(sessions.starting_between(midnight(start), midnight(end)), closed=closed, now=now):
        by_day[chip.day].append(chip)
    today = timezone.localdate(now)
    days = [
        Day(
            day=day,
            chips=by_day[day],
            closed=closed[day].name if day in closed else "",
            is_today=day == today,
            is_outside=not first <= day <= last,
        )
        for day in (start + timedelta(offset) for offset in range((end - start).days))
    ]
    return Agenda(is_month=is_month, first=first, last=last, earlier=earlier, later=later, days=days)


def _week_of(on: date) -> tuple[date, date, date, date]:
    monday = monday_of(on)
    return monday, monday + timedelta(days=6), monday - WEEK, monday + WEEK


def _month_of(on: date) -> tuple[date, date, date, date]:
    first = on.replace(day=1)
    later = (first + timedelta(days=31)).replace(day=1)
    return first, later - timedelta(days=1), (first - timedelta(days=1)).replace(day=1), later
