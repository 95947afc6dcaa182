from django.urls import path

from customers import handover_views

urlpatterns = [
    path("deals/<int:pk>/handover/", handover_views.answers, name="deal-handover"),
    path("deals/<int:pk>/handover/manager/", handover_views.manager, name="deal-handover-manager"),
    path("deals/<int:pk>/handover/acceptance/", handover_views.acceptance, name="deal-handover-acceptance"),
    path("deals/<int:pk>/handover/return/", handover_views.giving_back, name="deal-handover-return"),
    path("deals/<int:pk>/promises/", handover_views.promising, name="deal-promises"),
    path("promises/<int:pk>/keeping/", handover_views.promise_kept, name="promise-keeping"),
    path("promises/<int:pk>/removal/", handover_views.promise_dropped, name="promise-removal"),
    path("customers/of/<int:pk>/", handover_views.of_company, name="customer-of-company"),
]
