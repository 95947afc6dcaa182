from django.urls import path

from dashboards.agreed import views

urlpatterns = [
    path("goals/", views.goals_page, name="goals"),
    path("goals/new/", views.propose, name="goal-new"),
    path("goals/<int:pk>/agreement/", views.agree, name="goal-agreement"),
    path("goals/<int:pk>/end/", views.end, name="goal-end"),
    path("kpis/audit/", views.audit_page, name="kpi-audit"),
    path("kpis/audit/<str:name>/", views.judge, name="kpi-judgement"),
]
