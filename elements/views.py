"""How it went: closing an evening, and the fidelity of a group."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from checks.review import unsettled
from elements.answering import TooEarlyOrLate, look_back
from elements.closing import close_session, reopen_session, what_keeps_it_open
from elements.forms import LookingBackForm, ReopeningForm
from elements.series import Evening, evenings
from groups.models import CareGroup
from participants.access_log import record_access
from practices.access import StaffRequest, practice_view
from practices.places import LEADERS
from sessions.evening import Refused, excused_from, without_outcome
from sessions.models import GroupSession


@practice_view(roles=LEADERS)
def closing(request: StaffRequest, pk: int) -> HttpResponse:
    """Look back on the evening, and close it."""
    session = _led(request, pk)
    (evening,) = evenings([session], request.membership, now=timezone.now())
    form = _form(request, evening, data=request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _keep(request, session, form)
        except Refused as refused:
            session = _led(request, pk)
            (evening,) = evenings([session], request.membership, now=timezone.now())
            # What was said is kept unless it came at the wrong time; then the form shows what was not.
            unkept = form if isinstance(refused, TooEarlyOrLate) else None
            return _page(request, evening, form=unkept, trouble=refused.sentence)
    return _page(request, evening, form=form)


@practice_view(roles=LEADERS)
@require_POST
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Open a closed session again, for a reason."""
    session = _led(request, pk)
    form, trouble = ReopeningForm(request.POST), ""
    if form.is_valid():
        try:
            reopen_session(session, reason=form.cleaned_data["reason"], by=request.membership, now=timezone.now())
        except Refused as refused:
            trouble = refused.sentence
        else:
            messages.success(request, _("The session is open again."))
            return redirect("elements:closing", request.practice.slug, session.pk)
    (evening,) = evenings([session], request.membership, now=timezone.now())
    return _page(request, evening, reopening=form, trouble=trouble)


@practice_view()
@require_GET
def group(request: StaffRequest, pk: int) -> HttpResponse:
    """The series of every session of a group that has begun, newest first."""
    membership, now = request.membership, timezone.now()
    care_group = get_object_or_404(CareGroup.objects.visible_to(membership), pk=pk)
    begun = GroupSession.objects.visible_to(membership).standing().filter(group=care_group, starts_at__lte=now)
    observable = GroupSession.objects.observable_by(membership).filter(group=care_group, starts_at__lte=now)
    shown = evenings(list(begun.select_related("group").order_by("-starts_at")), membership, now=now)
    context = {
        "group": care_group,
        "tab": "fidelity",
        "evenings": shown,
        "leads_first": care_group.is_led_first_by(membership),
        "observable": set(observable.values_list("pk", flat=True)),
    }
    return render(request, "elements/group.html", context)


def _led(request: StaffRequest, pk: int) -> GroupSession:
    sessions = GroupSession.objects.editable_by(request.membership)
    return get_object_or_404(sessions.select_related("group", "room", "closed_by__user"), pk=pk)


def _form(request: StaffRequest, evening: Evening, *, data: QueryDict | None = None) -> LookingBackForm:
    return LookingBackForm(
        data,
        elements=[line.element for line in evening.asked],
        answers=evening.rated_by(request.membership),
        debrief=evening.debrief_of(request.membership),
    )


def _keep(request: StaffRequest, session: GroupSession, form: LookingBackForm) -> HttpResponse:
    """Keep the answers, and close when that was asked. Raises Refused; answers stay kept when only closing failed."""
    by, now = request.membership, timezone.now()
    look_back(session, rater=by, answers=form.answers, debrief=form.words, now=now)
    if request.POST.get("act") == "close":
        close_session(session, by=by, now=now)
        messages.success(request, _("The session is closed."))
    else:
        messages.success(request, _("Your answers are kept."))
    return redirect("elements:closing", request.practice.slug, session.pk)


def _page(
    request: StaffRequest,
    evening: Evening,
    *,
    form: LookingBackForm | None = None,
    reopening: ReopeningForm | None = None,
    trouble: str = "",
) -> HttpResponse:
    session, now = evening.session, timezone.now()
    missing = []
    if not session.is_closed and not session.is_cancelled:
        missing = list(without_outcome(session).select_related("participant"))
        people = [place.participant for place in missing]
        record_access(people, by=request.membership, page="elements:closing", now=now)
    excused = excused_from(session)
    form, reopening = form or _form(request, evening), reopening or ReopeningForm()
    context = {
        "session": session,
        "step": "closing",
        "evening": evening,
        "form": form,
        "reopening": reopening,
        "trouble": trouble,
        "silent_words": evening.silent_words,
        "absent": [place.participant for place in missing if place.pk not in excused],
        "excused": [place.participant for place in missing if place.pk in excused],
        "open_topics": [topic for topic in session.plan.topics() if not topic.done_at and not topic.postponed_at],
        "reasons": what_keeps_it_open(session, by=request.membership, now=now),
        **unsettled(session),
        "leads_first": session.is_led_first_by(request.membership),
        "reopenings": list(session.reopenings.select_related("reopened_by__user")),
    }
    wrong = trouble or form.errors or reopening.errors
    return render(request, "elements/closing.html", context, status=422 if wrong else 200)
