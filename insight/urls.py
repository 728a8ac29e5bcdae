from django.urls import path

from insight import views

app_name = "insight"
urlpatterns = [
    path("", views.today, name="today"),
    path("overview/", views.overview, name="overview"),
]
