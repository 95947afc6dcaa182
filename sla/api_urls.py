from django.urls import path

from sla import api

urlpatterns = [path("leads/<int:pk>/clocks/", api.LeadClocks.as_view(), name="api-lead-clocks")]
