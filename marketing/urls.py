from django.urls import path

from marketing import spend_views, time_views

urlpatterns = [
    path("spend/", spend_views.grid, name="spend"),
    path("spend/upload/", spend_views.upload, name="spend-upload"),
    path("spend/spend.csv", spend_views.download, name="spend-csv"),
    path("spend/undo/<str:batch>/", spend_views.undo, name="spend-undo"),
    path("spend/time/", time_views.page, name="spend-time"),
    path("spend/time/rates/", time_views.rate, name="spend-rates"),
    path("spend/time/rates/<int:pk>/drop/", time_views.drop_rate, name="spend-rate-drop"),
    path("spend/time/norms/", time_views.norms, name="spend-norms"),
    path("spend/time/hours/", time_views.hours, name="spend-hours"),
    path("spend/time/margin/", time_views.margin, name="spend-margin"),
]
