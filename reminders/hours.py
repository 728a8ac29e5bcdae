"""When messages may leave: between the practice's hours, not on Sundays and public holidays. No database, no clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from practices.models import Practice
from sessions.working_days import public_holidays

SUNDAY = 6
DAY = timedelta(days=1)


def is_open_day(practice: Practice, day: date) -> bool:
    """Whether messages leave on this day at all; always where the practice has set no hours."""
    if practice.messages_from is None:
        return True
    return day.weekday() != SUNDAY and day not in public_holidays(practice, day.year)


def next_open(practice: Practice, moment: datetime) -> datetime:
    """The first moment from this one on at which messages may leave."""
    start, end = practice.messages_from, practice.messages_until
    if start is None or end is None:
        return moment
    local = moment.astimezone(practice.zone)
    day = local.date()
    if is_open_day(practice, day) and local.time() < end:
        return moment if local.time() >= start else _at(practice, day, start)
    return _at(practice, _open_day(practice, day + DAY, DAY), start)


def opening_before(practice: Practice, moment: datetime) -> datetime:
    """When the hours began on the last day, this one included, on which they began before this moment."""
    start = practice.messages_from
    if start is None:
        return moment
    local = moment.astimezone(practice.zone)
    day = local.date() if local.time() >= start else local.date() - DAY
    return _at(practice, _open_day(practice, day, -DAY), start)


def days_before(practice: Practice, moment: datetime, days: int) -> datetime:
    """The same time on the practice's clocks so many days before, also across a change of the clocks."""
    local = moment.astimezone(practice.zone)
    return _at(practice, local.date() - days * DAY, local.time())


def day_of(practice: Practice, moment: datetime) -> date:
    return moment.astimezone(practice.zone).date()


def _open_day(practice: Practice, day: date, step: timedelta) -> date:
    while not is_open_day(practice, day):
        day += step
    return day


def _at(practice: Practice, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=practice.zone)
