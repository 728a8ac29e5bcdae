from django.urls import path

from sessions.views import calendars, changing, enrolling, evening, leading, planner, planning, schedules, series

app_name = "sessions"
urlpatterns = [
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/<int:pk>/revoke/", calendars.revoke, name="revoke_calendar"),
    path("groups/", planner.planner, name="planner"),
    path("groups/plan/", planning.plan, name="plan"),
    path("groups/<int:pk>/series/", series.series, name="series"),
    path("groups/<int:pk>/enrol/", enrolling.enrol, name="enrol"),
    path("groups/<int:pk>/leads/", leading.leads_of_group, name="leads_of_group"),
    path("practice/staff/<int:pk>/sessions/", leading.while_away, name="while_away"),
    path("practice/schedules/", schedules.schedules, name="schedules"),
    path("practice/schedules/add/", schedules.schedule_add, name="schedule_add"),
    path("practice/schedules/<int:pk>/", schedules.schedule, name="schedule"),
    path("practice/schedules/<int:pk>/copy/", schedules.schedule_copy, name="schedule_copy"),
    path("practice/schedules/<int:pk>/retire/", schedules.schedule_retire, name="schedule_retire"),
    path("practice/schedules/<int:pk>/reopen/", schedules.schedule_reopen, name="schedule_reopen"),
    path("sessions/<int:pk>/move/", changing.move_session, name="move"),
    path("sessions/<int:pk>/cancel/", changing.cancel_session, name="cancel"),
    path("sessions/<int:pk>/reopen/", changing.reopen_session, name="reopen"),
    path("sessions/<int:pk>/leads/", leading.leads, name="leads"),
    path("sessions/<int:pk>/", evening.session, name="session"),
    path("sessions/<int:pk>/arrivals/", evening.arrivals, name="arrivals"),
    path("sessions/<int:pk>/arrivals/all/", evening.all_present, name="all_present"),
    path("sessions/<int:pk>/arrivals/<int:seat>/", evening.arrival, name="arrival"),
    path("sessions/<int:pk>/arrivals/<int:seat>/undo/", evening.undo_arrival, name="undo_arrival"),
    path("sessions/<int:pk>/circle/", evening.circle, name="circle"),
    path("sessions/<int:pk>/circle/topics/", evening.add_topic, name="add_topic"),
    path("sessions/<int:pk>/circle/topics/<int:topic>/", evening.topic, name="topic"),
    path("sessions/<int:pk>/circle/seen/<int:seat>/", evening.seen, name="seen"),
]
