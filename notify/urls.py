from django.urls import path

from notify import desk_views, my_views, news_views, views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/reading/", views.read_all, name="notices-reading"),
    path("notices/<int:pk>/reading/", views.read_one, name="notice-reading"),
    path("notices/news/", news_views.news, name="news"),
    path("notices/news/heard/", news_views.heard, name="news-heard"),
    path("me/told/", my_views.told, name="my-told"),
    path("me/told/browser/", my_views.this_browser, name="my-told-browser"),
    path("me/told/test/", my_views.test, name="my-told-test"),
    path("deliveries/", desk_views.deliveries, name="deliveries"),
    path("deliveries/retry/", desk_views.retry, name="deliveries-retry"),
    path("deliveries/<int:pk>/retry/", desk_views.retry, name="delivery-retry"),
    path("destinations/", desk_views.destination_list, name="destinations"),
    path("destinations/new/", desk_views.add_destination, name="destination-new"),
    path("destinations/<int:pk>/test/", desk_views.test_destination, name="destination-test"),
    path("destinations/<int:pk>/switch/", desk_views.switch_destination, name="destination-switch"),
]
