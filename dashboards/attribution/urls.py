from django.urls import path

from dashboards.attribution import views

urlpatterns = [
    path("", views.overview, name="attribution"),
    path("credits.csv", views.credits_csv, name="attribution-csv"),
    path("deals/", views.deals, name="attribution-deals"),
    path("deals.csv", views.deals_csv, name="attribution-deals-csv"),
    path("deals/<int:pk>/", views.deal, name="attribution-deal"),
]
