from django.urls import path

from elements import views

app_name = "elements"
urlpatterns = [
    path("sessions/<int:pk>/closing/", views.closing, name="closing"),
    path("sessions/<int:pk>/closing/reopen/", views.reopen, name="reopen"),
    path("groups/<int:pk>/fidelity/", views.group, name="group"),
]
