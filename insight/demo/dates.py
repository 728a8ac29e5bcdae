"""Where the groups of the demo lie in time. No database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from insight.demo.content import Group
from participants.ages import TERM
from sessions.schedule import SATURDAY, WEEK, Anchor, Step

TWO_WEEKS = timedelta(weeks=2)
SIX_WEEKS = timedelta(weeks=6)
IsOpen = Callable[[date], bool]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What planning a group needs: its window, its first day, and the day that one session must have."""

    window: tuple[date, date]
    first_on: date
    anchor: date
    planned_on: date

    @property
    def reference(self) -> date:
        return self.window[0] + TWO_WEEKS


def timing_of(group: Group, steps: Sequence[Step], *, today: date, is_open: IsOpen) -> Timing:
    """The window and first day by which session `group.session` falls `group.day` days from today.

    Today's and yesterday's stay on their very day, whatever day that is; others avoid weekends and closed days.
    """
    anchor = today + timedelta(group.day)
    if group.day not in (0, -1):
        anchor = _working_day(anchor, is_open)
    step = steps[group.session - 1]
    reference = _reference(step, anchor)
    if group.session == 1:
        first_on = anchor
    else:
        weekday = anchor.weekday() if anchor.weekday() < SATURDAY else 1
        first_on = _on_weekday(_asked(steps[0], reference), weekday)
        while not is_open(first_on):
            first_on += timedelta(WEEK)
    return Timing(
        window=(reference - TWO_WEEKS, reference + TWO_WEEKS),
        first_on=first_on,
        anchor=anchor,
        planned_on=min(first_on - SIX_WEEKS, today - timedelta(14)),
    )


def _reference(step: Step, day: date) -> date:
    """The middle of the window whose session falls on that day."""
    if step.anchor is Anchor.LAST_BIRTH:
        return day - timedelta(step.days) + timedelta(1) - TWO_WEEKS
    return day + TERM - timedelta(step.days) if step.anchor is Anchor.PREGNANCY else day - timedelta(step.days)


def _asked(step: Step, reference: date) -> date:
    conceived = reference - TERM
    return (conceived if step.anchor is Anchor.PREGNANCY else reference) + timedelta(step.days)


def _on_weekday(day: date, weekday: int) -> date:
    """The day of that weekday nearest to `day`."""
    ahead = (weekday - day.weekday()) % WEEK
    return day + timedelta(ahead if ahead <= WEEK // 2 else ahead - WEEK)


def _working_day(day: date, is_open: IsOpen) -> date:
    """The day itself, or the last one before it that is neither closed nor in a weekend."""
    while day.weekday() >= SATURDAY or not is_open(day):
        day -= timedelta(1)
    return day
