"""The four steps of an evening, each a page of the app whose rows it shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup, Enrolment
from practices.models import Membership
from sessions.models import CAME, Answer, Attendance, GroupSession, PlanItem

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
    progress = _progress(session, membership)
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


def _progress(session: GroupSession, membership: Membership) -> _Progress | None:
    """Whether anybody is here and which steps have nothing left to do; None for who does not lead the evening."""
    here = Attendance.objects.filter(session=OuterRef("pk"), outcome__in=CAME)
    # By name: the rows of `checks` lie above this app.
    measured = Enrolment.objects.filter(
        pk=OuterRef("enrolment"), measurements__session=OuterRef("session"), measurements__replaced_at=None
    )
    topics = PlanItem.objects.filter(session=OuterRef("pk"))
    row = (
        GroupSession.objects.editable_by(membership)
        .filter(pk=session.pk)
        .annotate(
            anybody=Exists(here),
            expected=Exists(_without_outcome()),
            unmeasured=Exists(here.filter(~Exists(measured))),
            planned=Exists(topics),
            open=Exists(topics.filter(done_at=None, postponed_at=None)),
        )
        .values("anybody", "expected", "unmeasured", "planned", "open")
        .first()
    )
    if row is None:
        return None
    done = {
        ARRIVALS: row["anybody"] and not row["expected"],
        MEASURE: row["anybody"] and not row["unmeasured"],
        CIRCLE: row["planned"] and not row["open"],
    }
    return _Progress(anybody=row["anybody"], done={step for step, is_done in done.items() if is_done})


def _without_outcome() -> QuerySet[Enrolment]:
    """Places in the group of the outer session that nothing is known of yet."""
    of_this = {"session": OuterRef(OuterRef("pk")), "enrolment": OuterRef("pk")}
    attended = Attendance.objects.filter(**of_this)
    excused = Answer.objects.standing().filter(is_coming=False, **of_this)
    return Enrolment.objects.enrolled().filter(~Exists(attended), ~Exists(excused), group=OuterRef("group"))
