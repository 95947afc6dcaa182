from django.urls import path

from scoring import views

urlpatterns = [
    path("definitions/", views.definitions, name="definitions"),
    path("scoring/", views.scoring, name="scoring"),
]
