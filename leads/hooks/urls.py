from django.urls import path

from leads.hooks import views

urlpatterns = [
    path("hooks/<str:token>/", views.hook, name="hook"),
]
