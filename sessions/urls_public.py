"""Addresses outside every practice: what a calendar program fetches."""

from django.urls import path

from sessions.views import calendars

urlpatterns = [
    path("calendar/<slug:token>.ics", calendars.calendar, name="calendar"),
]
