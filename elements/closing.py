"""Closing an evening, and opening it again by name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checks.review import waiting
from elements.answering import why_not_begun
from elements.models import Reopening
from practices.models import Membership
from sessions.evening import Refused, excused_from, without_outcome
from sessions.models import Attendance, GroupSession


class CannotClose(Refused):
    """Something keeps the session open; the sentence says what."""


class CannotReopen(Refused):
    """The session is not closed, or this member of staff may not open it."""


def what_keeps_it_open(session: GroupSession, *, by: Membership, now: datetime) -> list[str]:
    """Sentences about everything that must be settled before this member of staff can close the session."""
    if session.is_cancelled:
        return [_("This session is cancelled.")]
    reasons = []
    if not_begun := why_not_begun(session, now=now):
        reasons.append(not_begun)
    if not session.is_led_first_by(by):
        reasons.append(_("Only the first facilitator of this session can close it."))
    # Whoever closes answers for every value of the session, not only for those that she may look up.
    if unseen := waiting(session).count():
        words = ngettext("%(count)s value waits for review.", "%(count)s values wait for review.", unseen)
        reasons.append(words % {"count": unseen})
    return reasons


def close_session(session: GroupSession, *, by: Membership, now: datetime) -> GroupSession:
    """Close the evening: who did not come becomes absent, and nothing more is entered. Closing twice is closing once.

    Raises CannotClose for whoever does not lead it first with a profession that answers for checks, before its start,
    when it is cancelled, and while a value outside the limits waits for review.
    """
    with transaction.atomic():
        # Every save of a value takes this row too: none can come in between the look and the closing.
        locked = GroupSession.objects.select_for_update(no_key=True).get(pk=session.pk)
        if reasons := what_keeps_it_open(locked, by=by, now=now):
            raise CannotClose(" ".join(reasons))
        if locked.is_closed:
            return locked
        _complete_attendance(locked, by=by, now=now)
        locked.closed_at, locked.closed_by = now, by
        locked.save(update_fields=["closed_at", "closed_by"])
        return locked


def reopen_session(session: GroupSession, *, reason: str, by: Membership, now: datetime) -> Reopening:
    """Open a closed session again, by name and for a reason. Raises CannotReopen.

    What was recorded at closing stays, and can be changed again.
    """
    with transaction.atomic():
        locked = GroupSession.objects.select_for_update(no_key=True).get(pk=session.pk)
        if locked.closed_at is None or locked.closed_by is None:
            raise CannotReopen(_("This session is open."))
        if not locked.is_led_first_by(by):
            raise CannotReopen(_("Only the first facilitator of this session can open it again."))
        row = Reopening.objects.create(
            practice_id=locked.practice_id,
            session=locked,
            reopened_at=now,
            reopened_by=by,
            reason=reason,
            was_closed_at=locked.closed_at,
            was_closed_by=locked.closed_by,
        )
        locked.closed_at = locked.closed_by = None
        locked.save(update_fields=["closed_at", "closed_by"])
        return row


def _complete_attendance(session: GroupSession, *, by: Membership, now: datetime) -> None:
    excused = excused_from(session)
    Attendance.objects.bulk_create(
        Attendance(
            practice_id=session.practice_id,
            session=session,
            enrolment=place,
            outcome=Attendance.Outcome.APOLOGISED if place.pk in excused else Attendance.Outcome.ABSENT,
            recorded_at=now,
            recorded_by=by,
        )
        for place in without_outcome(session)
    )
