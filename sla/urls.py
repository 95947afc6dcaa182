from django.urls import path

from sla import (
    breach_views,
    floor_verbs,
    floor_views,
    limbo_views,
    pause_views,
    policy_set_views,
    policy_views,
    step_views,
    views,
)

urlpatterns = [
    path("queue/", views.page, name="queue"),
    path("sla/", policy_views.index, name="policies"),
    path("sla/history/", policy_set_views.history, name="policy-history"),
    path("sla/history/<int:version>/rollback/", policy_set_views.roll_back, name="policy-rollback"),
    path("sla/draft/publication/", policy_set_views.publish, name="policy-publication"),
    path("sla/draft/removal/", policy_set_views.discard, name="policy-discarding"),
    path("sla/lines/<uuid:line>/condition/", policy_views.condition, name="policy-condition"),
    path("sla/lines/<uuid:line>/position/", policy_views.position, name="policy-position"),
    path("sla/lines/<uuid:line>/removal/", policy_views.removal, name="policy-removal"),
    path("sla/lines/<uuid:line>/leads/", policy_views.matching, name="policy-leads"),
    path("sla/lines/<uuid:line>/steps/<int:level>/", policy_views.step, name="policy-step"),
    path("sla/lines/<uuid:line>/<slug:slot>/", policy_views.slot, name="policy-slot"),
    path("sla/<slug:slug>/", policy_views.page, name="policy"),
    path("sla/<slug:slug>/effect/", policy_set_views.effect, name="policy-effect"),
    path("sla/<slug:slug>/lines/new/", policy_views.add, name="policy-line-new"),
    path("queue/<int:pk>/", views.page, name="queue-lead"),
    path("clocks/<int:pk>/pause/", pause_views.pause, name="clock-pause"),
    path("clocks/<int:pk>/resumption/", pause_views.resume, name="clock-resumption"),
    path("floor/", floor_views.page, name="floor"),
    path("floor/clocks/", floor_views.clocks_page, name="floor-clocks"),
    path("floor/answers/", floor_views.answers, name="floor-answers"),
    path("floor/leads/<int:pk>/giving/", floor_verbs.Give.as_view(), name="floor-giving"),
    path("floor/people/<int:pk>/", floor_verbs.person, name="floor-person"),
    path("limbo/", limbo_views.page, name="limbo"),
    path("breaches/", breach_views.page, name="breaches"),
    path("breaches/export.csv", breach_views.export, name="breaches-export"),
    *[
        path(f"{kind}s/<int:pk>/next-step/{tail}", view, {"kind": kind}, name=f"{kind}-step{name}")
        for kind in ("lead", "deal")
        for tail, name, view in (
            ("", "", step_views.change),
            ("done/", "-done", step_views.finish),
            ("removal/", "-removal", step_views.drop),
        )
    ],
]
