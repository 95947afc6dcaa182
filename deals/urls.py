from django.urls import path

from deals.conversion_page import Convert

urlpatterns = [
    path("leads/<int:pk>/conversion/", Convert.as_view(), name="lead-conversion"),
]
