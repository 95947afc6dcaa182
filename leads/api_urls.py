from django.urls import path

from leads import api, api_merging, api_segments, api_verbs
from leads.consent import api as api_consent
from leads.exporting import api as api_exporting
from leads.rights import api as api_rights
from leads.routing import api as api_routing

urlpatterns = [
    path("leads/", api.Leads.as_view(), name="api-leads"),
    path("leads/batch/", api.LeadBatch.as_view(), name="api-lead-batch"),
    path("touches/", api.Touches.as_view(), name="api-touches"),
    path("leads/<int:pk>/", api.LeadDetail.as_view(), name="api-lead"),
    path("leads/<int:pk>/timeline/", api.LeadTimeline.as_view(), name="api-lead-timeline"),
    path("leads/<int:pk>/acceptance/", api_verbs.Acceptance.as_view(), name="api-lead-acceptance"),
    path("leads/<int:pk>/rejection/", api_verbs.Rejection.as_view(), name="api-lead-rejection"),
    path("leads/<int:pk>/recycling/", api_verbs.Recycling.as_view(), name="api-lead-recycling"),
    path("leads/<int:pk>/qualification/", api_verbs.Qualification.as_view(), name="api-lead-qualification"),
    path("leads/<int:pk>/disqualification/", api_verbs.Disqualification.as_view(), name="api-lead-disqualification"),
    path("leads/<int:pk>/merge/", api_merging.Merge.as_view(), name="api-lead-merge"),
    path("leads/<int:pk>/unmerge/", api_merging.Unmerge.as_view(), name="api-lead-unmerge"),
    path("scoring/segments/", api_segments.Segments.as_view(), name="api-segments"),
    path("scoring/segments/<int:pk>/", api_segments.SegmentDetail.as_view(), name="api-segment"),
    path("scoring/segments/<int:pk>/leads/", api_segments.SegmentLeads.as_view(), name="api-segment-leads"),
    path("leads/<int:pk>/reopening/", api_verbs.Reopening.as_view(), name="api-lead-reopening"),
    path("leads/<int:pk>/pick/", api_routing.Pick.as_view(), name="api-lead-pick"),
    path("routing/plans/", api_routing.RoutingPlans.as_view(), name="api-routing-plans"),
    path("routing/plans/<int:pk>/", api_routing.OneRoutingPlan.as_view(), name="api-routing-plan"),
    path("routing/dry-run/", api_routing.RoutingDryRun.as_view(), name="api-routing-dry-run"),
    path("routing/waiting/", api_routing.LeadsWaiting.as_view(), name="api-routing-waiting"),
    path("people/<int:pk>/consent/", api_consent.PersonConsent.as_view(), name="api-consent"),
    path("consent-texts/", api_consent.ConsentTexts.as_view(), name="api-consent-texts"),
    path("data-requests/", api_rights.DataRequests.as_view(), name="api-data-requests"),
    path("data-requests/<int:pk>/", api_rights.OneDataRequest.as_view(), name="api-data-request"),
    path("data-requests/<int:pk>/verification/", api_rights.VerifyRequest.as_view(), name="api-data-request-verify"),
    path("data-requests/<int:pk>/extension/", api_rights.ExtendRequest.as_view(), name="api-data-request-extend"),
    path("data-requests/<int:pk>/completion/", api_rights.FinishRequest.as_view(), name="api-data-request-finish"),
    path("data-requests/<int:pk>/refusal/", api_rights.RefuseRequest.as_view(), name="api-data-request-refuse"),
    path("data-requests/<int:pk>/copy/", api_rights.DataRequestCopy.as_view(), name="api-data-request-copy"),
    path("exports/", api_exporting.Exports.as_view(), name="api-exports"),
    path("exports/<slug:kind>/", api_exporting.Export.as_view(), name="api-export"),
]
