"""The page of ours under /intake/, and what sites and servers reach."""

from django.urls import path, re_path

from leads.visits import public, views

urlpatterns = [
    path("intake/tracking/", views.page, name="tracking"),
    path("intake/tracking/keys/", views.add_key, name="tracking-key-new"),
    path("intake/tracking/keys/<int:pk>/rotation/", views.rotate_key, name="tracking-key-rotation"),
    path("intake/tracking/keys/<int:pk>/switch/", views.switch_key, name="tracking-key-switch"),
    path("intake/tracking/mapping/", views.map_event, name="tracking-mapping"),
    path("intake/tracking/mapping/<int:pk>/removal/", views.unmap, name="tracking-mapping-removal"),
    path("t/visits.js", public.script, name="visits-script"),
    path("t/", public.collect, name="visits-collector"),
    re_path(r"^v1/(track|identify|group|page|screen|alias|batch|import)/?$", public.segment, name="segment"),
]
