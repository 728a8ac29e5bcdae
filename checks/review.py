"""Values outside the limits wait until somebody who leads the session first, and answers for checks, has seen them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q

from checks.entry import held
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


class OpenEvening(NamedTuple):
    """An evening that is not closed, with the name of its group and how many of its values wait for a review."""

    session: int
    group: str
    starts_at: datetime
    number: int
    waiting: int


def open_for(membership: Membership, *, before: datetime) -> list[OpenEvening]:
    """The evenings before then that this member of staff has to close, and whose values she has to review, by time.

    No value waits in a closed one.
    """
    if not membership.answers_for_checks:
        return []
    leads = SessionLead.objects.standing().filter(practice_id=membership.practice_id, membership=membership)
    leads = leads.filter(role=Facilitation.Role.FIRST, session__closed_at=None, starts_at__lt=before)
    waits = Q(session__measurements__in=Measurement.objects.awaiting_review())
    rows = leads.values_list("session", "session__group__name", "session__starts_at", "session__number")
    rows = rows.annotate(waiting=Count("session__measurements", filter=waits)).order_by("session__starts_at", "session")
    return [OpenEvening._make(row) for row in rows]


def review(
    session: GroupSession, rows: Collection[int], *, by: Membership, note: str = "", now: datetime
) -> list[Measurement]:
    """Put a name and a moment on these waiting values, and on no other: what came in since stays to be seen.

    A value that was reviewed already keeps the first name. Raises MayNotReview.
    """
    session = held(session)
    if not session.is_led_first_by(by):
        raise MayNotReview
    seen = list(waiting(session).filter(pk__in=rows))
    for row in seen:
        row.reviewed_by, row.reviewed_at, row.review_note = by, now, note
        row.save(update_fields=["reviewed_by", "reviewed_at", "review_note"])
    return seen
