from django.urls import path

from notify import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/reading/", views.read_all, name="notices-reading"),
    path("notices/<int:pk>/reading/", views.read_one, name="notice-reading"),
]
