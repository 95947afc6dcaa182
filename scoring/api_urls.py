from django.urls import path

from scoring import api, api_models, api_preview, api_rules
from scoring.definitions import api as api_definitions
from scoring.icp import api as api_icp
from scoring.replay import api as api_replays

urlpatterns = [
    path("leads/<int:pk>/score/", api.LeadScore.as_view(), name="api-lead-score"),
    path("scoring/definitions/", api_definitions.Definitions.as_view(), name="api-definitions"),
    path("scoring/definitions/<int:pk>/", api_definitions.OneDefinition.as_view(), name="api-definition"),
    path("scoring/definitions/<int:pk>/proposal/", api_definitions.Proposal.as_view(), name="api-definition-propose"),
    path("scoring/definitions/<int:pk>/approval/", api_definitions.SideApproval.as_view(), name="api-definition-yes"),
    path("scoring/definitions/<int:pk>/discard/", api_definitions.Discard.as_view(), name="api-definition-discard"),
    path("scoring/icp/", api_icp.IdealCustomer.as_view(), name="api-icp"),
    path("scoring/models/", api_models.Models.as_view(), name="api-models"),
    path("scoring/models/<int:pk>/", api_models.Model.as_view(), name="api-model"),
    path("scoring/models/<int:pk>/groups/", api_models.ModelGroups.as_view(), name="api-model-groups"),
    path("scoring/models/<int:pk>/groups/<int:group_id>/", api_models.ModelGroup.as_view(), name="api-model-group"),
    path("scoring/models/<int:pk>/publication/", api_models.ModelPublication.as_view(), name="api-model-publish"),
    path("scoring/models/<int:pk>/rollback/", api_models.ModelRollback.as_view(), name="api-model-rollback"),
    path("scoring/models/<int:pk>/shadow/", api_models.ModelShadow.as_view(), name="api-model-shadow"),
    path("scoring/rules/", api_rules.Rules.as_view(), name="api-rules"),
    path("scoring/rules/<int:pk>/", api_rules.OneRule.as_view(), name="api-rule"),
    path("scoring/rules/<int:pk>/copy/", api_rules.RuleCopy.as_view(), name="api-rule-copy"),
    path("scoring/preview/", api_preview.ScoringPreview.as_view(), name="api-scoring-preview"),
    path("scoring/replays/", api_replays.Replays.as_view(), name="api-scoring-replays"),
    path("scoring/replays/<int:pk>/", api_replays.OneReplay.as_view(), name="api-scoring-replay"),
    path("scoring/replays/<int:pk>/entering/", api_replays.Entering.as_view(), name="api-scoring-replay-entering"),
    path("scoring/replays/<int:pk>/leaving/", api_replays.Leaving.as_view(), name="api-scoring-replay-leaving"),
]
