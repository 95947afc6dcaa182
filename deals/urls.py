from django.urls import include, path

from deals import board_page, handover_views, pipeline_views, views
from deals.conversion_page import Convert

urlpatterns = [
    path("", include("deals.desk_urls")),
    path("leads/<int:pk>/conversion/", Convert.as_view(), name="lead-conversion"),
    path("deals/", board_page.page, name="deals"),
    path("deals/pipelines/", pipeline_views.page, name="pipelines"),
    path("deals/pipelines/<int:pk>/", pipeline_views.edit, name="pipeline"),
    path("deals/pipelines/<int:pk>/stages/", pipeline_views.add_stage, name="pipeline-stages"),
    path("deals/stages/<int:pk>/", pipeline_views.stage, name="pipeline-stage"),
    path("deals/stages/<int:pk>/shift/", pipeline_views.shift, name="pipeline-stage-shift"),
    path("deals/stages/<int:pk>/retirement/", pipeline_views.retire, name="pipeline-stage-retirement"),
    path("deals/stages/<int:pk>/criteria/", pipeline_views.add_criterion, name="pipeline-stage-criteria"),
    path("deals/criteria/<int:pk>/retirement/", pipeline_views.retire_criterion, name="criterion-retirement"),
    path("deals/<int:pk>/", views.deal, name="deal"),
    path("deals/<int:pk>/moves/", views.moves, name="deal-moves"),
    path("deals/<int:pk>/criteria/<int:criterion>/", views.criterion, name="deal-criterion"),
    path("deals/<int:pk>/people/", views.people, name="deal-people"),
    path("deals/<int:pk>/people/<int:person>/removal/", views.leave, name="deal-person-removal"),
    path("deals/<int:pk>/win/", views.win, name="deal-win"),
    path("deals/<int:pk>/loss/", views.lose, name="deal-loss"),
    path("deals/<int:pk>/changes/", views.edit, name="deal-changes"),
    path("deals/<int:pk>/handover-booking/", handover_views.book, name="deal-handover-booking"),
    path("deals/<int:pk>/handover-call/", handover_views.hold, name="deal-handover-call"),
    path("deals/<int:pk>/reopening/", views.reopening_or_reopen, name="deal-reopening"),
]
