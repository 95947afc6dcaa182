from django.urls import path

from dashboards import views

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/numbers.csv", views.numbers_csv, name="dashboard-csv"),
    path("kpis/<str:name>/", views.kpi, name="kpi"),
    path("kpis/<str:name>/rows/", views.kpi_rows, name="kpi-rows"),
    path("kpis/<str:name>/rows.csv", views.kpi_csv, name="kpi-csv"),
]
