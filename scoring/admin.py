"""Looked at, never written: models, definitions and profiles change by their verbs alone."""

from django.contrib import admin

from scoring.models import (
    Approval,
    Cut,
    Definition,
    Icp,
    IcpApproval,
    LearningRun,
    ReplayRun,
    Rescoring,
    Rule,
    RuleGroup,
    ScoringModel,
    ShadowScore,
    Suggestion,
    Waiting,
)
from teams.admin_site import FactsAdmin


@admin.register(ScoringModel)
class ScoringModelAdmin(FactsAdmin):
    list_display = ["version", "state", "note", "based_on", "published_at", "shadow_until"]
    list_select_related = ["based_on"]
    list_filter = ["state"]


@admin.register(RuleGroup)
class RuleGroupAdmin(FactsAdmin):
    list_display = ["name", "cap", "model"]
    list_select_related = ["model"]


@admin.register(Rule)
class RuleAdmin(FactsAdmin):
    list_display = ["name", "kind", "points", "model", "group", "line"]
    list_select_related = ["model", "group"]
    list_filter = ["kind"]


@admin.register(Definition)
class DefinitionAdmin(FactsAdmin):
    list_display = ["stage", "version", "state", "sentence", "effective_at", "review_on"]
    list_filter = ["stage", "state"]


@admin.register(Approval)
class ApprovalAdmin(FactsAdmin):
    list_display = ["definition", "side", "by", "at"]
    list_select_related = ["definition", "by"]


@admin.register(Icp)
class IcpAdmin(FactsAdmin):
    list_display = ["version", "state", "sentence", "effective_at", "review_on"]


@admin.register(IcpApproval)
class IcpApprovalAdmin(FactsAdmin):
    list_display = ["icp", "side", "by", "at"]
    list_select_related = ["icp", "by"]


@admin.register(ReplayRun)
class ReplayRunAdmin(FactsAdmin):
    list_display = ["draft", "days", "state", "done", "total", "every", "started_at", "beat_at"]
    list_select_related = ["draft"]
    list_filter = ["state"]


@admin.register(Rescoring)
class RescoringAdmin(FactsAdmin):
    list_display = ["model", "state", "done", "total", "crossed", "waiting", "hand_over", "started_at", "beat_at"]
    list_select_related = ["model"]
    list_filter = ["state"]


@admin.register(Waiting)
class WaitingAdmin(FactsAdmin):
    list_display = ["lead_id", "since"]


@admin.register(ShadowScore)
class ShadowScoreAdmin(FactsAdmin):
    list_display = ["person_id", "model", "cell", "fit", "engagement", "usage", "at", "met_at"]
    list_select_related = ["model"]


@admin.register(Cut)
class CutAdmin(FactsAdmin):
    list_display = ["at", "model", "share", "k", "pool", "priority", "fit"]
    list_select_related = ["model"]


@admin.register(LearningRun)
class LearningRunAdmin(FactsAdmin):
    list_display = ["outcome", "horizon", "state", "started_at", "beat_at"]


@admin.register(Suggestion)
class SuggestionAdmin(FactsAdmin):
    list_display = ["run_id", "rule", "points_now", "points", "low", "high", "accepted_at"]
