"""The four steps of an evening, each a page of the app whose rows it shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from practices.models import Membership
from practices.places import LEADERS
from sessions.models import Answer, GroupSession

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
    """The steps as `components/steps.html` shows them.

    At most five queries, fewer where the session knows already who is `expected`, their `outcomes` or who `measured`.

    Who does not lead this evening sees who came, and nothing of the other steps.
    """
    # The first of the steps is open to others than those who lead, the last to whoever has a part in the evening.
    progress = _progress(session, membership, leads=current != ARRIVALS and membership.has_any(LEADERS))
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
    """The URL name of the step at which the evening is now."""
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
    if not (leads or session.is_run_by(membership)):
        return None
    # A query each: Django takes longer to write them into one than the database to answer all of them.
    topics = list(session.plan.topics().order_by().values_list("done_at", "postponed_at"))
    came = session.who_came
    missing = session.expected - session.outcomes.keys()
    if came and missing:
        answers = Answer.objects.filter(session=session.pk, is_coming=False, speaks_of=session.starts_at)
        missing -= set(answers.order_by().values_list("enrolment", flat=True))
    done = {
        ARRIVALS: came and not missing,
        MEASURE: came and not came - session.measured,
        CIRCLE: topics and all(any(moments) for moments in topics),
    }
    return _Progress(anybody=bool(came), done={step for step, is_done in done.items() if is_done})
