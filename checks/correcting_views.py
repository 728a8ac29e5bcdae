"""A closed evening: its values, what was corrected in them since, and the next correction."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from checks.correcting import Line, confirm, correct, line_of, lines_of
from checks.correcting_forms import CorrectionForm
from checks.entry import AskAgain, NotSaved, locked
from checks.models import Measurement
from checks.views import LEADERS
from participants.access_log import record_access
from practices.access import StaffRequest, practice_view
from sessions.models import GroupSession
from sessions.steps import MEASURE


@practice_view(roles=LEADERS)
def corrections(request: StaffRequest, pk: int) -> HttpResponse:
    """Each value that stands, with the corrections before it; the one that was chosen has its form."""
    sessions = GroupSession.objects.editable_by(request.membership).select_related("group", "room")
    is_posted = request.method == "POST"
    # Held before the moment is taken: a correction is newer than what it waited for.
    session = get_object_or_404(locked(sessions) if is_posted else sessions, pk=pk)
    lines = lines_of(session)
    chosen = _chosen(request.POST if is_posted else request.GET, lines)
    if is_posted and chosen is None:
        raise Http404
    if "confirm" in request.POST:
        return _confirm(request, session)
    form, asked = CorrectionForm(request.POST if is_posted else None, line=chosen) if chosen else None, ""
    if is_posted and form and form.is_valid():
        try:
            _keep(request, session, form)
        except NotSaved as why:
            asked = form.value if isinstance(why, AskAgain) else ""
            form.tell(why)
            # Somebody may have been first: then the form is about what stands now.
            lines = lines_of(session)
            chosen = line_of(lines, chosen.row.pk) if chosen else None
        else:
            messages.success(request, _("The correction is kept."))
            return redirect("checks:corrections", request.practice.slug, pk)
    people = {line.seat.participant.pk: line.seat.participant for line in lines}
    record_access(people.values(), by=request.membership, page="checks:corrections", now=timezone.now())
    context = {"session": session, "step": MEASURE, "lines": lines, "chosen": chosen, "form": form, "asked": asked}
    return render(request, "checks/corrections.html", context, status=422 if is_posted else 200)


def _chosen(data: QueryDict, lines: list[Line]) -> Line | None:
    value = data.get("value", "")
    return line_of(lines, int(value)) if value.isdecimal() and len(value) < 19 else None


def _confirm(request: StaffRequest, session: GroupSession) -> HttpResponse:
    try:
        confirm(_row(request, session), by=request.membership, now=timezone.now())
    except NotSaved as why:
        messages.error(request, why.words)
    else:
        messages.success(request, _("Confirmed."))
    return redirect("checks:corrections", request.practice.slug, session.pk)


def _row(request: StaffRequest, session: GroupSession) -> Measurement:
    rows = Measurement.objects.visible_to(request.membership).filter(session=session)
    return get_object_or_404(
        rows.select_related("session", "enrolment__participant", "child"), pk=int(request.POST["value"])
    )


def _keep(request: StaffRequest, session: GroupSession, form: CorrectionForm) -> Measurement:
    """Raises NotSaved."""
    return correct(
        _row(request, session),
        form.typed,
        reason=form.cleaned_data["reason"],
        by=request.membership,
        confirmed=form.cleaned_data["confirmed"],
        note=form.cleaned_data["note"],
        now=timezone.now(),
    )
