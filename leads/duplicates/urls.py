from django.urls import path

from leads.duplicates import address_views, views

urlpatterns = [
    path("duplicates/", views.index, name="duplicates"),
    path("duplicates/merged/", views.merged, name="duplicates-merged"),
    path("duplicates/<int:pk>/", views.pair, name="duplicate"),
    path("duplicates/<int:pk>/merge/", views.merge, name="duplicate-merge"),
    path("duplicates/<int:pk>/difference/", views.different, name="duplicate-difference"),
    path("duplicates/<int:pk>/question/", views.ask_again, name="duplicate-question"),
    path("merges/<int:pk>/undo/", views.Unmerge.as_view(), name="unmerge"),
    path("leads/<int:pk>/addresses/", address_views.page, name="lead-addresses"),
    path("leads/<int:pk>/addresses/<int:key>/removal/", address_views.remove, name="address-removal"),
    path("leads/<int:pk>/addresses/<int:key>/preference/", address_views.prefer, name="address-preference"),
    path("leads/<int:pk>/addresses/return/", address_views.give_back, name="address-return"),
]
