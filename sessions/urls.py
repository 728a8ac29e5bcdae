from django.urls import path

from sessions import views

app_name = "sessions"
urlpatterns = [
    path("groups/", views.planner, name="planner"),
]
