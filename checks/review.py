"""Values outside the limits wait until somebody who leads the session first, and answers for checks, has seen them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from checks.entry import locked
from checks.models import AWAITS_REVIEW, UNCONFIRMED, Measurement, MeasurementQuerySet
from groups.models import Facilitation
from practices.models import Membership
from sessions.models import GroupSession, SessionLead


class MayNotReview(Exception):
    """Only who leads the session first, with a profession that answers for checks, reviews its values."""


def waiting(session: GroupSession) -> MeasurementQuerySet:
    """The marked values of this session that nobody has reviewed. It must not be closed while there are any."""
    return Measurement.objects.filter(session=session, practice_id=session.practice_id).awaiting_review()


def unsettled(session: GroupSession) -> dict[str, int]:
    """How many values of this session wait for a review, and how many for being `unconfirmed`, in one query.

    It may be closed with some of the latter.
    """
    rows = Measurement.objects.filter(session=session, practice_id=session.practice_id).order_by()
    return rows.aggregate(waiting=Count("pk", filter=AWAITS_REVIEW), unconfirmed=Count("pk", filter=UNCONFIRMED))


def waiting_for(membership: Membership, day: date) -> MeasurementQuerySet:
    """Marked values that wait for this member of staff: of sessions she leads first, up to and including this day.

    With session, group and participant at hand, the urgent first and then the oldest.
    """
    if not membership.answers_for_checks:
        return Measurement.objects.none()
    leads = SessionLead.objects.standing().filter(
        session=OuterRef("session"), membership=membership, role=Facilitation.Role.FIRST
    )
    end_of_day = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return (
        Measurement.objects.filter(practice_id=membership.practice_id, session__starts_at__lt=end_of_day)
        .filter(Exists(leads), session__cancelled_at=None)
        .awaiting_review()
        .select_related("session__group", "enrolment__participant", "child")
        .order_by("-mark", "entered_at", "pk")
    )


def review(
    session: GroupSession, rows: Collection[int], *, by: Membership, note: str = "", now: datetime
) -> list[Measurement]:
    """Put a name and a moment on these waiting values, and on no other: what came in since stays to be seen.

    A value that was reviewed already keeps the first name. Raises MayNotReview.
    """
    session = locked(GroupSession.objects.filter(practice_id=session.practice_id)).get(pk=session.pk)
    if not session.is_led_first_by(by):
        raise MayNotReview
    seen = list(waiting(session).filter(pk__in=rows))
    for row in seen:
        row.reviewed_by, row.reviewed_at, row.review_note = by, now, note
        row.save(update_fields=["reviewed_by", "reviewed_at", "review_note"])
    return seen
