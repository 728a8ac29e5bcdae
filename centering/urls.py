"""Every address. Everything of a practice lies under its own first part of the path."""

from django.urls import include, path

from centering import views
from practices.access import open_to_all
from practices.views.home import home

of_a_practice = [
    path("", include("insight.urls")),
    path("", include("neighbourhood.urls")),
    path("", include("reminders.urls")),
    path("", include("elements.urls")),
    path("", include("checks.urls")),
    path("", include("sessions.urls")),
    path("", include("groups.urls")),
    path("", include("participants.urls")),
    path("", include("practices.urls")),
]

urlpatterns = [
    path("", home, name="home"),
    path("healthz", open_to_all(views.healthz), name="healthz"),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("reminders.urls_public")),
    path("", include("sessions.urls_public")),
    path("", include("checks.urls_public")),
    path("<slug:practice_slug>/", include(of_a_practice)),
]

handler500 = "centering.views.server_error"
