from django.urls import path

from marketing import spend_api, time_api

urlpatterns = [
    path("spend/", spend_api.Spends.as_view(), name="api-spend"),
    path("spend/undo/<str:batch>/", spend_api.SpendUndo.as_view(), name="api-spend-undo"),
    path("spend/time/", time_api.TimeView.as_view(), name="api-spend-time"),
    path("spend/rates/", time_api.Rates.as_view(), name="api-spend-rates"),
    path("spend/rates/<int:pk>/", time_api.Rate.as_view(), name="api-spend-rate"),
    path("spend/norms/", time_api.NormsView.as_view(), name="api-spend-norms"),
    path("spend/hours/", time_api.Hours.as_view(), name="api-spend-hours"),
    path("spend/margin/", time_api.MarginView.as_view(), name="api-spend-margin"),
]
