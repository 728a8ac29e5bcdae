from django.urls import path

from neighbourhood import views

app_name = "neighbourhood"
urlpatterns = [
    path("neighbourhood/", views.list_partners, name="list"),
    path("neighbourhood/add/", views.add_partner, name="partner_add"),
    path("neighbourhood/<int:pk>/", views.show_partner, name="partner"),
    path("neighbourhood/<int:pk>/edit/", views.edit_partner, name="partner_edit"),
    path("neighbourhood/<int:pk>/end/", views.end_partner, name="partner_end"),
    path("neighbourhood/<int:pk>/resume/", views.resume_partner, name="partner_resume"),
    path("neighbourhood/<int:pk>/activities/add/", views.add_activity, name="activity_add"),
    path("neighbourhood/activities/<int:pk>/", views.edit_activity, name="activity"),
    path("neighbourhood/activities/<int:pk>/end/", views.end_activity, name="activity_end"),
    path("neighbourhood/activities/<int:pk>/resume/", views.resume_activity, name="activity_resume"),
    path("groups/<int:pk>/neighbourhood/", views.show_group, name="group"),
    path("groups/<int:pk>/neighbourhood/tie/", views.tie, name="tie"),
    path("neighbourhood/meetings/<int:pk>/", views.edit_note, name="meeting"),
    path("neighbourhood/meetings/<int:pk>/untie/", views.untie, name="untie"),
    path("sessions/<int:pk>/neighbourhood/", views.show_session, name="of_session"),
]
