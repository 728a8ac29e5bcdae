"""Rooms, closed days and the practice's own settings, for its coordinators."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from practices.access import StaffRequest, practice_view
from practices.forms import ClosedDaysForm, PracticeForm, RoomForm
from practices.models import ROOM_NAME_TAKEN, ClosedDays, Room
from practices.tabs import COORDINATORS


@practice_view(roles=COORDINATORS)
def rooms(request: StaffRequest) -> HttpResponse:
    today = timezone.localdate()
    rooms = list(Room.objects.visible_to(request.membership))
    context = {
        "rooms": [room for room in rooms if room.retired_on is None or room.retired_on > today],
        "retired": [room for room in rooms if room.retired_on is not None and room.retired_on <= today],
    }
    return render(request, "practices/rooms.html", context)


@practice_view(roles=COORDINATORS)
def room_add(request: StaffRequest) -> HttpResponse:
    return _room_form(request, Room(practice=request.practice))


@practice_view(roles=COORDINATORS)
def room(request: StaffRequest, pk: int) -> HttpResponse:
    return _room_form(request, get_object_or_404(Room.objects.editable_by(request.membership), pk=pk))


def _room_form(request: StaffRequest, room: Room) -> HttpResponse:
    is_new, name = room.pk is None, room.name
    form = RoomForm(request.POST if request.method == "POST" else None, instance=room, by=request.membership)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError:
            form.add_error("name", ROOM_NAME_TAKEN)
        else:
            messages.success(request, _("Saved."))
            return redirect("practices:rooms", request.practice.slug)
    context = {"form": form, "room": room, "name": name, "is_new": is_new}
    return render(request, "practices/room.html", context, status=422 if form.errors else 200)


@practice_view(roles=COORDINATORS)
def retire(request: StaffRequest, pk: int) -> HttpResponse:
    room = get_object_or_404(Room.objects.editable_by(request.membership), pk=pk)
    if request.method == "POST":
        room.retired_on = timezone.localdate()
        room.save(update_fields=["retired_on"])
        messages.success(request, _("%(room)s is no longer used.") % {"room": room.name})
        return redirect("practices:rooms", request.practice.slug)
    planned = room.sessions.filter(starts_at__gt=timezone.now(), cancelled_at=None).count()
    lines = ngettext(
        "%(count)d session is planned there and stays: move it if need be.",
        "%(count)d sessions are planned there and stay: move them if need be.",
        planned,
    )
    context = {
        "question": _("No longer use %(room)s?") % {"room": room.name},
        "words": _("It cannot be chosen for new sessions from today on. You can bring it back."),
        "consequences": [lines % {"count": planned}] if planned else [],
        "submit": _("No longer use it"),
        "cancel": reverse("practices:room", args=[request.practice.slug, pk]),
    }
    return render(request, "components/confirm.html", context)


@practice_view(roles=COORDINATORS)
@require_POST
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    room = get_object_or_404(Room.objects.editable_by(request.membership), pk=pk)
    room.retired_on = None
    room.save(update_fields=["retired_on"])
    messages.success(request, _("%(room)s is in use again.") % {"room": room.name})
    return redirect("practices:rooms", request.practice.slug)


@practice_view(roles=COORDINATORS)
def closed_days(request: StaffRequest) -> HttpResponse:
    new = ClosedDays(practice=request.practice)
    form = ClosedDaysForm(request.POST if request.method == "POST" else None, instance=new)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. Sessions that are planned already stay where they are."))
        return redirect("practices:closed_days", request.practice.slug)
    periods = ClosedDays.objects.visible_to(request.membership).filter(ends_on__gte=timezone.localdate())
    context = {"form": form, "periods": periods}
    return render(request, "practices/closed_days.html", context, status=422 if form.errors else 200)


@practice_view(roles=COORDINATORS)
@require_POST
def closed_days_remove(request: StaffRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(ClosedDays.objects.editable_by(request.membership), pk=pk)
    period.delete()
    messages.success(request, _("%(reason)s is taken away.") % {"reason": period.reason})
    return redirect("practices:closed_days", request.practice.slug)


@practice_view(roles=COORDINATORS)
def settings(request: StaffRequest) -> HttpResponse:
    form = PracticeForm(request.POST if request.method == "POST" else None, instance=request.practice)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("practices:settings", request.practice.slug)
    return render(request, "practices/settings.html", {"form": form}, status=422 if form.errors else 200)
