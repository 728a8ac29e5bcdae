"""Who else is in the room: guests of one evening, and babies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from groups.models import CareGroup, EnrolledChild
from practices.models import Membership
from sessions.evening import lock_running
from sessions.events import sessions_changed
from sessions.models import CAME, GroupSession, Guest
from sessions.plan import lock_to_prepare, why_not_prepared

MOST_BABIES = 40


def add_guest(session: GroupSession, name: str, what_for: str, *, by: Membership, now: datetime) -> Guest:
    """Expect a guest, long before too; once the evening has begun she is here.

    The same name once more is the guest that is there. Raises NotRunning.
    """
    with transaction.atomic():
        here = lock_to_prepare(session)
        if there := here.guests.filter(name__iexact=name).first():
            return there
        arrived_at = now if here.starts_at <= now else None
        return here.guests.create(
            practice_id=here.practice_id, name=name, what_for=what_for, arrived_at=arrived_at, changed_by=by
        )


def welcome_guest(guest: Guest, is_here: bool, *, by: Membership, now: datetime) -> Guest:
    """Say that a guest is here, or not after all; the first moment stays. Raises NotRunning."""
    with transaction.atomic():
        row = lock_running(guest.session, now=now).guests.get(pk=guest.pk)
        row.arrived_at, row.changed_by = (row.arrived_at or now) if is_here else None, by
        row.save(update_fields=["arrived_at", "changed_by"])
        return row


def take_guest_off(guest: Guest) -> None:
    """A guest who does not come; the history keeps who it was. Raises NotRunning."""
    with transaction.atomic():
        lock_to_prepare(guest.session).guests.filter(pk=guest.pk).delete()


def count_babies(session: GroupSession, number: int, *, now: datetime) -> None:
    """Say how many babies are in the room. Raises NotRunning."""
    with transaction.atomic():
        running = lock_running(session, now=now)
        running.babies = number
        running.save(update_fields=["babies"])


def babies_at(session: GroupSession) -> int:
    """How many babies were counted, and until then, in a parenting group, those of the families that came."""
    if session.babies is not None:
        return session.babies
    if session.group.kind != CareGroup.Kind.PARENTING:
        return 0
    came = session.attendances.filter(outcome__in=CAME).order_by().values("enrolment")
    return EnrolledChild.objects.filter(enrolment__in=came).count()


@receiver(sessions_changed, dispatch_uid="sessions.company")
def follow_sessions(group: CareGroup, sessions: Iterable[GroupSession], **kwargs: Any) -> None:
    """Who was asked to a session that is called off is expected at the one that stands with its number now."""
    standing = {session.number: session for session in sessions if not why_not_prepared(session)}
    asked = Guest.objects.filter(session__group=group, session__number__in=standing)
    for guest in asked.exclude(session__cancelled_at=None).select_related("session"):
        guest.session = standing[guest.session.number]
        guest.save(update_fields=["session"])
