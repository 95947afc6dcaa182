from django.urls import path

from scoring import score_views
from scoring.definitions import draft_views as drafts
from scoring.definitions import views as definition_views
from scoring.icp import views as icp
from scoring.learning import views as learning_views
from scoring.studio import grid_views as studio_grid_views
from scoring.studio import model_views as studio_model_views
from scoring.studio import replay_views as studio_replay_views
from scoring.studio import views as studio_views

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
    path("scoring/leads/<int:pk>/", score_views.of_lead, name="lead_score"),
    path("scoring/", studio_views.page, name="scoring"),
    path("scoring/rules/new/", studio_views.add),
    path("scoring/rules/<uuid:line>/", studio_views.page, name="scoring-rule"),
    path("scoring/rules/<uuid:line>/condition/", studio_views.condition),
    path("scoring/rules/<uuid:line>/what/", studio_views.what),
    path("scoring/rules/<uuid:line>/position/", studio_views.position),
    path("scoring/rules/<uuid:line>/copy/", studio_views.copy),
    path("scoring/rules/<uuid:line>/removal/", studio_views.removal),
    path("scoring/rules/<uuid:line>/return/", studio_views.put_back),
    path("scoring/learning/", learning_views.page, name="learning"),
    path("scoring/learning/run/", learning_views.begin),
    path("scoring/learning/progress/", learning_views.progress),
    path("scoring/learning/<int:run>/cancellation/", learning_views.cancel),
    path("scoring/learning/suggestions/<int:suggestion>/acceptance/", learning_views.accept),
    path("scoring/rules/<uuid:line>/proposal/", learning_views.propose),
    path("scoring/rules/<uuid:line>/<slug:slot>/", studio_views.slot),
    path("scoring/cuts/", studio_grid_views.cuts),
    path("scoring/cells/", studio_grid_views.cells),
    path("scoring/mode/", studio_grid_views.mode),
    path("scoring/groups/<int:pk>/", studio_grid_views.group),
    path("scoring/replay/", studio_replay_views.panel, name="scoring-replay"),
    path("scoring/replay/entering/", studio_replay_views.leads, {"which": "entering"}),
    path("scoring/replay/leaving/", studio_replay_views.leads, {"which": "leaving"}),
    path("scoring/rescoring/", studio_replay_views.rescored),
    path("scoring/draft/publication/", studio_model_views.publish),
    path("scoring/draft/removal/", studio_model_views.discard),
    path("scoring/draft/shadow/", studio_model_views.begin_shadow),
    path("scoring/shadow/end/", studio_model_views.shadow_verb, {"verb": "end"}),
    path("scoring/shadow/extend/", studio_model_views.shadow_verb, {"verb": "extend"}),
    path("scoring/shadow/<slug:which>/", studio_model_views.shadow_leads),
    path("scoring/history/", studio_model_views.history, name="scoring-history"),
    path("scoring/history/<int:version>/rollback/", studio_model_views.roll_back),
    path("scoring/icp/", icp.page, name="icp"),
    path("scoring/icp/derivation/", icp.derive, name="icp-derivation"),
    path("scoring/icp/<int:pk>/values/", icp.choose, name="icp-values"),
    path("scoring/icp/<int:pk>/sentence/", icp.say, name="icp-sentence"),
    path("scoring/icp/<int:pk>/proposal/", icp.propose, name="icp-proposal"),
    path("scoring/icp/<int:pk>/withdrawal/", icp.withdraw, name="icp-withdrawal"),
    path("scoring/icp/<int:pk>/approvals/", icp.approve, name="icp-approvals"),
    path("scoring/icp/<int:pk>/removal/", icp.discard, name="icp-removal"),
]
