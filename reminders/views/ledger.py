"""What staff see of the messages: of a group, of a person, and one that must be sent again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from groups.models import CareGroup, Enrolment
from participants.access_log import record_access
from participants.models import Participant
from practices.access import StaffRequest, practice_view
from practices.places import PLANNERS
from reminders import ledger
from reminders.board import board_of
from reminders.models import Reminder


@practice_view()
@require_safe
def group(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    group = get_object_or_404(CareGroup.objects.visible_to(request.membership), pk=pk)
    rows = Reminder.objects.visible_to(request.membership).filter(enrolment__group=group)
    places = Enrolment.objects.visible_to(request.membership).filter(group=group)
    board = board_of(rows, places, now=now)
    record_access(board.people, by=request.membership, page="reminders:group", now=now)
    context = {"group": group, "tab": "messages", "board": board}
    return render(request, "reminders/group.html", context)


@practice_view()
@require_safe
def of_participant(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    person = get_object_or_404(Participant.objects.visible_to(request.membership), pk=pk)
    rows = Reminder.objects.visible_to(request.membership).filter(enrolment__participant=person, cancelled_at=None)
    shown = [
        (row, row.state(now)) for row in rows.select_related("session", "enrolment__group").order_by("-due_at", "-pk")
    ]
    record_access([person], by=request.membership, page="reminders:of_participant", now=now)
    template = "reminders/of_participant.html#messages" if request.htmx else "reminders/of_participant.html"
    return render(request, template, {"person": person, "rows": shown})


@practice_view(roles=PLANNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask first; then put a message that failed, or may not have arrived, back among those that are due."""
    now = timezone.now()
    stuck = Reminder.objects.editable_by(request.membership).needing_attention(now)
    row = get_object_or_404(stuck.select_related("enrolment__participant", "enrolment__group", "session"), pk=pk)
    back = reverse("reminders:group", args=[request.practice.slug, row.enrolment.group_id])
    if request.method != "POST":
        record_access([row.enrolment.participant], by=request.membership, page="reminders:send_again", now=now)
        return render(
            request,
            "reminders/send_again.html",
            {"row": row, "state": row.state(now), "submit": _("Send again"), "cancel": back},
        )
    if ledger.send_again(row, now=now):
        messages.success(request, _("The message leaves within a few minutes."))
    else:
        messages.info(request, _("This message is not needed any more."))
    return redirect(back)
