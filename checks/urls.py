from django.urls import path

from checks import views

app_name = "checks"
urlpatterns = [
    path("sessions/<int:pk>/measure/", views.measure, name="measure"),
    path("sessions/<int:pk>/measure/save/", views.save, name="save"),
    path("sessions/<int:pk>/measure/review/", views.review, name="review"),
    path("sessions/<int:pk>/measure/changes/", views.changes, name="changes"),
    path("sessions/<int:pk>/measured/", views.measured, name="measured"),
    path("participants/<int:pk>/measured/", views.of_participant, name="of_participant"),
    path("practice/limits/", views.limits, name="limits"),
]
