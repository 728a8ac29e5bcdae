"""How it went: closing an evening, and the fidelity of a group."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from groups.models import CareGroup
from practices.access import StaffRequest, practice_view
from sessions.models import GroupSession


@practice_view()
def closing(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html")


@practice_view()
def group(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(CareGroup.objects.visible_to(request.membership), pk=pk)
    return render(request, "base.html")
