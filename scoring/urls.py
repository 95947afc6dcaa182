from django.urls import path

from scoring import definition_draft_views as drafts
from scoring import definition_views, learning_views, views
from scoring.icp import views as icp

urlpatterns = [
    path("definitions/", definition_views.index, name="definitions"),
    path("definitions/review/", definition_views.review, name="definition-review"),
    path("definitions/<slug:stage>/", definition_views.stage, name="definition"),
    path("definitions/<slug:stage>/review/", definition_views.reviewed, name="definition-reviewed"),
    path("definitions/<slug:stage>/draft/", drafts.page, name="definition-draft"),
    path("definitions/<slug:stage>/draft/condition/", drafts.condition, name="definition-condition"),
    path("definitions/<slug:stage>/draft/effect/", drafts.effect, name="definition-effect"),
    path("definitions/<slug:stage>/draft/proposal/", drafts.proposal, name="definition-proposal"),
    path("definitions/<slug:stage>/draft/approval/", drafts.approval, name="definition-approval"),
    path("definitions/<slug:stage>/draft/withdrawal/", drafts.withdrawal, name="definition-withdrawal"),
    path("definitions/<slug:stage>/draft/removal/", drafts.removal, name="definition-removal"),
    path("definitions/<slug:stage>/draft/reminder/", drafts.reminder, name="definition-reminder"),
    path("scoring/", views.scoring, name="scoring"),
    path("scoring/learning/", learning_views.page, name="learning"),
    path("scoring/learning/run/", learning_views.begin),
    path("scoring/learning/progress/", learning_views.progress),
    path("scoring/learning/<int:run>/cancellation/", learning_views.cancel),
    path("scoring/learning/suggestions/<int:suggestion>/acceptance/", learning_views.accept),
    path("scoring/rules/<uuid:line>/proposal/", learning_views.propose),
    path("scoring/icp/", icp.page, name="icp"),
    path("scoring/icp/derivation/", icp.derive, name="icp-derivation"),
    path("scoring/icp/<int:pk>/values/", icp.choose, name="icp-values"),
    path("scoring/icp/<int:pk>/sentence/", icp.say, name="icp-sentence"),
    path("scoring/icp/<int:pk>/proposal/", icp.propose, name="icp-proposal"),
    path("scoring/icp/<int:pk>/withdrawal/", icp.withdraw, name="icp-withdrawal"),
    path("scoring/icp/<int:pk>/approvals/", icp.approve, name="icp-approvals"),
    path("scoring/icp/<int:pk>/removal/", icp.discard, name="icp-removal"),
]
