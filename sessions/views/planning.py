from django.http import HttpResponse
from django.shortcuts import render

from practices.access import StaffRequest, practice_view


@practice_view()
def planner(request: StaffRequest) -> HttpResponse:
    return render(request, "base.html")
