from django.urls import include, path

from deals import api, api_handover

urlpatterns = [
    path("", include("deals.desk_api_urls")),
    path("deals/", api.Deals.as_view(), name="api-deals"),
    path("deals/<int:pk>/", api.DealDetail.as_view(), name="api-deal"),
    path("deals/<int:pk>/win/", api.DealWin.as_view(), name="api-deal-win"),
    path("deals/<int:pk>/loss/", api.DealLoss.as_view(), name="api-deal-loss"),
    path("deals/<int:pk>/handover-booking/", api_handover.HandoverBooking.as_view(), name="api-deal-handover-booking"),
    path("deals/<int:pk>/handover-call/", api_handover.HandoverHeld.as_view(), name="api-deal-handover-call"),
    path("leads/<int:pk>/conversion/", api.LeadConversion.as_view(), name="api-lead-conversion"),
]
