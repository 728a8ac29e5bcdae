from django.urls import path

from practices import views

app_name = "practices"
urlpatterns = [
    path("practice/staff/", views.staff, name="staff"),
]
