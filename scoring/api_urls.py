from django.urls import path

from scoring import api

urlpatterns = [path("leads/<int:pk>/score/", api.LeadScore.as_view(), name="api-lead-score")]
