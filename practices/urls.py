from django.urls import path

from practices.views import absences, premises, staff

app_name = "practices"
urlpatterns = [
    path("practice/staff/", staff.staff, name="staff"),
    path("practice/staff/invite/", staff.invite, name="invite"),
    path("practice/staff/<int:pk>/", staff.member, name="member"),
    path("practice/staff/<int:pk>/invite/", staff.invite_again, name="invite_again"),
    path("practice/staff/<int:pk>/end/", staff.end_member, name="end_member"),
    path("practice/staff/<int:pk>/absences/", absences.absences, name="absences"),
    path("practice/absences/<int:pk>/remove/", absences.absence_remove, name="absence_remove"),
    path("practice/rooms/", premises.rooms, name="rooms"),
    path("practice/rooms/add/", premises.room_add, name="room_add"),
    path("practice/rooms/<int:pk>/", premises.room, name="room"),
    path("practice/rooms/<int:pk>/retire/", premises.retire, name="retire"),
    path("practice/rooms/<int:pk>/reopen/", premises.reopen, name="reopen"),
    path("practice/closed-days/", premises.closed_days, name="closed_days"),
    path("practice/closed-days/<int:pk>/remove/", premises.closed_days_remove, name="closed_days_remove"),
    path("practice/settings/", premises.settings, name="settings"),
]
