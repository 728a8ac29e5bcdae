from django.urls import path

from sessions.views import planning

app_name = "sessions"
urlpatterns = [
    path("groups/", planning.planner, name="planner"),
]
