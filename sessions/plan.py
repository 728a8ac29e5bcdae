"""The plan of one evening: its topics, done there, postponed to the next one, or added on the spot."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from practices.models import Membership
from sessions.evening import Refused, lock_running
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


def _held(topic: PlanItem, *, now: datetime) -> PlanItem:
    running = lock_running(topic.session, now=now)
    return running.plan.get(pk=topic.pk)


def _append(
    session: GroupSession, title: str, *, carried_from: PlanItem | None = None, by: Membership, now: datetime
) -> PlanItem:
    last = session.plan.aggregate(last=Max("position"))["last"] or 0
    return session.plan.create(
        practice_id=session.practice_id,
        position=last + 1,
        title=title,
        added_at=now,
        carried_from=carried_from,
        changed_by=by,
    )
