from django.urls import path

from participants import views

app_name = "participants"
urlpatterns = [
    path("participants/", views.list_participants, name="list"),
]
