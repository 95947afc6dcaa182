from django.urls import path, re_path

from customers import file_views, handover_views, verb_views, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/<int:pk>/", views.customer, name="customer"),
    path("customers/health/upload/", file_views.health, name="customer-health-upload"),
    path("customers/health/template.csv", file_views.health_template, name="customer-health-template"),
    path("customers/revenue/upload/", file_views.revenue, name="customer-revenue-upload"),
    path("customers/revenue/template.csv", file_views.revenue_template, name="customer-revenue-template"),
    path("customers/of/<int:pk>/", handover_views.of_company, name="customer-of-company"),
    path("customers/<int:pk>/steps/", verb_views.step, name="customer-step"),
    path("customers/<int:pk>/first-value/", verb_views.first_value, name="customer-first-value"),
    path("customers/<int:pk>/readings/", verb_views.reading, name="customer-reading"),
    path("customers/<int:pk>/subscription/", verb_views.subscription, name="customer-subscription"),
    path("customers/<int:pk>/leaving/", verb_views.churn, name="customer-leaving"),
    path("customers/<int:pk>/return/", verb_views.back, name="customer-return"),
    path("customers/<int:pk>/terms/", verb_views.term, name="customer-term"),
    path("customers/<int:pk>/expansion/", verb_views.expansion, name="customer-expansion"),
    path("customers/<int:pk>/manager/", verb_views.manager, name="customer-manager"),
    re_path("^onboarding-steps/(?P<pk>[0-9]{1,18})/(?P<verb>done|reopening|removal)/$", verb_views.step_verb,
            name="onboarding-step-verb"),
    re_path("^terms/(?P<pk>[0-9]{1,18})/(?P<verb>end|renewal)/$", verb_views.term_verb, name="term-verb"),
    path("deals/<int:pk>/handover/", handover_views.answers, name="deal-handover"),
    path("deals/<int:pk>/handover/manager/", handover_views.manager, name="deal-handover-manager"),
    path("deals/<int:pk>/handover/acceptance/", handover_views.acceptance, name="deal-handover-acceptance"),
    path("deals/<int:pk>/handover/return/", handover_views.giving_back, name="deal-handover-return"),
    path("deals/<int:pk>/handover-call.ics", handover_views.call_file, name="deal-handover-call-file"),
    path("deals/<int:pk>/promises/", handover_views.promising, name="deal-promises"),
    path("promises/<int:pk>/keeping/", handover_views.promise_kept, name="promise-keeping"),
    path("promises/<int:pk>/removal/", handover_views.promise_dropped, name="promise-removal"),
]  # fmt: skip
