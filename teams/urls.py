from django.urls import path

from teams import calendar_views, company_views, entrance_views, people_views, views

urlpatterns = [
    path("setup/", entrance_views.setup, name="setup"),
    path("welcome/<str:uid>/<str:token>/", entrance_views.welcome, name="welcome"),
    path("me/", views.me, name="me"),
    path("me/theme/", views.theme, name="my-theme"),
    path("me/keys/", views.single_keys, name="my-keys"),
    path("me/leave/", views.my_leave, name="my-leave"),
    path("me/leave/<int:pk>/end/", views.end_my_leave, name="my-leave-end"),
    path("people/", people_views.people_list, name="people"),
    path("people/new/", people_views.invite, name="person-new"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/deactivation/", people_views.deactivate, name="person-deactivation"),
    path("people/<int:pk>/leave/", people_views.leave, name="person-leave"),
    path("people/<int:pk>/leave/<int:leave_pk>/end/", people_views.end_leave, name="person-leave-end"),
    path("company/", company_views.settings, name="company"),
    path("company/teams/new/", company_views.new_team, name="team-new"),
    path("company/teams/<int:pk>/", company_views.team, name="team"),
    path("calendars/", calendar_views.calendar_list, name="calendars"),
    path("calendars/new/", calendar_views.new, name="calendar-new"),
    path("calendars/<int:pk>/", calendar_views.calendar, name="calendar"),
    path("calendars/<int:pk>/hours/", calendar_views.hours, name="calendar-hours"),
    path("calendars/<int:pk>/holidays/", calendar_views.holidays, name="calendar-holidays"),
    path("calendars/<int:pk>/days/", calendar_views.day, name="calendar-day"),
    path("calendars/<int:pk>/days/<str:day>/usual/", calendar_views.as_usual, name="calendar-as-usual"),
    path("calendars/<int:pk>/file/", calendar_views.upload, name="calendar-file"),
    path("calendars/<int:pk>/holders/", calendar_views.holder, name="calendar-holders"),
]
