"""A session that follows the last birth: planned from the latest due date, and proposed anew as births come in.

A day that somebody chose by moving it, alone or with the sessions before it, stays. Another one is proposed only where
it is too early by what is known now: closer to the last birth than the days of the template less its margin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from groups.models import CareGroup
from participants.models import Child
from sessions.models import GroupSession, Series
from sessions.planning import days_around
from sessions.schedule import Anchor, NoOpenDay, Step, after_last_birth

# A move of less than this is not worth telling everybody about.
WORTH_A_MOVE = timedelta(days=7)
# How long before and after a due date a birth belongs to it, where nobody wrote down to which. Later nobody is overdue.
EARLY, LATE = timedelta(weeks=20), timedelta(weeks=5)


@dataclass(frozen=True)
class Expected:
    """One pregnancy of the group: its due date, and the birth as far as it is known."""

    due_on: date
    born_on: date | None

    def is_overdue(self, today: date) -> bool:
        """Past her due date, with no birth known. Five weeks after it there was one, and nobody wrote it down."""
        return self.born_on is None and self.due_on < today <= self.due_on + LATE

    def counts_on(self, today: date) -> date:
        """The birth; else the due date, or today at the earliest for who is overdue."""
        if self.born_on:
            return self.born_on
        return today if self.is_overdue(today) else self.due_on


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Another day for the session, since the last birth was or is expected on `last_on`."""

    session: GroupSession
    day: date
    last_on: date
    # How many babies are still to be born, and how many of these were to be there by now.
    awaited: int
    overdue: int


def last_birth(expected: Iterable[Expected], *, today: date) -> date | None:
    """The last birth, or the latest day that those still awaited count on; None before the first birth is known."""
    known = list(expected)
    if not any(each.born_on for each in known):
        return None
    return max(each.counts_on(today) for each in known)


def proposal_for(group: CareGroup, sessions: Sequence[GroupSession], *, now: datetime) -> Proposal | None:
    """The move that the births so far ask for, of the first of these sessions that follows the last of them.

    `sessions` are those that may still be moved. One query where none of them waits for the babies, else a few.
    """
    if not group.is_pregnancy:
        return None
    series = Series.objects.filter(group=group).first()
    if series is None:
        return None
    steps = {step.number: step for step in series.copied_steps()}
    waiting = [each for each in sessions if _follows(steps.get(each.number))]
    if not waiting:
        return None
    session, expected, today = waiting[0], _expected(group), timezone.localdate(now)
    last_on = last_birth(expected, today=today)
    if last_on is None:
        return None
    step = steps[session.number]
    if was_chosen(session) and not _is_too_early(session.day, step, last_on):
        return None
    days = days_around(group.practice, last_on)
    try:
        day = after_last_birth(
            step, last_on=last_on, weekday=session.day.weekday(), days=days, school_weeks=series.school_weeks
        )
    except NoOpenDay:
        return None
    if abs(day - session.day) < WORTH_A_MOVE or day <= today:
        return None
    return Proposal(
        session=session,
        day=day,
        last_on=last_on,
        awaited=sum(each.born_on is None for each in expected),
        overdue=sum(each.is_overdue(today) for each in expected),
    )


def was_chosen(session: GroupSession) -> bool:
    """Whether somebody chose its day since it was planned: its history knows another, or it is in place of one."""
    known = GroupSession.objects.filter(pk=session.pk).values_list("events__starts_at", flat=True)
    return session.replaces_id is not None or len({timezone.localtime(start).date() for start in known}) > 1


def _is_too_early(day: date, step: Step, last_on: date) -> bool:
    return day < last_on + timedelta(max(step.days - step.margin_days, 1))


def _follows(step: Step | None) -> bool:
    return step is not None and step.anchor is Anchor.LAST_BIRTH


def _expected(group: CareGroup) -> list[Expected]:
    """The pregnancies of those who have a place; one that ended without a birth is left in peace."""
    places = list(group.enrolments.enrolled().exclude(pregnancy=None).select_related("pregnancy"))
    children = list(Child.objects.filter(participant__in=[place.participant_id for place in places]))
    found = []
    for place in places:
        pregnancy = place.pregnancy
        if pregnancy is None:
            continue
        births = [
            child.born_on
            for child in children
            if child.pregnancy_id == pregnancy.pk
            or (
                child.pregnancy_id is None
                and child.participant_id == place.participant_id
                and pregnancy.due_on - EARLY <= child.born_on <= pregnancy.due_on + LATE
            )
        ]
        if births or pregnancy.ended_on is None:
            found.append(Expected(pregnancy.due_on, max(births, default=None)))
    return found
