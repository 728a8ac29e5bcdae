"""After the evening: what goes into the health record, and how values are written down; before it, a sheet of paper."""

from __future__ import annotations

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from checks.blocks import blocks_of
from checks.entry import Refused, held
from checks.habit_page import sheets_of as habit_sheets
from checks.paper import paper_of
from checks.taking_over import take_over, undo
from checks.views import LEADERS
from groups.models import CareGroup
from participants.access_log import record_access
from practices.access import StaffRequest, practice_view
from sessions.models import GroupSession


@practice_view(roles=LEADERS)
@require_safe
def afterwards(request: StaffRequest, pk: int) -> HttpResponse:
    """The blocks of an evening, to copy into the health record one by one."""
    return _page(request, _led(request, pk))


@practice_view(roles=LEADERS)
@require_POST
def take(request: StaffRequest, pk: int) -> HttpResponse:
    """The tick of one block, or its undoing; a block that changed meanwhile is shown again with the reason."""
    # The row is held before the moment is taken: a tick is newer than what it waited for.
    session, now = held(_led(request, pk)), timezone.now()
    seat, act = request.POST.get("seat", ""), request.POST.get("act", "")
    trouble = said = ""
    try:
        if act == "take":
            take_over(session, seat, fingerprint=request.POST.get("seen", ""), by=request.membership, now=now)
            said = _("Taken over.")
        elif act == "undo":
            undo(session, seat, by=request.membership, now=now)
            said = _("The tick is taken back.")
        else:
            raise BadRequest
    except Refused as refused:
        trouble = refused.words
    if trouble or request.htmx:
        return _page(request, session, trouble=trouble, said=said)
    return redirect(f"{reverse('checks:afterwards', args=[request.practice.slug, pk])}#block-{seat}")


@practice_view(roles=LEADERS)
@require_safe
def paper(request: StaffRequest, pk: int) -> HttpResponse:
    """The sheet of an evening without tablets; the last values are on it only where that is asked for."""
    with_last = "last" in request.GET
    sheet = paper_of(_led(request, pk), with_last=with_last)
    people = {line.row.seat.participant.pk: line.row.seat.participant for line in sheet.lines}
    record_access(people.values(), by=request.membership, page="checks:paper", now=timezone.now())
    return render(request, "checks/paper.html", {"sheet": sheet, "session": sheet.session, "with_last": with_last})


def _led(request: StaffRequest, pk: int) -> GroupSession:
    sessions = GroupSession.objects.editable_by(request.membership)
    return get_object_or_404(sessions.select_related("group", "room"), pk=pk)


def _page(request: StaffRequest, session: GroupSession, *, trouble: str = "", said: str = "") -> HttpResponse:
    blocks = blocks_of(session)
    people = {seat.participant.pk: seat.participant for seat in blocks.seats}
    record_access(people.values(), by=request.membership, page="checks:afterwards", now=timezone.now())
    context = {"session": session, "step": "afterwards", "blocks": blocks, "trouble": trouble, "said": said}
    template = "checks/afterwards.html#blocks" if request.htmx else "checks/afterwards.html"
    return render(request, template, context, status=422 if trouble else 200)


@practice_view(roles=LEADERS)
@require_safe
def habits(request: StaffRequest, pk: int) -> HttpResponse:
    """How the values of a group are written down, for who leads it first: counts without persons."""
    group = get_object_or_404(CareGroup.objects.visible_to(request.membership), pk=pk)
    if not group.is_led_first_by(request.membership):
        raise PermissionDenied
    sheets = habit_sheets(group, request.membership)
    return render(request, "checks/habits.html", {"group": group, "tab": "fidelity", "sheets": sheets})
