from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from participants.models import Participant
from practices.access import StaffRequest, practice_view
from practices.models import Role
from sessions.models import GroupSession

LEADERS = (Role.FACILITATOR, Role.CO_FACILITATOR)


@practice_view(roles=LEADERS)
def measure(request: StaffRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html", {"session": session})


@practice_view(roles=LEADERS)
@require_POST
def save(request: StaffRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html", {"session": session})


@practice_view(roles=LEADERS)
@require_POST
def review(request: StaffRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html", {"session": session})


@practice_view(roles=LEADERS)
def changes(request: StaffRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html", {"session": session})


@practice_view(roles=LEADERS)
def measured(request: StaffRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html", {"session": session})


@practice_view(roles=LEADERS)
def of_participant(request: StaffRequest, pk: int) -> HttpResponse:
    participant = get_object_or_404(Participant.objects.visible_to(request.membership), pk=pk)
    return render(request, "base.html", {"participant": participant})


@practice_view()
def limits(request: StaffRequest) -> HttpResponse:
    return render(request, "base.html")
