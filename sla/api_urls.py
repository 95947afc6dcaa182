from django.urls import path

from sla import api, api_calendars, api_clocks, api_pauses, api_policies, api_preview, api_steps

urlpatterns = [
    path("leads/<int:pk>/clocks/", api.LeadClocks.as_view(), name="api-lead-clocks"),
    path("leads/<int:pk>/next-step/", api_steps.LeadStep.as_view(), name="api-lead-step"),
    path("leads/<int:pk>/next-step/done/", api_steps.LeadStepDone.as_view(), name="api-lead-step-done"),
    path("deals/<int:pk>/next-step/", api_steps.DealStep.as_view(), name="api-deal-step"),
    path("deals/<int:pk>/next-step/done/", api_steps.DealStepDone.as_view(), name="api-deal-step-done"),
    path("sla/calendars/", api_calendars.Calendars.as_view(), name="api-calendars"),
    path("sla/calendars/<int:pk>/", api_calendars.CalendarDetail.as_view(), name="api-calendar"),
    path("sla/policies/", api_policies.Policies.as_view(), name="api-policies"),
    path("sla/policies/<int:pk>/", api_policies.PolicyDetail.as_view(), name="api-policy"),
    path("sla/policies/<int:pk>/lines/", api_policies.PolicyLines.as_view(), name="api-policy-lines"),
    path("sla/policies/<int:pk>/lines/<int:line_id>/", api_policies.PolicyLine.as_view(), name="api-policy-line"),
    path("sla/policies/<int:pk>/publication/", api_policies.PolicyPublication.as_view(), name="api-policy-publish"),
    path("sla/policies/<int:pk>/rollback/", api_policies.PolicyRollback.as_view(), name="api-policy-rollback"),
    path("sla/policies/<int:pk>/discard/", api_policies.PolicyDiscard.as_view(), name="api-policy-discard"),
    path("sla/preview/", api_preview.Preview.as_view(), name="api-policy-preview"),
    path("sla/clocks/", api_clocks.Clocks.as_view(), name="api-clocks"),
    path("sla/clocks/<int:pk>/", api_clocks.OneClock.as_view(), name="api-clock"),
    path("sla/clocks/<int:pk>/pause/", api_pauses.ClockPause.as_view(), name="api-clock-pause"),
    path("sla/clocks/<int:pk>/resume/", api_pauses.ClockResume.as_view(), name="api-clock-resume"),
]
