"""The project's addresses, and a page that renders the bare layout: what every page costs before it shows anything."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from centering.urls import handler500 as handler500
from centering.urls import urlpatterns as every_address
from practices.access import StaffRequest, practice_view


@practice_view()
def bare(request: StaffRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [path("<slug:practice_slug>/bare/", bare, name="bare"), *every_address]
