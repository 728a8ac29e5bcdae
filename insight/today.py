"""What one member of staff should see first: this evening, this week, and what waits for her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from checks.review import waiting_for
from groups.models import CareGroup, Enrolment, Facilitation
from insight.counting import count_of
from neighbourhood.models import Meeting
from practices.models import Membership
from reminders.models import Reminder
from sessions.models import Answer, GroupSession, SessionLead

A_WEEK = timedelta(days=7)
# "Go" or "no go" is decided three weeks before the first session (domain.md, 4).
DECIDED_BEFORE = timedelta(days=21)
# What waits is shown oldest first; more than this at once helps nobody.
ROWS_OF_A_KIND = 6
SEATS_DRAWN = 16
EVENING_BEGINS = time(17)


@dataclass(frozen=True, kw_only=True)
class Evening:
    """One session with the numbers that its card and its row show."""

    session: GroupSession
    enrolled: int
    excused: int
    last_number: int
    is_mine: bool
    leads: Sequence[SessionLead]
    meetings: Sequence[Meeting]
    now: datetime

    @property
    def expected(self) -> int:
        return self.enrolled - self.excused

    @property
    def is_today(self) -> bool:
        return self.session.day == timezone.localtime(self.now).date()

    @property
    def is_in_the_evening(self) -> bool:
        return timezone.localtime(self.session.starts_at).time() >= EVENING_BEGINS

    @property
    def is_running(self) -> bool:
        return self.session.starts_at <= self.now < self.session.ends_at and not self.session.is_closed

    @property
    def seats(self) -> list[dict[str, str]]:
        """The circle without names: who is expected, who sent word, which seats are free."""
        group = self.session.group
        free = max(0, min(group.maximum, SEATS_DRAWN) - self.enrolled)
        states = ["expected"] * self.expected + ["apologised"] * self.excused + ["empty"] * free
        return [{"label": "", "state": state} for state in states[:SEATS_DRAWN]]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A session or a group that asks for an act, with the number that says how much."""

    row: Any
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Today:
    day: date
    # Those of today, or when there is none the next one.
    evenings: Sequence[Evening]
    this_week: Sequence[Evening]
    to_review: Sequence[Waiting]
    to_close: Sequence[Waiting]
    failed: Sequence[Waiting]
    too_small: Sequence[Waiting]
    without_co: Sequence[Waiting]
    without_room: Sequence[Waiting]

    @property
    def is_quiet(self) -> bool:
        lists = (self.to_review, self.to_close, self.failed, self.too_small, self.without_co, self.without_room)
        return not any(lists)


def today_for(membership: Membership, *, now: datetime) -> Today:
    """The first page of this member of staff, in the zone that is active."""
    day = timezone.localtime(now).date()
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    coming = _evenings(membership, now=now, starts_at__gte=midnight, starts_at__lt=midnight + A_WEEK)
    shown = sorted((each for each in coming if each.is_today), key=lambda each: not each.is_mine)
    shown = shown or coming[:1] or _evenings(membership, 1, now=now, starts_at__gt=now)
    groups = _groups_in_want(membership, now=now)
    return Today(
        day=day,
        evenings=shown,
        this_week=[each for each in coming if each not in shown],
        to_review=_with_values_to_review(membership, day),
        to_close=_left_open(membership, before=midnight),
        failed=_with_failed_messages(membership, now=now),
        too_small=[Waiting(row=each, count=each.enrolled) for each in groups if each.is_too_small],
        without_co=[Waiting(row=each) for each in groups if not each.has_co],
        without_room=[Waiting(row=each) for each in groups if each.lacks_room],
    )


def _evenings(membership: Membership, most: int | None = None, *, now: datetime, **when: datetime) -> list[Evening]:
    """Standing sessions in order: a coordinator's are those of the practice, everybody else's her own."""
    sessions = GroupSession.objects
    seen = sessions.visible_to(membership) if membership.is_coordinator else sessions.editable_by(membership)
    leads = SessionLead.objects.standing().select_related("membership__user").order_by("pk")
    meetings = Meeting.objects.standing().select_related("activity__partner").order_by("arranged_at")
    answers = Answer.objects.filter(
        session=OuterRef("pk"), speaks_of=OuterRef("starts_at"), is_coming=False, enrolment__state="enrolled"
    )
    rows: QuerySet[Any] = (
        seen.standing()
        .filter(**when)
        .select_related("group", "room")
        .prefetch_related(Prefetch("leads", leads), Prefetch("meetings", meetings))
        .annotate(
            enrolled=count_of(Enrolment.objects.enrolled().filter(group=OuterRef("group")), "group"),
            excused=count_of(answers, "session"),
            last_number=Subquery(
                sessions.standing().filter(group=OuterRef("group")).order_by("-number").values("number")[:1]
            ),
            is_mine=Exists(sessions.editable_by(membership).filter(pk=OuterRef("pk"))),
        )
        .order_by("starts_at", "pk")[:most]
    )
    return [
        Evening(
            session=row,
            enrolled=row.enrolled,
            excused=row.excused,
            last_number=row.last_number,
            is_mine=row.is_mine,
            leads=sorted(row.leads.all(), key=lambda lead: lead.role != Facilitation.Role.FIRST),
            meetings=row.meetings.all(),
            now=now,
        )
        for row in rows
    ]


def _with_values_to_review(membership: Membership, day: date) -> list[Waiting]:
    """Sessions with values outside the limits that this member of staff answers for."""
    if not membership.answers_for_checks:
        return []
    values = waiting_for(membership, day).filter(session=OuterRef("pk"))
    return _waiting(_led_first_by(membership).annotate(count=count_of(values, "session")).filter(count__gt=0))


def _left_open(membership: Membership, *, before: datetime) -> list[Waiting]:
    """Sessions of earlier days that only this member of staff can close."""
    if not membership.answers_for_checks:
        return []
    return _waiting(_led_first_by(membership).filter(starts_at__lt=before, closed_at=None))


def _led_first_by(membership: Membership) -> QuerySet[GroupSession]:
    first = SessionLead.objects.standing().filter(
        session=OuterRef("pk"), membership=membership, role=Facilitation.Role.FIRST
    )
    sessions = GroupSession.objects.editable_by(membership).standing().filter(Exists(first))
    return sessions.select_related("group").order_by("starts_at", "pk")


def _groups_of(membership: Membership) -> QuerySet[CareGroup]:
    groups = CareGroup.objects.visible_to(membership).alive()
    return groups if membership.is_coordinator else groups.led_by(membership)


def _with_failed_messages(membership: Membership, *, now: datetime) -> list[Waiting]:
    messages = Reminder.objects.visible_to(membership).needing_attention(now).filter(enrolment__group=OuterRef("pk"))
    groups = _groups_of(membership).annotate(count=count_of(messages, "enrolment__group")).filter(count__gt=0)
    return _waiting(groups)


def _groups_in_want(membership: Membership, *, now: datetime) -> list[Any]:
    """Groups with sessions to come that start too small soon, or lack a co-facilitator or a room."""
    if not membership.sees_the_whole_practice:
        return []
    sessions = GroupSession.objects.standing().filter(group=OuterRef("pk")).order_by("starts_at")
    places = Enrolment.objects.enrolled().filter(group=OuterRef("pk"))
    co = Facilitation.objects.current().filter(group=OuterRef("pk"), role=Facilitation.Role.CO)
    groups: QuerySet[Any] = (
        _groups_of(membership)
        .annotate(
            first_at=Subquery(sessions.values("starts_at")[:1]),
            enrolled=count_of(places, "group"),
            has_co=Exists(co),
            lacks_room=Exists(sessions.filter(starts_at__gt=now, room=None, group__mode=CareGroup.Mode.IN_PERSON)),
        )
        .annotate(is_too_small=Q(first_at__gt=now, first_at__lte=now + DECIDED_BEFORE, enrolled__lt=F("minimum")))
        .filter(Exists(sessions.filter(starts_at__gt=now)))
        .filter(Q(is_too_small=True) | Q(has_co=False) | Q(lacks_room=True))
        .order_by("first_at", "pk")
    )
    return list(groups[:ROWS_OF_A_KIND])


def _waiting(rows: QuerySet[Any]) -> list[Waiting]:
    return [Waiting(row=row, count=getattr(row, "count", 0)) for row in rows[:ROWS_OF_A_KIND]]
