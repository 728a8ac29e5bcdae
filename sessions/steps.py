"""The four steps of an evening, each a page of the app whose rows it shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup, Enrolment
from practices.models import Membership
from sessions.models import CAME, Answer, Attendance, GroupSession

ARRIVALS, MEASURE, CIRCLE, CLOSING = "arrivals", "measure", "circle", "closing"

# (step, label, URL name), in the order of the evening.
STEPS: list[tuple[str, Promise, str]] = [
    (ARRIVALS, _("Arrivals"), "sessions:arrivals"),
    (MEASURE, _("Measure"), "checks:measure"),
    (CIRCLE, _("Circle"), "sessions:circle"),
    (CLOSING, _("Closing"), "elements:closing"),
]


URL_NAMES = {step: name for step, _label, name in STEPS}


@dataclass(frozen=True)
class Step:
    label: str | Promise
    url: str
    done: bool
    current: bool


def steps_of(session: GroupSession, membership: Membership, *, current: str) -> list[Step]:
    """The steps as `components/steps.html` shows them. One query.

    Who does not lead this evening sees who came, and nothing of the other steps.
    """
    # Only the first of the steps is open to others than those who lead.
    progress = _progress(session, membership, leads=current != ARRIVALS)
    shown = STEPS if progress is not None else STEPS[:1]
    return [
        Step(
            label=label,
            url=reverse(name, args=[membership.practice.slug, session.pk]),
            done=session.is_closed or (progress is not None and step in progress.done),
            current=step == current,
        )
        for step, label, name in shown
        if step != MEASURE or session.group.kind != CareGroup.Kind.THEME
    ]


def right_step(session: GroupSession, membership: Membership, *, now: datetime) -> str:
    """The URL name of the step at which the evening is now: one query."""
    progress = _progress(session, membership)
    if progress is None:
        return URL_NAMES[ARRIVALS]
    if session.is_closed or (now >= session.ends_at and not session.is_cancelled):
        return URL_NAMES[CLOSING]
    if session.is_cancelled or now <= session.starts_at or not progress.anybody:
        return URL_NAMES[ARRIVALS]
    return URL_NAMES[CIRCLE if session.group.kind == CareGroup.Kind.THEME else MEASURE]


@dataclass(frozen=True)
class _Progress:
    anybody: bool
    done: Collection[str]


def _progress(session: GroupSession, membership: Membership, *, leads: bool = False) -> _Progress | None:
    """Whether anybody is here and which steps have nothing left to do; None for who does not lead the evening.

    `leads` says that the caller has made sure of that.
    """
    sessions = GroupSession.objects.filter(practice_id=session.practice_id)
    attended = Attendance.objects.filter(session=session.pk)
    excused = Answer.objects.filter(session=session.pk, is_coming=False, speaks_of=session.starts_at)
    # By name: the rows of `checks` lie above this app.
    measured = Enrolment.objects.filter(measurements__session=session.pk, measurements__replaced_at=None)
    settled = ExpressionWrapper(Q(done_at__isnull=False) | Q(postponed_at__isnull=False), BooleanField())
    # As lists of a dozen numbers: EXISTS within EXISTS takes Django longer to write than the page takes to draw.
    row = (
        (sessions if leads else GroupSession.objects.editable_by(membership))
        .filter(pk=session.pk)
        .annotate(
            came=ArraySubquery(attended.filter(outcome__in=CAME).values("enrolment")),
            known=ArraySubquery(attended.values("enrolment")),
            excused=ArraySubquery(excused.values("enrolment")),
            places=ArraySubquery(Enrolment.objects.enrolled().filter(group=session.group_id).order_by().values("pk")),
            measured=ArraySubquery(measured.order_by().values("pk")),
            topics=ArraySubquery(session.plan.order_by().values_list(settled)),
        )
        .values("came", "known", "excused", "places", "measured", "topics")
        .first()
    )
    if row is None:
        return None
    done = {
        ARRIVALS: row["came"] and not set(row["places"]) - set(row["known"]) - set(row["excused"]),
        MEASURE: row["came"] and not set(row["came"]) - set(row["measured"]),
        CIRCLE: row["topics"] and all(row["topics"]),
    }
    return _Progress(anybody=bool(row["came"]), done={step for step, is_done in done.items() if is_done})
