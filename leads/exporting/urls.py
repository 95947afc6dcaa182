from django.urls import path

from leads.exporting import views

urlpatterns = [
    path("intake/exports/", views.page, name="exports"),
    path("intake/exports/file/", views.download, name="export-file"),
]
