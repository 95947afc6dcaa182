from django.urls import include, path

from dashboards import listing, saved, views
from dashboards.economics import views as economics
from dashboards.journey import views as journey
from dashboards.mailing import views as mailing
from dashboards.meetings import views as meetings
from dashboards.retention import views as retention
from dashboards.scoreboard import views as scoreboard
from dashboards.snapshots import views as snapshots
from dashboards.wall import views as wall

urlpatterns = [
    path("", include("dashboards.agreed.urls")),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/views/save/", saved.save, name="dashboard-save"),
    path("dashboard/views/<int:pk>/removal/", saved.remove, name="dashboard-unsave"),
    path("dashboard/silence/", views.silence, name="dashboard-silence"),
    path("dashboard/cards/", views.key_numbers, name="dashboard-cards"),
    path("dashboard/sources/", views.source_table, name="dashboard-sources"),
    path("dashboard/earned/", views.who_earned, name="dashboard-earned"),
    path("dashboard/numbers.pdf", views.numbers_pdf, name="dashboard-pdf"),
    path("dashboard/mailings/", mailing.listed, name="mailings"),
    path("dashboard/mailings/new/", mailing.new, name="mailing-new"),
    path("dashboard/mailings/<int:pk>/stop/", mailing.stop, name="mailing-stop"),
    path("mailings/stop/<str:token>/", mailing.one_click, name="mailing-one-click"),
    path("journey/", journey.show, name="journey"),
    path("journey/limits/", journey.limit, name="journey-limits"),
    path("kpis/", listing.all_kpis, name="kpis"),
    path("dashboard/numbers.csv", views.numbers_csv, name="dashboard-csv"),
    path("attribution/", include("dashboards.attribution.urls")),
    path("kpis/<str:name>/", views.kpi, name="kpi"),
    path("kpis/<str:name>/rows/", views.kpi_rows, name="kpi-rows"),
    path("kpis/<str:name>/history/", snapshots.history, name="kpi-history"),
    path("kpis/<str:name>/rows.csv", views.kpi_csv, name="kpi-csv"),
    path("economics/", economics.show, name="economics"),
    path("economics/economics.csv", economics.csv, name="economics-csv"),
    path("retention/", retention.show, name="retention"),
    path("retention/retention.csv", retention.csv, name="retention-csv"),
    path("scoreboard/", scoreboard.scoreboard, name="scoreboard"),
    path("scoreboard/quota/", scoreboard.quota_page, name="scoreboard-quota"),
    path("scoreboard/<str:month>/", scoreboard.scoreboard, name="scoreboard-month"),
    path("scoreboard/<str:month>/without/<str:key>/", scoreboard.without, name="scoreboard-without"),
    path("reviews/", meetings.reviews, name="reviews"),
    path("reviews/<int:pk>/", meetings.review, name="review"),
    path("reviews/<int:pk>/<int:number>/", meetings.screen, name="review-screen"),
    path("reviews/<int:pk>/<int:number>/proposal/", meetings.proposal, name="review-proposal"),
    path("reviews/<int:pk>/<int:number>/decided/", meetings.decided, name="review-decided"),
    path("reviews/<int:pk>/decisions/", meetings.decide, name="review-decisions"),
    path("reviews/<int:pk>/closing/", meetings.close, name="review-closing"),
    path("reviews/decisions/<int:pk>/done/", meetings.finished, name="decision-done"),
    path("walls/", wall.list_page, name="walls"),
    path("walls/<int:pk>/revocation/", wall.revocation, name="wall-revocation"),
    path("wall/<str:token>/", wall.wall, name="wall"),
]
