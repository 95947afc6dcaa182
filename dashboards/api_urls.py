from django.urls import path

from dashboards import api

urlpatterns = [
    path("kpis/", api.Kpis.as_view(), name="api-kpis"),
    path("kpis/<str:key>/", api.KpiDetail.as_view(), name="api-kpi"),
    path("kpis/<str:key>/rows/", api.KpiRowsView.as_view(), name="api-kpi-rows"),
]
