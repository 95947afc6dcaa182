from django.urls import path

from marketing import content_views, spend_views, time_views

urlpatterns = [
    path("content/", content_views.page, name="content"),
    path("content/new/", content_views.new, name="content-new"),
    path("content/<int:pk>/", content_views.one, name="content-request"),
    path("content/<int:pk>/taking/", content_views.take, name="content-taking"),
    path("content/<int:pk>/answer/", content_views.answer, name="content-answer"),
    path("content/<int:pk>/completion/", content_views.finish, name="content-completion"),
    path("content/<int:pk>/refusal/", content_views.decline, name="content-refusal"),
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
