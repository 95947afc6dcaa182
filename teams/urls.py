from django.urls import path

from teams import entrance_views, people_views, views

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
]
