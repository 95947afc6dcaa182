from django.urls import path

from sla import views

urlpatterns = [
    path("queue/", views.page, name="queue"),
    path("queue/<int:pk>/", views.page, name="queue-lead"),
]
