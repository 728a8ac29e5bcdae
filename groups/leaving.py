"""Somebody leaves a group."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from groups.events import people_changed
from groups.models import CareGroup, Enrolment
from practices.models import Membership


def take_out(enrolment: Enrolment, *, reason: str, by: Membership, now: datetime) -> None:
    """Give the place back and say so, so that what was to be sent to this person is not sent."""
    with transaction.atomic():
        enrolment.leave(reason=reason, by=by, now=now)
        people_changed.send(sender=CareGroup, group=enrolment.group, enrolments=[enrolment], now=now)
