"""The series of a group as its page shows it: each session with its age, its leads and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from groups.leading import is_doctor
from groups.models import BY_ROLE, CareGroup
from practices.models import Membership
from sessions.away import who_is_away
from sessions.models import Attendance, GroupSession, Series, SessionLead
from sessions.moving import stays_off
from sessions.schedule import Anchor
from sessions.wording import age_in_words, lead_in_words


class State(Enum):
    CANCELLED = "cancelled"
    CLOSED = "closed"
    TODAY = "today"
    OPEN = "open"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Row:
    session: GroupSession
    age: str
    leads: Sequence[str]
    # A sentence about each who leads it and is not there that day.
    away: Sequence[str]
    lacks_doctor: bool
    state: State
    may_change: bool
    may_lead: bool
    may_reopen: bool


def series_of(group: CareGroup, membership: Membership, *, now: datetime) -> list[Row]:
    """The sessions of the group in order of time, the cancelled ones too. Four queries."""
    series = Series.objects.filter(group=group).first()
    anchors = {step.number: step.anchor for step in series.copied_steps()} if series else {}
    leads = (
        SessionLead.objects.standing().select_related("membership__user", "stands_in_for__user").order_by(BY_ROLE, "pk")
    )
    somebody_came = Attendance.objects.who_came().filter(session=OuterRef("pk"))
    sessions: QuerySet[Any] = (
        group.sessions.visible_to(membership)
        .select_related("room")
        .annotate(has_begun=Exists(somebody_came))
        .prefetch_related(Prefetch("leads", leads, to_attr="standing_leads"))
        .order_by("starts_at", "pk")
    )
    ahead = [session for session in sessions if _state(session, now) in (State.TODAY, State.AHEAD)]
    away = who_is_away(lead for session in ahead for lead in session.standing_leads)
    reference = group.reference_date
    rows, standing = [], {session.number for session in sessions if not session.is_cancelled}
    for session in sessions:
        state = _state(session, now)
        rows.append(
            Row(
                session=session,
                age=age_in_words(anchors.get(session.number, Anchor.SERIES), reference, session.day),
                leads=[lead_in_words(lead) for lead in session.standing_leads],
                away=away.get(session.pk, []),
                lacks_doctor=_lacks_doctor(session),
                state=state,
                may_change=state not in (State.CANCELLED, State.CLOSED) and not session.has_begun,
                may_lead=state not in (State.CANCELLED, State.CLOSED),
                may_reopen=stays_off(session, is_replaced=session.number in standing, now=now) is None,
            )
        )
    return rows


def _lacks_doctor(session: Any) -> bool:
    return session.with_doctor and not any(
        is_doctor(lead.role, lead.membership.profession) for lead in session.standing_leads
    )


def _state(session: GroupSession, now: datetime) -> State:
    """What the session is now; one that is over and was not closed is still open."""
    if session.is_cancelled:
        return State.CANCELLED
    if session.is_closed:
        return State.CLOSED
    if session.day == timezone.localdate(now):
        return State.TODAY
    return State.OPEN if session.ends_at <= now else State.AHEAD
