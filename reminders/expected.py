"""What the ledger should hold for one place in one group. No database, no clock: the same facts give the same answer.

News (all dates, a move, a replacement, a cancellation) leaves as soon as the hours of the practice allow it, and at
once when the session would have begun by then. A reminder leaves a week and two days before a session. One message a
day: news goes first, and a reminder gives way. It is left out on a day with a message that speaks of the same session,
and moves to the next day after a message about something else. A reminder whose time had passed when its session or
its reader came to be is never begun, and none leaves after the start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from groups.models import Enrolment
from reminders.hours import day_of, days_before, next_open, opening_before
from reminders.models import Occasion, Reminder
from sessions.models import GroupSession

# What names every date that is to come.
ALL_DATES = (Occasion.WELCOME, Occasion.OTHER_DATES)
DAYS_BEFORE = {Occasion.TWO_DAYS_BEFORE: 2, Occasion.WEEK_BEFORE: 7}


class Spoken(NamedTuple):
    """When and where a session would be, as a message said it."""

    starts_at: datetime
    room_id: int | None


# What was said of each session, by its key; None for "cancelled".
Told = dict[int, Spoken | None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A message that should be waiting, with the session and the start that it speaks of (the first of several)."""

    key: str
    occasion: Occasion
    due_at: datetime
    session: GroupSession | None = None
    speaks_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """The facts: a place in a group, the group's sessions, and what the ledger holds for it already."""

    enrolment: Enrolment
    sessions: Sequence[GroupSession]
    rows: Sequence[Reminder] = ()
    # Sessions, by key, that she said she cannot come to.
    declined: Collection[int] = ()
    # Days on which she gets a message about another group.
    busy: Collection[date] = ()
    # Whether she was told the dates of another group, in whose place these are.
    knows_others: bool = False

    def waiting(self, key: str) -> Reminder | None:
        return next((row for row in self.rows if row.key == key and row.is_waiting), None)

    def was_attempted(self, key: str) -> bool:
        return any(row.key == key and row.sending_at for row in self.rows)

    def coming(self, now: datetime) -> list[GroupSession]:
        """Sessions that stand and have not begun, first things first."""
        standing = (s for s in self.sessions if s.cancelled_at is None and s.starts_at > now)
        return sorted(standing, key=lambda s: (s.starts_at, s.pk))

    def replaced(self, session: GroupSession) -> list[GroupSession]:
        """The sessions in whose place this one is, the newest first: one that was called off may itself have been."""
        found: list[GroupSession] = []
        before = {each.pk: each for each in self.sessions}
        while session.replaces_id in before:
            session = before[session.replaces_id]
            found.append(session)
        return found

    def known_as(self, session: GroupSession, said: Told) -> GroupSession | None:
        """The session that she was told of: this one, or one that it is in place of; None when she knows of neither."""
        return next((each for each in (session, *self.replaced(session)) if each.pk in said), None)


def may_be_told(enrolment: Enrolment) -> bool:
    """Whether any message may go to this place: the group is hers, she wants e-mail, nobody pressed the stop-switch."""
    person = enrolment.participant
    return enrolment.hears_of_the_group and person.may_be_contacted and person.by_email and bool(person.email)


def expected(place: Place, *, now: datetime) -> list[Wanted]:
    """The messages that should be waiting now, news first."""
    if not may_be_told(place.enrolment):
        return []
    news = [*_welcome(place, now)] or [*_moved(place, now), *_cancelled(place, now)]
    return [*news, *_reminders(place, news, now)]


def told(rows: Sequence[Reminder]) -> Told:
    """What was said last of each session, by its key. What failed counts: it is for people to send that again."""
    attempts = sorted((row for row in rows if row.sending_at), key=lambda row: (row.sending_at, row.pk))
    said: Told = {}
    for row in attempts:
        said |= {int(key): _spoken(value) for key, value in row.told.items()}
    return said


def as_told(session: GroupSession) -> dict[str, Any] | None:
    """What a message that speaks of this session as it is now says, as Reminder.told keeps it."""
    if session.cancelled_at:
        return None
    return {"starts_at": session.starts_at.isoformat(), "room": session.room_id}


def _spoken(value: dict[str, Any] | None) -> Spoken | None:
    return None if value is None else Spoken(datetime.fromisoformat(value["starts_at"]), value["room"])


def moves(place: Place, *, now: datetime) -> list[GroupSession]:
    """Sessions still to come that she knows at another time, in another room, as cancelled, or as the one before."""
    said = told(place.rows)
    known = [(s, place.known_as(s, said)) for s in place.coming(now)]
    return [s for s, as_ in known if as_ and (as_.pk != s.pk or said[s.pk] != (s.starts_at, s.room_id))]


def told_of_moves(place: Place, *, now: datetime) -> list[GroupSession]:
    """What a message about moves speaks of: the sessions where they are now, and those that they are in place of."""
    said = told(place.rows)
    return [
        each for s in moves(place, now=now) for each in (s, *place.replaced(s)) if each.pk == s.pk or each.pk in said
    ]


def cancellations(place: Place, *, now: datetime) -> list[GroupSession]:
    """Cancelled sessions that she still expects, and that no other session is in place of."""
    said = told(place.rows)
    replaced = {each.pk for session in place.coming(now) for each in place.replaced(session)}
    gone = [s for s in place.sessions if s.cancelled_at and s.pk not in replaced]
    return [s for s in gone if (spoken := said.get(s.pk)) and spoken.starts_at > now]


def _welcome(place: Place, now: datetime) -> Iterator[Wanted]:
    enrolled_at = place.enrolment.enrolled_at
    coming = place.coming(now)
    # Who comes back after leaving is welcome again.
    key = f"{Occasion.WELCOME}:{place.enrolment.pk}:{enrolled_at and _stamp(enrolled_at)}"
    if coming and not place.was_attempted(key):
        due_at = _news_at(place, key, [coming[0].starts_at], now)
        occasion = Occasion.OTHER_DATES if place.knows_others else Occasion.WELCOME
        yield Wanted(key=key, occasion=occasion, due_at=due_at)


def _moved(place: Place, now: datetime) -> Iterator[Wanted]:
    sessions = moves(place, now=now)
    if sessions:
        said = told(place.rows)
        key = _news_key(place, Occasion.MOVED)
        known = [said[as_.pk] for s in sessions if (as_ := place.known_as(s, said))]
        starts = [s.starts_at for s in sessions] + [spoken.starts_at for spoken in known if spoken]
        yield Wanted(
            key=key,
            occasion=Occasion.MOVED,
            due_at=_news_at(place, key, starts, now),
            session=sessions[0],
            speaks_of=sessions[0].starts_at,
        )


def _cancelled(place: Place, now: datetime) -> Iterator[Wanted]:
    sessions = cancellations(place, now=now)
    if sessions:
        said = told(place.rows)
        key = _news_key(place, Occasion.CANCELLED)
        starts = [spoken.starts_at for s in sessions if (spoken := said[s.pk])]
        yield Wanted(
            key=key,
            occasion=Occasion.CANCELLED,
            due_at=_news_at(place, key, starts, now),
            session=sessions[0],
            speaks_of=starts[0],
        )


def _news_key(place: Place, occasion: Occasion) -> str:
    """Several changes before anything left are one message: the row that has not left is used again."""
    rows = [row for row in place.rows if row.occasion == occasion]
    unsent = next((row for row in rows if row.sending_at is None), None)
    return unsent.key if unsent else f"{occasion}:{place.enrolment.pk}:{len(rows) + 1}"


def _news_at(place: Place, key: str, starts: Iterable[datetime], now: datetime) -> datetime:
    opening = next_open(place.enrolment.practice, now)
    ahead = [start for start in starts if start > now]
    is_in_time = not ahead or opening < min(ahead)
    return _kept(place.waiting(key), opening if is_in_time else now, now)


def _kept(row: Reminder | None, due_at: datetime, now: datetime) -> datetime:
    """What is due already stays due since then, and what waits for another try waits as long as it was told to."""
    if row is None:
        return due_at
    waits_for_another_try = row.tries and row.due_at > now
    is_due_already = row.due_at <= now and due_at <= now
    return row.due_at if waits_for_another_try or is_due_already else due_at


def _reminders(place: Place, news: Sequence[Wanted], now: datetime) -> Iterator[Wanted]:
    practice = place.enrolment.practice
    days = _Days(place, news, now)
    steps = [(s, occasion) for s in place.coming(now) if s.pk not in place.declined for occasion in DAYS_BEFORE]
    ideals = [(days_before(practice, s.starts_at, DAYS_BEFORE[occasion]), s, occasion) for s, occasion in steps]
    for ideal, session, occasion in sorted(ideals, key=lambda step: (step[0], step[1].pk)):
        key = f"{occasion}:{place.enrolment.pk}:{session.pk}:{_stamp(session.starts_at)}"
        due_at = _reminder_at(place, key, ideal, session, days, now)
        overtaken = occasion == Occasion.WEEK_BEFORE and days_before(practice, session.starts_at, 2) <= now
        if due_at and not overtaken and not place.was_attempted(key):
            days.take(due_at)
            yield Wanted(key=key, occasion=occasion, due_at=due_at, session=session, speaks_of=session.starts_at)


def _reminder_at(
    place: Place, key: str, ideal: datetime, session: GroupSession, days: _Days, now: datetime
) -> datetime | None:
    """When this reminder leaves; None when it need not, or cannot any more."""
    practice = place.enrolment.practice
    row = place.waiting(key)
    due_at = next_open(practice, ideal)
    if due_at >= session.starts_at:
        due_at = opening_before(practice, ideal)
    if min(ideal, due_at) <= now:
        if row is None:
            return None
        due_at = max(due_at, next_open(practice, now))
    due_at = _kept(row, due_at, now)
    while (leaves_at := max(due_at, now)) < session.starts_at:
        day = day_of(practice, leaves_at)
        if day not in days.taken:
            return due_at
        if day in days.speaking_of(session):
            return None
        due_at = next_open(practice, days_before(practice, leaves_at, -1))
    return None


def _stamp(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


class _Days:
    """On which days a message leaves, and which sessions the messages of those days speak of."""

    def __init__(self, place: Place, news: Sequence[Wanted], now: datetime) -> None:
        self.practice, self.now = place.enrolment.practice, now
        self.taken = set(place.busy)
        self.said: list[tuple[date, Told]] = []
        self.about_all: set[date] = set()
        for row in place.rows:
            if row.sending_at:
                day = day_of(self.practice, row.sending_at)
                self.taken.add(day)
                self.said.append((day, told([row])))
        for each in news:
            day = self.take(each.due_at)
            if each.occasion in ALL_DATES:
                self.about_all.add(day)
            elif each.session:
                self.said.append((day, {each.session.pk: Spoken(each.session.starts_at, each.session.room_id)}))

    def take(self, due_at: datetime) -> date:
        """The day on which something leaves that is due at this moment: today when it is due already."""
        day = day_of(self.practice, max(due_at, self.now))
        self.taken.add(day)
        return day

    def speaking_of(self, session: GroupSession) -> set[date]:
        """Days with a message that says when and where this session is now."""
        now_it_is = Spoken(session.starts_at, session.room_id)
        return self.about_all | {day for day, said in self.said if said.get(session.pk) == now_it_is}
