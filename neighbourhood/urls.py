from django.urls import path

from neighbourhood import views

app_name = "neighbourhood"
urlpatterns = [
    path("neighbourhood/", views.list_neighbourhood, name="list"),
]
