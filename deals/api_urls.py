from django.urls import include, path

from deals import api, api_handover, api_moves, api_pipelines

urlpatterns = [
    path("", include("deals.desk_api_urls")),
    path("deals/", api.Deals.as_view(), name="api-deals"),
    path("deals/<int:pk>/", api.DealDetail.as_view(), name="api-deal"),
    path("deals/<int:pk>/moves/", api_moves.DealMoves.as_view(), name="api-deal-moves"),
    path("deals/<int:pk>/criteria/", api_moves.DealCriteria.as_view(), name="api-deal-criteria"),
    path("deals/<int:pk>/criteria/<int:criterion>/", api_moves.DealCriterion.as_view(), name="api-deal-criterion"),
    path("deals/<int:pk>/roles/", api_moves.DealRoles.as_view(), name="api-deal-roles"),
    path("deals/<int:pk>/roles/<int:person>/", api_moves.DealRole.as_view(), name="api-deal-role"),
    path("deals/<int:pk>/changes/", api_moves.DealChanges.as_view(), name="api-deal-changes"),
    path("deals/<int:pk>/reopening/", api_moves.DealReopening.as_view(), name="api-deal-reopening"),
    path("pipelines/", api_pipelines.Pipelines.as_view(), name="api-pipelines"),
    path("pipelines/<int:pk>/", api_pipelines.PipelineDetail.as_view(), name="api-pipeline"),
    path("pipelines/<int:pk>/stages/", api_pipelines.PipelineStages.as_view(), name="api-pipeline-stages"),
    path("pipeline-stages/<int:pk>/", api_pipelines.StageDetail.as_view(), name="api-stage"),
    path("pipeline-stages/<int:pk>/shift/", api_pipelines.StageShift.as_view(), name="api-stage-shift"),
    path("pipeline-stages/<int:pk>/retirement/", api_pipelines.StageRetirement.as_view(), name="api-stage-retirement"),
    path("pipeline-stages/<int:pk>/criteria/", api_pipelines.StageCriteria.as_view(), name="api-stage-criteria"),
    path("exit-criteria/<int:pk>/retirement/", api_pipelines.CriterionRetirement.as_view(), name="api-criterion-end"),
    path("deals/<int:pk>/win/", api.DealWin.as_view(), name="api-deal-win"),
    path("deals/<int:pk>/loss/", api.DealLoss.as_view(), name="api-deal-loss"),
    path("deals/<int:pk>/handover-booking/", api_handover.HandoverBooking.as_view(), name="api-deal-handover-booking"),
    path("deals/<int:pk>/handover-call/", api_handover.HandoverHeld.as_view(), name="api-deal-handover-call"),
    path("leads/<int:pk>/conversion/", api.LeadConversion.as_view(), name="api-lead-conversion"),
]
