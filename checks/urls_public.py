"""Addresses outside every practice: what a tablet shows that goes round. No word in them says what it is for."""

from django.urls import path

from checks import tablet_views

urlpatterns = [
    path("tablet/", tablet_views.tablet, name="tablet"),
    path("tablet/leave/", tablet_views.leave, name="tablet_leave"),
    path("tablet/<slug:token>/", tablet_views.seat, name="tablet_seat"),
]
