from django.urls import path

from leads.submissions import views

urlpatterns = [
    path("intake/", views.page, name="submissions"),
    path("intake/<int:pk>/", views.one, name="submission"),
    path("intake/<int:pk>/replay/", views.replay, name="submission-replay"),
    path("intake/deliveries/<int:pk>/body/", views.raw, name="hook-delivery-body"),
]
