from django.urls import path

from elements import observing_views, views

app_name = "elements"
urlpatterns = [
    path("sessions/<int:pk>/closing/", views.closing, name="closing"),
    path("sessions/<int:pk>/closing/reopen/", views.reopen, name="reopen"),
    path("observations/", observing_views.observations, name="observations"),
    path("observations/<int:pk>/", observing_views.observe, name="observe"),
    path("groups/<int:pk>/fidelity/", views.group, name="group"),
]
