"""How somebody who does not lead an evening saw it: a series of its own beside those of its facilitators."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from elements.answering import look_back, why_not_answering
from elements.forms import AnsweringForm
from elements.models import Element, ElementAnswer
from practices.access import StaffRequest, practice_view
from practices.models import Role
from sessions.evening import Refused
from sessions.models import GroupSession

OBSERVERS = (Role.COORDINATOR, Role.FACILITATOR, Role.OBSERVER)
# Sessions of the last weeks, those too whose time to answer is over.
SHOWN = timedelta(days=28)


@practice_view(roles=OBSERVERS)
@require_safe
def observations(request: StaffRequest) -> HttpResponse:
    """The sessions that others have led lately, with how many of the questions she answered."""
    membership, now = request.membership, timezone.now()
    sessions = GroupSession.objects.observable_by(membership).filter(starts_at__range=(now - SHOWN, now))
    own = ElementAnswer.objects.visible_to(membership).filter(rater=membership, session__in=sessions)
    answered = set(own.values_list("session", flat=True))
    rows = [
        (session, session.pk in answered)
        for session in sessions.select_related("group", "room").order_by("-starts_at", "pk")
    ]
    return render(request, "elements/observations.html", {"rows": rows})


@practice_view(roles=OBSERVERS)
def observe(request: StaffRequest, pk: int) -> HttpResponse:
    """The asked elements of one evening, as this observer saw them. What others answered is not on this page."""
    membership, now = request.membership, timezone.now()
    sessions = GroupSession.objects.observable_by(membership).filter(starts_at__lte=now)
    session = get_object_or_404(sessions.select_related("group", "room"), pk=pk)
    own = ElementAnswer.objects.visible_to(membership).filter(session=session, rater=membership)
    form = AnsweringForm(
        request.POST if request.method == "POST" else None,
        elements=list(Element.objects.current().asked()),
        answers=dict(own.values_list("element__code", "answer")),
    )
    silent_words = why_not_answering(session, elements=Element.objects.current(), now=now)
    if form.is_valid():
        try:
            look_back(session, rater=membership, answers=form.answers, debrief={}, now=now)
        except Refused as refused:
            silent_words = refused.sentence
        else:
            messages.success(request, _("Your answers are kept."))
            return redirect("elements:observe", request.practice.slug, session.pk)
    context = {"session": session, "form": form, "silent_words": silent_words}
    return render(request, "elements/observe.html", context, status=422 if form.is_bound else 200)
