from django.urls import path

from participants.views import imports, people

app_name = "participants"
urlpatterns = [
    path("participants/", people.list_participants, name="list"),
    path("participants/add/", people.add, name="add"),
    path("participants/import/", imports.import_people, name="import"),
    path("participants/import/mend/", imports.mend, name="mend"),
    path("participants/import/sample.<str:extension>", imports.sample, name="sample"),
    path("participants/<int:pk>/", people.person, name="person"),
    path("participants/<int:pk>/edit/", people.edit, name="edit"),
    path("participants/<int:pk>/due-date/", people.due_date, name="due_date"),
    path("participants/<int:pk>/children/add/", people.child_add, name="child_add"),
    path("participants/<int:pk>/children/<int:child>/", people.child, name="child"),
    path("participants/<int:pk>/stop-messages/", people.stop, name="stop_messages"),
    path("participants/<int:pk>/allow-messages/", people.allow, name="allow_messages"),
]
