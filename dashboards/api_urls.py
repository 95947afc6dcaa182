from django.urls import include, path

from dashboards import api
from dashboards.agreed import api as agreed
from dashboards.scoreboard import api as scoreboard
from dashboards.snapshots import api as snapshots

urlpatterns = [
    path("attribution/", include("dashboards.attribution.api_urls")),
    path("goals/", agreed.Goals.as_view(), name="api-goals"),
    path("goals/<int:pk>/agreement/", agreed.GoalAgreement.as_view(), name="api-goal-agreement"),
    path("kpis/audit/", agreed.Audit.as_view(), name="api-kpi-audit"),
    path("kpis/", api.Kpis.as_view(), name="api-kpis"),
    path("kpis/<str:key>/", api.KpiDetail.as_view(), name="api-kpi"),
    path("kpis/<str:key>/rows/", api.KpiRowsView.as_view(), name="api-kpi-rows"),
    path("kpis/<str:key>/history/", snapshots.History.as_view(), name="api-kpi-history"),
    path("kpis/<str:key>/history/<str:day>/", snapshots.HistoryDay.as_view(), name="api-kpi-history-day"),
    path("sla/scoreboard/", scoreboard.ScoreboardView.as_view(), name="api-scoreboard"),
    path("sla/commitments/", scoreboard.Commitments.as_view(), name="api-commitments"),
]
