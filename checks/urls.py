from django.urls import path

from checks import afterwards_views, correcting_views, tablet_views, views

app_name = "checks"
urlpatterns = [
    path("sessions/<int:pk>/measure/", views.measure, name="measure"),
    path("sessions/<int:pk>/measure/save/", views.save, name="save"),
    path("sessions/<int:pk>/measure/review/", views.review, name="review"),
    path("sessions/<int:pk>/measure/changes/", views.changes, name="changes"),
    path("sessions/<int:pk>/tablet/", tablet_views.hand, name="hand"),
    path("sessions/<int:pk>/measure/corrections/", correcting_views.corrections, name="corrections"),
    path("sessions/<int:pk>/measure/called/", views.called, name="called"),
    path("sessions/<int:pk>/measured/", views.measured, name="measured"),
    path("sessions/<int:pk>/record/", afterwards_views.afterwards, name="afterwards"),
    path("sessions/<int:pk>/record/take/", afterwards_views.take, name="take"),
    path("sessions/<int:pk>/paper/", afterwards_views.paper, name="paper"),
    path("groups/<int:pk>/habits/", afterwards_views.habits, name="habits"),
    path("participants/<int:pk>/measured/", views.of_participant, name="of_participant"),
    path("practice/limits/", views.limits, name="limits"),
    path("practice/limits/<int:pk>/adopt/", views.adopt, name="adopt"),
]
