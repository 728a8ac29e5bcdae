"""The project's addresses, and pages that do nothing of their own: what every page costs before it does anything."""

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from centering.urls import handler500 as handler500
from centering.urls import urlpatterns as every_address
from practices.access import StaffRequest, practice_view
from practices.models import Room


@practice_view()
def bare(request: StaffRequest) -> HttpResponse:
    return render(request, "base.html")


@practice_view()
def bare_write(request: StaffRequest) -> HttpResponse:
    """One row, with the event that its history keeps, as almost every row here has one."""
    Room.objects.create(practice=request.practice, name=str(uuid4()))
    return HttpResponse()


urlpatterns = [
    path("<slug:practice_slug>/bare/", bare, name="bare"),
    path("<slug:practice_slug>/bare/write/", bare_write, name="bare_write"),
    *every_address,
]
