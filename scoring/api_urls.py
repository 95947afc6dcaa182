from django.urls import path

from scoring import api
from scoring.icp import api as api_icp

urlpatterns = [
    path("leads/<int:pk>/score/", api.LeadScore.as_view(), name="api-lead-score"),
    path("scoring/icp/", api_icp.IdealCustomer.as_view(), name="api-icp"),
]
