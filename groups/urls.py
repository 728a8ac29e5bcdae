from django.urls import path

from groups import views

app_name = "groups"
urlpatterns = [
    path("groups/<int:pk>/", views.group, name="group"),
    path("groups/<int:pk>/edit/", views.edit, name="edit"),
    path("groups/<int:pk>/leave/<int:seat>/", views.leave, name="leave"),
    path("participants/<int:pk>/groups/", views.of_participant, name="of_participant"),
]
