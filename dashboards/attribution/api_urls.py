from django.urls import path

from dashboards.attribution import api

urlpatterns = [
    path("", api.AttributionView.as_view(), name="api-attribution"),
    path("deals/", api.WinsView.as_view(), name="api-attribution-deals"),
    path("deals/<int:pk>/", api.PathView.as_view(), name="api-attribution-deal"),
    path("months/", api.MonthsView.as_view(), name="api-attribution-months"),
]
