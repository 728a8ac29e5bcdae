from django.urls import path

from sessions.views import evening, planning

app_name = "sessions"
urlpatterns = [
    path("groups/", planning.planner, name="planner"),
    path("sessions/<int:pk>/", evening.session, name="session"),
    path("sessions/<int:pk>/arrivals/", evening.arrivals, name="arrivals"),
    path("sessions/<int:pk>/circle/", evening.circle, name="circle"),
]
