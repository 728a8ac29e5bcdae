"""Addresses outside every practice: what a link in a message opens, and the demo's mailbox."""

from django.urls import path

from reminders.views import answer, mailbox

urlpatterns = [
    path("a/<slug:token>/", answer.answer, name="answer"),
    path("mailbox/", mailbox.list_messages, name="mailbox"),
    path("mailbox/<str:key>/", mailbox.message, name="mailbox_message"),
]
