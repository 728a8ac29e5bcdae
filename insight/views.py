from django.http import HttpResponse
from django.shortcuts import render

from practices.access import StaffRequest, practice_view


@practice_view()
def today(request: StaffRequest) -> HttpResponse:
    return render(request, "base.html")


@practice_view()
def overview(request: StaffRequest) -> HttpResponse:
    return render(request, "base.html")
