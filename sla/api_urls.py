from django.urls import path

from sla import api, api_calendars

urlpatterns = [
    path("leads/<int:pk>/clocks/", api.LeadClocks.as_view(), name="api-lead-clocks"),
    path("sla/calendars/", api_calendars.Calendars.as_view(), name="api-calendars"),
    path("sla/calendars/<int:pk>/", api_calendars.CalendarDetail.as_view(), name="api-calendar"),
]
