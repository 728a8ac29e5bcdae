"""A calendar as RFC 5545 wants it: sessions in, the bytes of an .ics file out. Pure, so that it is tried without more.

What leaves the house here lands in calendars of telephones and employers: no name of a person or a group, no word on
health, one title for every session.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDuration

# Never another one: calendars know a session again by what is made from it.
NAMESPACE = UUID("5b0c2f0e-6d43-4c9a-9a53-0f6de6a5c1d7")
ASK_AGAIN_AFTER = timedelta(hours=4)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One session as a calendar shows it; all moments are aware."""

    key: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    # Rises with every change, or a calendar keeps what it has.
    sequence: int
    is_cancelled: bool = False
    place: str = ""
    url: str = ""


def write(entries: Sequence[Entry], *, name: str, title: str, zone: ZoneInfo) -> bytes:
    """The calendar with these entries on the clocks of this zone; the same entries give the same bytes."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Centering//Calendars//EN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", zone.key)
    calendar.add("refresh-interval", ASK_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(ASK_AGAIN_AFTER))
    years = [entry.starts_at.year for entry in entries] or [2000]
    # A year more on both sides: local time is ahead of or behind that of the row.
    calendar.add_component(_timezone(zone, min(years) - 1, max(years) + 1))
    for entry in entries:
        calendar.add_component(_event(entry, title=title, zone=zone))
    return bytes(calendar.to_ical())


def _event(entry: Entry, *, title: str, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", str(uuid5(NAMESPACE, f"session {entry.key}")))
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    event.add("summary", title)
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    if entry.place:
        event.add("location", entry.place)
    if entry.url:
        event.add("url", entry.url)
    return event


@lru_cache(maxsize=128)
def _timezone(zone: ZoneInfo, first_year: int, last_year: int) -> Timezone:
    """Every clock change of these years, both included, by its own moment.

    Written here, as icalendar's own `Timezone.from_tzid` puts the change to summer time an hour late.
    """
    timezone = Timezone()
    timezone.add("tzid", zone.key)
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    before = start.astimezone(zone)
    timezone.add_component(_observance(before, before))
    for moment in _clock_changes(zone, start, datetime(last_year + 1, 1, 1, tzinfo=UTC)):
        timezone.add_component(_observance((moment - timedelta(seconds=1)).astimezone(zone), moment.astimezone(zone)))
    return timezone


def _observance(before: datetime, after: datetime) -> TimezoneStandard | TimezoneDaylight:
    """What the clocks show from `after` on; `before` is the last second of what they showed until then."""
    part = TimezoneDaylight() if after.dst() else TimezoneStandard()
    was, is_now = before.utcoffset() or timedelta(), after.utcoffset() or timedelta()
    part.add("tzoffsetfrom", was)
    part.add("tzoffsetto", is_now)
    part.add("tzname", after.tzname() or str(is_now))
    # The moment of the change is told on the clocks as they were before it.
    part.add("dtstart", after.astimezone(UTC).replace(tzinfo=None) + was)
    return part


def _clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The moments (UTC) from which the clocks of the zone show another time; changes lie days apart."""
    day = start
    while day < end:
        next_day = day + timedelta(days=1)
        if _offset(zone, day) != _offset(zone, next_day):
            yield _change_between(zone, day, next_day)
        day = next_day


def _change_between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = _offset(zone, low)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        middle = middle.replace(second=0, microsecond=0)
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
