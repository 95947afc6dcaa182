from django.urls import path

from leads.hooks import source_views, views

urlpatterns = [
    path("hooks/<str:token>/", views.hook, name="hook"),
    path("intake/sources/", source_views.index, name="sources"),
    path("intake/sources/new/", source_views.add, name="source-new"),
    path("intake/sources/<int:pk>/", source_views.page, name="source"),
    path("intake/sources/<int:pk>/mapping/", source_views.remap, name="source-mapping"),
    path("intake/sources/<int:pk>/secret/", source_views.rotate, name="source-secret"),
    path("intake/sources/<int:pk>/switch/", source_views.switch, name="source-switch"),
]
