from django.urls import path

from reminders.views import ledger

app_name = "reminders"
urlpatterns = [
    path("groups/<int:pk>/messages/", ledger.group, name="group"),
    path("participants/<int:pk>/messages/", ledger.of_participant, name="of_participant"),
    path("groups/messages/<int:pk>/again/", ledger.send_again, name="send_again"),
]
