"""The plan of one evening: its topics, done there, postponed to the next one, or added on the spot."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.dispatch import receiver
from django.utils.translation import gettext as _

from groups.models import CareGroup
from practices.models import Membership
from sessions.evening import Refused, lock_running
from sessions.events import sessions_changed
from sessions.models import GroupSession, PlanItem


class CarriedOn(Refused):
    """The next session has gone on with this topic already."""


def add_topic(session: GroupSession, title: str, *, by: Membership, now: datetime) -> PlanItem:
    """Put a topic at the end of the plan. The same title once more is the topic that is there. Raises NotRunning."""
    with transaction.atomic():
        running = lock_running(session, now=now)
        there = running.plan.filter(title__iexact=title).first()
        return there or _append(running, title, by=by, now=now)


def mark_done(topic: PlanItem, *, by: Membership, now: datetime) -> PlanItem:
    """Say that an open topic was talked about; one that is not open stays as it is. Raises NotRunning."""
    with transaction.atomic():
        topic = _held(topic, now=now)
        if topic.done_at is None and topic.postponed_at is None:
            topic.done_at, topic.changed_by = now, by
            topic.save(update_fields=["done_at", "changed_by"])
        return topic


def postpone(topic: PlanItem, *, by: Membership, now: datetime) -> PlanItem:
    """Leave an open topic for the group's next session, where it appears once. Raises NotRunning.

    Where there is no later session it is only postponed.
    """
    with transaction.atomic():
        topic = _held(topic, now=now)
        if topic.done_at is not None or topic.postponed_at is not None:
            return topic
        topic.postponed_at, topic.changed_by = now, by
        topic.save(update_fields=["postponed_at", "changed_by"])
        if later := next_session(topic.session):
            _append(later, topic.title, carried_from=topic, by=by, now=now)
        return topic


def undo(topic: PlanItem, *, by: Membership, now: datetime) -> PlanItem:
    """Open a topic again, and take it off the next session.

    Raises NotRunning, or CarriedOn when the next session went on with it.
    """
    with transaction.atomic():
        topic = _held(topic, now=now)
        carried = PlanItem.objects.select_for_update(no_key=True).filter(carried_from=topic).first()
        if carried and (carried.done_at or carried.postponed_at):
            raise CarriedOn(_("The next session has dealt with this topic already."))
        if carried:
            carried.delete()
        topic.done_at, topic.postponed_at, topic.changed_by = None, None, by
        topic.save(update_fields=["done_at", "postponed_at", "changed_by"])
        return topic


def next_session(session: GroupSession) -> GroupSession | None:
    """The group's first session after this one that stands and is not closed."""
    later = session.group.sessions.standing().filter(closed_at=None, starts_at__gt=session.starts_at)
    return later.order_by("starts_at").first()


@receiver(sessions_changed)
def carry_past_cancelled(
    sender: Any, group: CareGroup, sessions: Iterable[GroupSession], now: datetime, **kwargs: Any
) -> None:
    """Topics that were carried to a session which is cancelled now go on to the next that stands."""
    cancelled = [session for session in sessions if session.is_cancelled]
    if not cancelled:
        return
    lost = PlanItem.objects.filter(session__in=cancelled, carried_from__isnull=False, done_at=None, postponed_at=None)
    for topic in lost.select_related("session__group"):
        if later := next_session(topic.session):
            topic.session, topic.position = later, _end_of(later)
            topic.save(update_fields=["session", "position"])


def _held(topic: PlanItem, *, now: datetime) -> PlanItem:
    running = lock_running(topic.session, now=now)
    return running.plan.get(pk=topic.pk)


def _append(
    session: GroupSession, title: str, *, carried_from: PlanItem | None = None, by: Membership, now: datetime
) -> PlanItem:
    return session.plan.create(
        practice_id=session.practice_id,
        position=_end_of(session),
        title=title,
        added_at=now,
        carried_from=carried_from,
        changed_by=by,
    )


def _end_of(session: GroupSession) -> int:
    last: int = session.plan.aggregate(last=Max("position"))["last"] or 0
    return last + 1
