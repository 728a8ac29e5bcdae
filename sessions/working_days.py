"""The working days of a practice: public holidays as it keeps them, its own closed days, the school holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from holidays import SCHOOL
from holidays.countries.netherlands import Netherlands

from practices.models import ClosedDays, Practice
from sessions.schedule import ClosedDay, WorkingDays

# School holidays are decreed some years ahead; after the last known autumn the source is empty without saying so.
SCHOOL_KNOWN_UNTIL = date(max(Netherlands.autumn_break_weeks) + 1, 10, 1)


def working_days(practice: Practice, start: date, end: date) -> WorkingDays:
    """What is known of the days from `start` up to, not including, `end`. One query."""
    years = range(start.year, end.year + 1)
    closed = {
        day: ClosedDay(name, is_public=True) for year in years for day, name in public_holidays(practice, year).items()
    }
    own = ClosedDays.objects.filter(practice=practice, starts_on__lt=end, ends_on__gte=start)
    for period in own:
        for day in _each_day(max(period.starts_on, start), min(period.ends_on, end)):
            closed.setdefault(day, ClosedDay(period.reason, is_public=False))
    school = {day: name for year in years for day, name in _school_holidays(practice.school_region, year).items()}
    return WorkingDays(closed=closed, school=school, school_known_until=SCHOOL_KNOWN_UNTIL)


def public_holidays(practice: Practice, year: int) -> dict[date, str]:
    """The public holidays of the year as the practice keeps them, by their Dutch names."""
    ordinary = {name.casefold() for name in practice.ordinary_holidays}
    return {day: name for day, name in _all_public_holidays(year).items() if name.casefold() not in ordinary}


@lru_cache
def _all_public_holidays(year: int) -> dict[date, str]:
    return dict(Netherlands(years=year, language="nl").items())  # type: ignore[no-untyped-call]


@lru_cache
def _school_holidays(region: str, year: int) -> dict[date, str]:
    days = Netherlands(years=year, language="nl", categories=(SCHOOL,), subdiv=region)  # type: ignore[no-untyped-call]
    return dict(days.items())


def _each_day(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(offset)
