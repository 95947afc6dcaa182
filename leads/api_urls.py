from django.urls import path

from leads import api, api_merging, api_segments, api_verbs
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
]
