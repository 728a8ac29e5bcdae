"""The evening itself: who comes in, and what is talked about in the circle."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from practices.access import StaffRequest, practice_view
from sessions.models import GroupSession


@practice_view()
def session(request: StaffRequest, pk: int) -> HttpResponse:
    evening = get_object_or_404(GroupSession.objects.visible_to(request.membership), pk=pk)
    return redirect("sessions:arrivals", request.practice.slug, evening.pk)


@practice_view()
def arrivals(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(GroupSession.objects.visible_to(request.membership), pk=pk)
    return render(request, "base.html")


@practice_view()
def circle(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(GroupSession.objects.editable_by(request.membership), pk=pk)
    return render(request, "base.html")
