"""The date engine: from a window, a template and a first evening to the dates of a series. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from participants.ages import TERM

SATURDAY = 5
WEEK = 7
# How many days from its own a session is looked for before planning gives up; whole weeks.
FARTHEST = 60 * WEEK


class Anchor(Enum):
    """What a session's days are counted from."""

    PREGNANCY = "pregnancy"
    AGE = "age"
    LAST_BIRTH = "last_birth"
    SERIES = "series"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing on the plan of an evening: its opening, a topic, or its closing.

    `format_id` is the key of an ActivityFormat, whose minutes and materials hold where the part has none of its own.
    """

    title: str
    moment: str = "topic"
    format_id: int | None = None
    minutes: int | None = None
    materials: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without what is left to the format or as usual: each group keeps a copy."""
        return {name: value for name, value in vars(self).items() if value != getattr(Part, name, "")}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One session of a template.

    `days` counts from the anchor: days of pregnancy (16 weeks = 112), days of the babies' age, days after the last
    birth, or days after the first session (theme groups). `margin_days` is how far it may move either way from its
    regular day, which is the day of the series' week that lies nearest.
    """

    number: int
    anchor: Anchor
    days: int
    margin_days: int = 7
    minutes: int = 120
    theme: str = ""
    plan: tuple[Part, ...] = ()
    partners: str = "welcome"
    with_doctor: bool = False

    @property
    def topics(self) -> tuple[str, ...]:
        """What is talked about, by title."""
        return tuple(part.title for part in self.plan if part.moment == "topic")

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "anchor": self.anchor.value, "plan": [part.as_json() for part in self.plan]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        plan = tuple(Part(**part) for part in data["plan"])
        return cls(**{**data, "anchor": Anchor(data["anchor"]), "plan": plan})


class Code(Enum):
    """What can be said about a date. `day` and `name` of the remark are what the words need."""

    # Not on its regular day `day`, which is the public holiday `name`.
    PUBLIC_HOLIDAY = "public_holiday"
    # Not on its regular day `day`, on which the practice is closed for the reason `name`.
    CLOSED = "closed"
    # Its regular day `day` is not after the session before it.
    AFTER_PREVIOUS = "after_previous"
    # Farther than the template's margin from `day`.
    OUTSIDE_MARGIN = "outside_margin"
    # Chosen by hand on a day that is closed because of `name`.
    ON_CLOSED_DAY = "on_closed_day"
    # Not on its regular day `day`, which lies in the school holiday `name`.
    SCHOOL_AVOIDED = "school_avoided"
    # In the school holiday `name`.
    SCHOOL_HOLIDAY = "school_holiday"
    # No school holidays are known for this day.
    SCHOOL_UNKNOWN = "school_unknown"
    # Moved by hand from `day`.
    MOVED = "moved"


WARNINGS = frozenset({Code.AFTER_PREVIOUS, Code.OUTSIDE_MARGIN, Code.ON_CLOSED_DAY})


@dataclass(frozen=True)
class Remark:
    """One thing to know about a date: a code with its data, put into words on the page."""

    code: Code
    day: date
    name: str = ""

    @property
    def is_warning(self) -> bool:
        return self.code in WARNINGS

    def as_text(self) -> str:
        """How a session keeps it: at most 120 characters."""
        return f"{self.code.value}|{self.day.isoformat()}|{self.name}"[:120]

    @classmethod
    def from_text(cls, text: str) -> Remark:
        code, day, name = text.split("|", 2)
        return cls(Code(code), date.fromisoformat(day), name)


@dataclass(frozen=True)
class ClosedDay:
    """Why a day cannot be used: a public holiday, or the practice's own."""

    name: str
    is_public: bool


@dataclass(frozen=True, kw_only=True)
class WorkingDays:
    """The days of a practice: those that are closed, and those of the school holidays as far as they are known."""

    closed: Mapping[date, ClosedDay] = field(default_factory=dict)
    school: Mapping[date, str] = field(default_factory=dict)
    school_known_until: date = date.max

    def is_open(self, day: date) -> bool:
        return day not in self.closed

    def about(self, day: date) -> list[Remark]:
        """What is to know about a day on which a session will be."""
        if day in self.school:
            return [Remark(Code.SCHOOL_HOLIDAY, day, self.school[day])]
        return [Remark(Code.SCHOOL_UNKNOWN, day)] if day >= self.school_known_until else []


@dataclass(frozen=True, kw_only=True)
class PlannedSession:
    """One date of a series. `day` is local, the moments are in UTC."""

    step: Step
    day: date
    starts_at: datetime
    ends_at: datetime
    remarks: tuple[Remark, ...] = ()


class NoOpenDay(ValueError):
    """Every day that the session could have is closed."""

    def __init__(self, number: int, day: date) -> None:
        super().__init__(number, day)
        self.number, self.day = number, day


class OutOfOrder(ValueError):
    """A session was put by hand on a day that is not after the session before it."""

    def __init__(self, number: int, day: date) -> None:
        super().__init__(number, day)
        self.number, self.day = number, day


def asked_day(step: Step, *, first_on: date, reference: date | None, last_due_on: date | None) -> date:
    """The very day that the template asks for, whatever day of the week it is."""
    if step.anchor is Anchor.SERIES:
        return first_on + timedelta(step.days)
    if step.anchor is Anchor.LAST_BIRTH and last_due_on:
        return last_due_on + timedelta(step.days)
    if reference is None:
        raise ValueError(f"Session {step.number} counts from {step.anchor.value}, and there is no window.")
    if step.anchor is Anchor.PREGNANCY:
        return reference - TERM + timedelta(step.days)
    return reference + timedelta(step.days)


def suggested_first_day(
    step: Step, *, reference: date | None, last_due_on: date | None, days: WorkingDays, earliest: date
) -> date:
    """A day to begin with: the one that the template asks for, or the next that is neither closed nor a weekend."""
    day = earliest
    if step.anchor is not Anchor.SERIES:
        day = max(earliest, asked_day(step, first_on=earliest, reference=reference, last_due_on=last_due_on))
    for offset in range(FARTHEST):
        candidate = day + timedelta(offset)
        if candidate.weekday() < SATURDAY and days.is_open(candidate):
            return candidate
    raise NoOpenDay(step.number, day)


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment at which the clock of that zone shows this day and time, in UTC."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def shifted(days_of: Sequence[date], by: timedelta, days: WorkingDays) -> list[tuple[date, list[Remark]]]:
    """The same days so much later or earlier, with why one is not exactly that.

    Where a day falls on a closed one, the nearest open day takes its place, at most three days from it and never a day
    of a weekend. Raises NoOpenDay, with the place in the list counted from one, where there is none.
    """
    found: list[tuple[date, list[Remark]]] = []
    for number, wanted in enumerate((day + by for day in days_of), 1):
        after = found[-1][0] if found else date.min
        near = [wanted + timedelta(offset) for offset in (0, 1, -1, 2, -2, 3, -3)]
        open_ = [
            day for day in near if days.is_open(day) and after < day and (day == wanted or day.weekday() < SATURDAY)
        ]
        if not open_:
            raise NoOpenDay(number, wanted)
        found.append((open_[0], _why_not(wanted, days) if open_[0] != wanted else []))
    return found


def _why_not(day: date, days: WorkingDays) -> list[Remark]:
    """Why a session is not on this day."""
    closed = days.closed.get(day)
    if closed is None:
        return [Remark(Code.AFTER_PREVIOUS, day)]
    return [Remark(Code.PUBLIC_HOLIDAY if closed.is_public else Code.CLOSED, day, closed.name)]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where one session belongs: its regular day, the exact day asked for, and the days it must stay between."""

    step: Step
    regular: date
    asked: date
    after: date
    before: date

    def candidates(self) -> Iterator[date]:
        """Days to try, best first: same day of the week, then any working day, then same day beyond the margin."""
        margin = self.step.margin_days
        weeks = [offset for offset in range(-margin, margin + 1) if offset % WEEK == 0]
        yield from (day for day in self._moved_by(weeks) if day < self.before)
        others = [offset for offset in range(-margin, margin + 1) if offset % WEEK]
        yield from (day for day in self._moved_by(others) if day < self.before and day.weekday() < SATURDAY)
        yield from self._moved_by(range(-FARTHEST, FARTHEST, WEEK))

    def _moved_by(self, offsets: Iterable[int]) -> list[date]:
        """The regular day moved by these numbers of days: the smallest move first, towards the exact day."""
        moved = [self.regular + timedelta(offset) for offset in offsets]
        moved.sort(key=lambda day: (abs(day - self.regular), abs(day - self.asked), day))
        return [day for day in moved if day > self.after]


def plan_series(
    steps: Sequence[Step],
    *,
    first_on: date,
    at: time,
    zone: ZoneInfo,
    days: WorkingDays,
    reference: date | None = None,
    last_due_on: date | None = None,
    chosen: Mapping[int, datetime] | None = None,
    school_weeks: int = 0,
) -> list[PlannedSession]:
    """The dates of a series, each with what is to know about it.

    `first_on` replaces the day of session 1 only: the others keep their weeks, counted from `reference` (the middle of
    the window) or `last_due_on` (its last day), on the day of the week of `first_on`. Closed days are avoided by a move
    of whole weeks inside the margin, else to the nearest working day; where the margin holds no day at all the session
    stands outside it, with a warning. School holidays are avoided by at most `school_weeks` whole weeks inside the
    margin, and met with a remark where that leads out of none. `chosen` puts single sessions, by number, at a moment of
    their own, as it is.
    Raises NoOpenDay or OutOfOrder.
    """
    chosen = {steps[0].number: moment(first_on, at, zone), **(chosen or {})}
    asked = [asked_day(step, first_on=first_on, reference=reference, last_due_on=last_due_on) for step in steps]
    regular = [_regular_day(step, day, first_on.weekday()) for step, day in zip(steps, asked, strict=True)]
    following = [after if after > before else date.max for before, after in pairwise(regular)] + [date.max]
    planned: list[PlannedSession] = []
    for step, *days_of_step in zip(steps, asked, regular, following, strict=True):
        previous = planned[-1].day if planned else date.min
        place = _place(step, *days_of_step, previous=previous, last_due_on=last_due_on)
        if step.number in chosen:
            starts_at = chosen[step.number].astimezone(UTC)
            day, remarks = _as_chosen(place, starts_at.astimezone(zone).date(), previous, days)
        else:
            day, remarks = _best_day(place, days, school_weeks)
            starts_at = moment(day, at, zone)
        ends_at = starts_at + timedelta(minutes=step.minutes)
        remarks += days.about(day)
        planned.append(PlannedSession(step=step, day=day, starts_at=starts_at, ends_at=ends_at, remarks=tuple(remarks)))
    return planned


def after_last_birth(step: Step, *, last_on: date, weekday: int, days: WorkingDays, school_weeks: int = 0) -> date:
    """The day of a session that follows the last birth, when that is on this day. Raises NoOpenDay."""
    asked = last_on + timedelta(step.days)
    regular = _regular_day(step, asked, weekday)
    place = _Place(step=step, regular=regular, asked=asked, after=last_on, before=date.max)
    day, _remarks = _best_day(place, days, school_weeks)
    return day


def _place(
    step: Step, asked: date, regular: date, following: date, *, previous: date, last_due_on: date | None
) -> _Place:
    """Where a session belongs, after the one before it and, when it waits for the babies, after the last of them."""
    waits_for = last_due_on if step.anchor is Anchor.LAST_BIRTH and last_due_on else previous
    return _Place(step=step, asked=asked, regular=regular, after=max(previous, waits_for), before=following)


def _regular_day(step: Step, asked: date, weekday: int) -> date:
    """The day of that weekday nearest to the one asked for; after a birth never before it."""
    ahead = (weekday - asked.weekday()) % WEEK
    if ahead > WEEK // 2 and step.anchor is not Anchor.LAST_BIRTH:
        ahead -= WEEK
    return asked + timedelta(ahead)


def _as_chosen(place: _Place, day: date, previous: date, days: WorkingDays) -> tuple[date, list[Remark]]:
    if day <= previous:
        raise OutOfOrder(place.step.number, day)
    remarks = []
    if day in days.closed:
        remarks.append(Remark(Code.ON_CLOSED_DAY, day, days.closed[day].name))
    if abs((day - place.asked).days) > place.step.margin_days and place.step.anchor is not Anchor.SERIES:
        remarks.append(Remark(Code.OUTSIDE_MARGIN, place.asked))
    return day, remarks


def _best_day(place: _Place, days: WorkingDays, school_weeks: int) -> tuple[date, list[Remark]]:
    remarks: list[Remark] = []
    regular = place.regular
    if regular <= place.after:
        remarks.append(Remark(Code.AFTER_PREVIOUS, regular))
        weeks_late = (place.after - regular).days // WEEK + 1
        place = replace(place, regular=regular + timedelta(weeks=weeks_late), before=date.max)
    elif regular in days.closed:
        remarks += _why_not(regular, days)
    open_days = (day for day in place.candidates() if days.is_open(day))
    day = next(open_days, None)
    if day is None:
        raise NoOpenDay(place.step.number, regular)
    if day in days.school:
        reach = min(school_weeks * WEEK, place.step.margin_days)
        day = next((other for other in open_days if _is_better(other, place.regular, reach, days)), day)
    if day != place.regular and not remarks:
        remarks.append(Remark(Code.SCHOOL_AVOIDED, regular, days.school[regular]))
    if abs((day - regular).days) > place.step.margin_days:
        remarks.append(Remark(Code.OUTSIDE_MARGIN, regular))
    return day, remarks


def _is_better(day: date, regular: date, reach: int, days: WorkingDays) -> bool:
    """Whether the group can meet here on its own day of the week, out of the school holidays."""
    return day not in days.school and day.weekday() == regular.weekday() and abs((day - regular).days) <= reach
