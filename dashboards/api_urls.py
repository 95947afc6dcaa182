from django.urls import include, path

from dashboards import api
from dashboards.agreed import api as agreed
from dashboards.economics import api as economics
from dashboards.mailing import api as mailing
from dashboards.meetings import api as meetings
from dashboards.retention import api as retention
from dashboards.scoreboard import api as scoreboard
from dashboards.snapshots import api as snapshots
from dashboards.wall import api as wall

urlpatterns = [
    path("attribution/", include("dashboards.attribution.api_urls")),
    path("goals/", agreed.Goals.as_view(), name="api-goals"),
    path("goals/<int:pk>/agreement/", agreed.GoalAgreement.as_view(), name="api-goal-agreement"),
    path("goals/<int:pk>/end/", agreed.GoalEnd.as_view(), name="api-goal-end"),
    path("kpis/audit/", agreed.Audit.as_view(), name="api-kpi-audit"),
    path("kpis/audit/cards/", agreed.Cards.as_view(), name="api-kpi-cards"),
    path("kpis/audit/<str:key>/", agreed.Judgements.as_view(), name="api-kpi-judgement"),
    path("dashboard/views/", mailing.Views.as_view(), name="api-dashboard-views"),
    path("dashboard/views/<int:pk>/removal/", mailing.ViewRemoval.as_view(), name="api-dashboard-view-removal"),
    path("dashboard/mailings/", mailing.Mailings.as_view(), name="api-dashboard-mailings"),
    path("dashboard/mailings/<int:pk>/stop/", mailing.MailingStop.as_view(), name="api-dashboard-mailing-stop"),
    path("journey/limits/", mailing.SilenceLimits.as_view(), name="api-silence-limits"),
    path("kpis/", api.Kpis.as_view(), name="api-kpis"),
    path("kpis/<str:key>/", api.KpiDetail.as_view(), name="api-kpi"),
    path("kpis/<str:key>/rows/", api.KpiRowsView.as_view(), name="api-kpi-rows"),
    path("kpis/<str:key>/history/", snapshots.History.as_view(), name="api-kpi-history"),
    path("kpis/<str:key>/history/<str:day>/", snapshots.HistoryDay.as_view(), name="api-kpi-history-day"),
    path("economics/", economics.EconomicsView.as_view(), name="api-economics"),
    path("retention/", retention.Retention.as_view(), name="api-retention"),
    path("sla/scoreboard/", scoreboard.ScoreboardView.as_view(), name="api-scoreboard"),
    path("sla/commitments/", scoreboard.Commitments.as_view(), name="api-commitments"),
    path("reviews/", meetings.Reviews.as_view(), name="api-reviews"),
    path("reviews/<int:pk>/", meetings.Review.as_view(), name="api-review"),
    path("reviews/<int:pk>/decisions/", meetings.ReviewDecisions.as_view(), name="api-review-decisions"),
    path("reviews/<int:pk>/proposals/", meetings.ReviewProposal.as_view(), name="api-review-proposals"),
    path("reviews/<int:pk>/closing/", meetings.ReviewClosing.as_view(), name="api-review-closing"),
    path("reviews/decisions/<int:pk>/done/", meetings.DecisionDone.as_view(), name="api-decision-done"),
    path("walls/", wall.Walls.as_view(), name="api-walls"),
    path("walls/<int:pk>/board/", wall.WallNow.as_view(), name="api-wall-board"),
    path("walls/<int:pk>/revocation/", wall.WallRevocation.as_view(), name="api-wall-revocation"),
]
