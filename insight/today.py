"""What one member of staff should see first: this evening, this week, and what waits for her.

Short queries with plain dictionaries between them: a query with all of it in subqueries takes Django longer to write
than the database to answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, DateTimeField, Exists, Max, Min, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from checks.review import open_for
from checks.taking_over import left_for
from groups.leading import is_doctor
from groups.models import TAKES_A_PLACE, CareGroup, CareGroupQuerySet, Enrolment, Facilitation
from neighbourhood.models import Meeting
from practices.models import Membership
from practices.own_sql import fetch
from reminders.models import Reminder
from sessions.advice import too_small
from sessions.models import CAME, GroupSession, SessionLead

A_WEEK = timedelta(days=7)
# What is not in the health record by then is there by other means, or never will be.
TAKEN_OVER_WITHIN = timedelta(weeks=4)
# What waits is shown oldest first; more than this at once helps nobody.
ROWS_OF_A_KIND = 6
SEATS_DRAWN = 16
# What is recorded of whom, and without an outcome who said that she cannot come: of those who are in the group still.
# `Answer.objects.standing` says the same of an answer.
OUTCOMES = """
    SELECT attendance.session_id, attendance.enrolment_id, attendance.outcome
    FROM group_sessions_attendance attendance
    JOIN groups_enrolment place ON place.id = attendance.enrolment_id AND place.state = 'enrolled'
    WHERE attendance.practice_id = %(practice)s AND attendance.session_id = ANY(%(sessions)s)
    UNION ALL
    SELECT answer.session_id, answer.enrolment_id, ''
    FROM group_sessions_answer answer
    JOIN group_sessions_groupsession session ON session.id = answer.session_id AND session.starts_at = answer.speaks_of
    JOIN groups_enrolment place ON place.id = answer.enrolment_id AND place.state = 'enrolled'
    WHERE answer.practice_id = %(practice)s AND answer.session_id = ANY(%(sessions)s) AND NOT answer.is_coming
"""
EVENING_BEGINS = time(17)


@dataclass(frozen=True, kw_only=True)
class Evening:
    """One session with the numbers that its card and its row show."""

    session: GroupSession
    enrolled: int
    # Who came, and who does not come as she said herself or as is recorded.
    here: int
    excused: int
    last_number: int
    is_mine: bool
    # Names, the first facilitator first.
    leads: Sequence[str]
    # A doctor is expected and nobody is named.
    lacks_doctor: bool
    # (activity, partner)
    meetings: Sequence[tuple[str, str]]
    now: datetime

    @property
    def expected(self) -> int:
        return max(0, self.enrolled - self.here - self.excused)

    @property
    def is_counted(self) -> bool:
        """Whether it says who came: once it has begun, or somebody came before."""
        return self.session.starts_at <= self.now or self.here > 0

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
        """The circle without names: who is here, who is expected, who does not come, which seats are free."""
        group = self.session.group
        free = max(0, min(group.maximum, SEATS_DRAWN) - self.enrolled)
        states = ["present"] * self.here + ["expected"] * self.expected
        states += ["apologised"] * self.excused + ["empty"] * free
        return [{"label": "", "state": state} for state in states[:SEATS_DRAWN]]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A session or a group that asks for an act: its key and its group's name, and how much or why."""

    pk: int
    group: str
    at: datetime | None = None
    number: int = 0
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Wants:
    """Groups with sessions to come that begin too small soon, or lack a co-facilitator or a room."""

    too_small: Sequence[Waiting] = ()
    without_co: Sequence[Waiting] = ()
    without_room: Sequence[Waiting] = ()


@dataclass(frozen=True, kw_only=True)
class Today:
    day: date
    # Those of today, or when there is none the next one.
    evenings: Sequence[Evening]
    this_week: Sequence[Evening]
    to_review: Sequence[Waiting]
    to_close: Sequence[Waiting]
    to_take_over: Sequence[Waiting]
    failed: Sequence[Waiting]
    wants: Wants

    @property
    def is_quiet(self) -> bool:
        wants = (self.wants.too_small, self.wants.without_co, self.wants.without_room)
        return not any((self.to_review, self.to_close, self.to_take_over, self.failed, *wants))


def today_for(membership: Membership, *, now: datetime) -> Today:
    """The first page of this member of staff, in the zone that is active."""
    day = timezone.localtime(now).date()
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    seen = _sessions(membership)
    sessions = list(seen.filter(starts_at__gte=midnight, starts_at__lt=midnight + A_WEEK))
    sessions = sessions or list(seen.filter(starts_at__gt=now)[:1])
    groups = _groups_to_come(membership, now=now)
    places = _places({session.group_id for session in sessions} | {group.pk for group in groups})
    coming = _evenings(sessions, places, now=now)
    shown = sorted((each for each in coming if each.is_today), key=lambda each: not each.is_mine) or coming[:1]
    mine = open_for(membership, before=midnight + timedelta(days=1))
    return Today(
        day=day,
        evenings=shown,
        this_week=[each for each in coming if each not in shown],
        to_review=_waiting((e.session, e.group, e.starts_at, e.waiting) for e in mine if e.waiting),
        to_close=_waiting((e.session, e.group, e.starts_at, e.number) for e in mine if e.starts_at < midnight),
        to_take_over=_waiting(left_for(membership, since=now - TAKEN_OVER_WITHIN)),
        failed=_with_failed_messages(membership, now=now) if _has_unsettled_messages(membership) else [],
        wants=_wants(groups, places, now=now),
    )


def _sessions(membership: Membership) -> QuerySet[Any]:
    """Standing sessions in order, with `is_mine`: those of the practice for a coordinator, else her own."""
    sessions = GroupSession.objects
    own = sessions.editable_by(membership)
    seen = own.annotate(is_mine=Value(True))
    if membership.is_coordinator:
        seen = sessions.visible_to(membership).annotate(is_mine=Exists(own.filter(pk=OuterRef("pk"))))
    return seen.standing().select_related("group", "room").order_by("starts_at", "pk")


def _places(groups: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Of each group how many are enrolled, and how many places are taken, those on offer included."""
    rows = Enrolment.objects.filter(group__in=groups, state__in=TAKES_A_PLACE).order_by().values_list("group")
    enrolled = Count("pk", filter=Q(state=Enrolment.State.ENROLLED))
    return {group: (here, taken) for group, here, taken in rows.annotate(here=enrolled, taken=Count("pk"))}


def _who_came(sessions: Sequence[Any]) -> tuple[Counter[int], Counter[int]]:
    """By session how many came, and how many do not come as she said herself or as is recorded; one query."""
    asked = {"practice": sessions[0].practice_id, "sessions": [session.pk for session in sessions]}
    outcomes: dict[tuple[int, int], str] = {}
    for session, place, outcome in fetch(OUTCOMES, asked):
        # What is recorded counts before what she said.
        outcomes[session, place] = outcomes.get((session, place)) or outcome
    came = [session for (session, _place), outcome in outcomes.items() if outcome in CAME]
    away = [session for (session, _place), outcome in outcomes.items() if outcome not in CAME]
    return Counter(came), Counter(away)


def _evenings(sessions: Sequence[Any], places: dict[int, tuple[int, int]], *, now: datetime) -> list[Evening]:
    if not sessions:
        return []
    these = [session.pk for session in sessions]
    standing = GroupSession.objects.standing().filter(group__in={session.group_id for session in sessions})
    last = dict(standing.order_by().values_list("group").annotate(Max("number")))
    here, excused = _who_came(sessions)
    leads = list(
        SessionLead.objects.standing()
        .filter(session__in=these)
        .order_by("pk")
        .values_list("session", "role", "membership__user__name", "membership__profession")
    )
    leads.sort(key=lambda lead: lead[1] != Facilitation.Role.FIRST)
    meetings = list(
        Meeting.objects.standing()
        .filter(session__in=these)
        .order_by("arranged_at", "pk")
        .values_list("session", "activity__title", "activity__partner__name")
    )
    return [
        Evening(
            session=session,
            enrolled=places.get(session.group_id, (0, 0))[0],
            here=here[session.pk],
            excused=excused[session.pk],
            last_number=last[session.group_id],
            is_mine=session.is_mine,
            leads=[name for pk, _role, name, _profession in leads if pk == session.pk],
            lacks_doctor=session.with_doctor
            and not any(is_doctor(role, profession) for pk, role, _name, profession in leads if pk == session.pk),
            meetings=[(activity, partner) for pk, activity, partner in meetings if pk == session.pk],
            now=now,
        )
        for session in sessions
    ]


def _has_unsettled_messages(membership: Membership) -> bool:
    """Whether the practice has messages that began and did not arrive.

    Mostly it has none, and looking who has to do with them costs far more than this.
    """
    return Reminder.objects.filter(practice=membership.practice_id).unsettled().exists()


def _waiting(rows: Iterable[Any]) -> list[Waiting]:
    """The first of these rows with the key, the name of the group, the moment or nothing, and the number."""
    first = islice(rows, ROWS_OF_A_KIND)
    return [Waiting(pk=pk, group=group, at=at, number=number) for pk, group, at, number in first]


def _groups_of(membership: Membership) -> CareGroupQuerySet:
    """Groups that she may act upon: a coordinator's are all of them."""
    if not membership.sees_the_whole_practice:
        return CareGroup.objects.none()
    groups = CareGroup.objects.visible_to(membership).alive()
    return groups if membership.is_coordinator else groups.led_by(membership)


def _with_failed_messages(membership: Membership, *, now: datetime) -> list[Waiting]:
    """Groups with messages that only a planner can have sent again."""
    messages = Reminder.objects.visible_to(membership).needing_attention(now)
    messages = messages.filter(enrolment__group__in=_groups_of(membership)).order_by("enrolment__group")
    rows = messages.values_list("enrolment__group", "enrolment__group__name", Value(None, DateTimeField())).annotate(
        Count("pk")
    )
    return _waiting(rows)


def _groups_to_come(membership: Membership, *, now: datetime) -> list[Any]:
    """Her groups with standing sessions to come: `first_at`, and `roomless_at` of the last that has no room."""
    groups = _groups_of(membership).filter(sessions__cancelled_at=None)
    starts = groups.annotate(
        first_at=Min("sessions__starts_at"),
        last_at=Max("sessions__starts_at"),
        roomless_at=Max("sessions__starts_at", filter=Q(sessions__room=None)),
    )
    return list(starts.filter(last_at__gt=now).order_by("first_at", "pk"))


def _wants(groups: Sequence[Any], places: dict[int, tuple[int, int]], *, now: datetime) -> Wants:
    co = Facilitation.objects.current().filter(role=Facilitation.Role.CO, group__in=[group.pk for group in groups])
    led_by_two = set(co.values_list("group", flat=True)) if groups else set()
    small, alone, outside = [], [], []
    for group in groups:
        words = too_small(
            minimum=group.minimum, first_at=group.first_at, taken=places.get(group.pk, (0, 0))[1], now=now
        )
        if words:
            small.append(Waiting(pk=group.pk, group=group.name, words=words))
        if group.pk not in led_by_two:
            alone.append(Waiting(pk=group.pk, group=group.name))
        if group.mode == CareGroup.Mode.IN_PERSON and group.roomless_at and group.roomless_at > now:
            outside.append(Waiting(pk=group.pk, group=group.name))
    return Wants(
        too_small=small[:ROWS_OF_A_KIND], without_co=alone[:ROWS_OF_A_KIND], without_room=outside[:ROWS_OF_A_KIND]
    )
