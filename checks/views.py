from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from checks.board import Board, BoardCell, Call, Column, Trouble, build_board
from checks.cells import NAMES, kinds_of, load_cell, who_measured
from checks.course import courses_of
from checks.entry import held_by, limits_of, locked
from checks.forms import CellForm
from checks.models import Limit, Measurement, hold_limits, may_set_limits
from checks.review import MayNotReview, waiting
from checks.review import review as put_a_name_on
from checks.sheets import posted_limits, sheets_of
from checks.version import Version, version_for
from participants.access_log import record_access
from participants.bsn import mentions_bsn
from participants.forms import NO_BSN
from participants.models import Participant
from practices.access import StaffRequest, practice_view
from practices.places import LEADERS as LEADERS
from sessions.evening import why_not_running
from sessions.models import GroupSession
from sessions.steps import MEASURE


@practice_view(roles=LEADERS)
@require_safe
def measure(request: StaffRequest, pk: int) -> HttpResponse:
    """The board of an evening: a row a person, a column a check."""
    board = _board(request, pk)
    record_access(board.participants, by=request.membership, page="checks:measure", now=timezone.now())
    return render(request, "checks/measure.html", _shown(board))


@practice_view(roles=LEADERS)
@require_POST
def save(request: StaffRequest, pk: int) -> HttpResponse:
    """One cell: saved, or kept as it was typed with the reason beside it."""
    session = held_by(request.membership, pk)
    if session is None:
        raise Http404
    form = CellForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    seat = form.seat_in(session)
    if seat is None:
        raise Http404
    now = timezone.now()
    limits = limits_of(session, form.kind)
    cell = load_cell(session, seat, form.kind, known=[request.membership])
    trouble = form.save(cell, limits=limits, by=request.membership, now=now)
    is_open = trouble is not None or not why_not_running(session, now=now)
    shown = BoardCell(cell, limits, Column.of(form.kind), trouble, is_open=is_open)
    if request.htmx:
        context = {"cell": shown, "save_url": request.path, "said": shown.said(form.cleaned_data["reading"])}
        response = render(request, "checks/saved.html", context, status=422 if trouble else 200)
        return trigger_client_event(response, "marked") if cell.waiting else response
    if trouble:
        board = _board(request, pk, trouble=(shown.id, trouble))
        return render(request, "checks/measure.html", _shown(board), status=422)
    return redirect(f"{reverse('checks:measure', args=[request.practice.slug, pk])}#{shown.id}")


@practice_view(roles=LEADERS)
@require_safe
def changes(request: StaffRequest, pk: int) -> HttpResponse:
    """What is new on the board since the version that the page names; nothing at all costs one query."""
    version = version_for(GroupSession.objects.editable_by(request.membership), pk)
    if version is None:
        raise Http404
    seen = Version.parse(request.GET.get("seen", ""))
    if seen == version:
        return HttpResponse(status=204)
    if seen is None:
        return HttpResponseClientRefresh()
    board = _board(request, pk)
    rows = board.rows_since(seen)
    fresh = [row.seat.participant for row in rows]
    record_access(fresh, by=request.membership, page="checks:changes", now=timezone.now())
    if rows and len(rows) == len(board.rows):
        # The page has no row yet, and so no board to put these into.
        return HttpResponseClientRefresh()
    context = {
        **_shown(board),
        "cells": board.changed_since(seen),
        "rows": rows,
        "gone": board.gone_since(seen),
        "seen": seen,
        "news": board.news_since(seen),
    }
    return render(request, "checks/changes.html", context)


@practice_view(roles=LEADERS)
@require_POST
def review(request: StaffRequest, pk: int) -> HttpResponse:
    """One touch puts a name on the waiting values that it names."""
    # Held before the moment is taken: a review is newer than what it waited for.
    session = get_object_or_404(locked(GroupSession.objects.editable_by(request.membership)), pk=pk)
    rows = [int(row) for row in request.POST.getlist("row") if row.isdecimal() and len(row) < 19]
    note = request.POST.get("note", "").replace("\0", "").strip()[:500]
    refused = NO_BSN if mentions_bsn(note) else ""
    reviewed = []
    if not refused:
        try:
            reviewed = put_a_name_on(session, rows, by=request.membership, note=note, now=timezone.now())
        except MayNotReview:
            raise PermissionDenied from None
    if not request.htmx and not refused:
        return redirect("checks:measure", request.practice.slug, pk)
    board = _board(request, pk)
    if not request.htmx:
        return render(request, "checks/measure.html", {**_shown(board), "refused": refused}, status=422)
    seen = Version.parse(request.POST.get("seen", ""))
    if seen is None:
        return HttpResponseClientRefresh()
    # What came in since the page asked last goes along: it will ask from here on.
    context = {
        **_shown(board),
        "cells": board.changed_since(seen),
        "rows": board.rows_since(seen),
        "gone": board.gone_since(seen),
        "seen": seen,
        "refused": refused,
        "news": refused
        or ngettext("%(count)d value reviewed.", "%(count)d values reviewed.", len(reviewed))
        % {"count": len(reviewed)},
    }
    return render(request, "checks/changes.html", context, status=422 if refused else 200)


@practice_view(roles=LEADERS)
@require_safe
def called(request: StaffRequest, pk: int) -> HttpResponse:
    """For the other pages of the evening: what waits for who looks; one query while nothing changed."""
    rows = Measurement.objects.visible_to(request.membership).filter(session=pk).awaiting_review()
    rows = rows.select_related("session", "enrolment__participant", "child").order_by("-mark", "entered_at", "pk")
    seen = "-".join(str(row.pk) for row in rows)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    mine = list(rows) if rows and rows[0].session.is_led_first_by(request.membership) else []
    people = {row.enrolment.participant_id: row.enrolment.participant for row in mine}
    record_access(people.values(), by=request.membership, page="checks:called", now=timezone.now())
    context = {"session_pk": pk, "seen": seen, "calls": [Call.of(row) for row in mine]}
    return render(request, "checks/called.html", context)


@practice_view(roles=LEADERS)
@require_safe
def measured(request: StaffRequest, pk: int) -> HttpResponse:
    """For the circle: who has measured, and who did it herself."""
    session = get_object_or_404(GroupSession.objects.editable_by(request.membership).select_related("group"), pk=pk)
    people = who_measured(session)
    context = {
        "session": session,
        "is_measured": bool(kinds_of(session)),
        "people": people,
        "measured": [place for place in people if place.has_a_value],
        "themselves": [place for place in people if place.themselves],
        "waiting": waiting(session).count(),
    }
    return render(request, "checks/measured.html", context)


@practice_view()
@require_safe
def of_participant(request: StaffRequest, pk: int) -> HttpResponse:
    """For the page of a participant: what she measured, as a course and as a table, for who leads her groups."""
    participant = get_object_or_404(Participant.objects.visible_to(request.membership), pk=pk)
    led = GroupSession.objects.editable_by(request.membership).filter(group__enrolments__participant=participant)
    if not request.membership.has_any(LEADERS) or not led.exists():
        if not request.htmx:
            raise PermissionDenied
        # A part of a page says why it is empty; the page itself is open to more people.
        return render(request, "checks/of_participant.html", {"participant": participant, "is_closed": True})
    rows = Measurement.objects.visible_to(request.membership).standing().filter(enrolment__participant=participant)
    limits = Limit.objects.visible_to(request.membership)
    courses = courses_of(rows.select_related(*NAMES, "confirmed_by__user", "session", "child"), limits)
    record_access([participant], by=request.membership, page="checks:of_participant", now=timezone.now())
    return render(request, "checks/of_participant.html", {"participant": participant, "courses": courses})


@practice_view()
def limits(request: StaffRequest) -> HttpResponse:
    """The practice's limits in words with their dates, and new ones from a day on."""
    today = timezone.localdate()
    may_edit = may_set_limits(request.membership)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    rows = _limits(request)
    form = None
    if request.method == "POST":
        form = posted_limits(request.POST, rows, today=today)
        if form is None:
            return HttpResponseBadRequest()
        if form.is_valid():
            form.save(owner=request.membership)
            messages.success(request, _("The new limits are kept."))
            return redirect("checks:limits", request.practice.slug)
    sheets = sheets_of(rows, today=today, may_edit=may_edit, posted=form)
    context = {"sheets": sheets, "may_edit": may_edit}
    return render(request, "checks/limits.html", context, status=422 if form else 200)


@practice_view()
@require_POST
def adopt(request: StaffRequest, pk: int) -> HttpResponse:
    """Limits that the practice began with hold from today on under the name of who adopts them."""
    limit = get_object_or_404(Limit.objects.editable_by(request.membership), pk=pk)
    if limit.adopt(by=request.membership, today=timezone.localdate()):
        messages.success(request, _("From today these limits have your name."))
    return redirect("checks:limits", request.practice.slug)


def _limits(request: StaffRequest) -> list[Limit]:
    """The limits of the practice with who set them."""
    if request.method == "POST":
        # Of two who save at once the second waits here, and then sees what the first has kept.
        hold_limits(request.practice.pk)
    return list(Limit.objects.visible_to(request.membership).select_related("owner__user"))


def _shown(board: Board) -> dict[str, Any]:
    save_url = reverse("checks:save", args=[board.membership.practice.slug, board.session.pk])
    return {"board": board, "session": board.session, "step": MEASURE, "save_url": save_url}


def _board(request: StaffRequest, pk: int, *, trouble: tuple[str, Trouble] | None = None) -> Board:
    sessions = GroupSession.objects.editable_by(request.membership)
    session = get_object_or_404(sessions.select_related("group", "room"), pk=pk)
    closed = why_not_running(session, now=timezone.now())
    return build_board(session, request.membership, closed=closed, trouble=trouble)
