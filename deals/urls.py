from django.urls import include, path

from deals import handover_views, views
from deals.conversion_page import Convert

urlpatterns = [
    path("", include("deals.desk_urls")),
    path("leads/<int:pk>/conversion/", Convert.as_view(), name="lead-conversion"),
    path("deals/", views.page, name="deals"),
    path("deals/<int:pk>/", views.deal, name="deal"),
    path("deals/<int:pk>/win/", views.win, name="deal-win"),
    path("deals/<int:pk>/loss/", views.lose, name="deal-loss"),
    path("deals/<int:pk>/changes/", views.edit, name="deal-changes"),
    path("deals/<int:pk>/handover-booking/", handover_views.book, name="deal-handover-booking"),
    path("deals/<int:pk>/handover-call/", handover_views.hold, name="deal-handover-call"),
    path("deals/<int:pk>/reopening/", views.reopening_or_reopen, name="deal-reopening"),
]
