from django.contrib import admin

from scoring.models import Definition, Rule, ScoringModel
from teams.admin_site import FactsAdmin


@admin.register(ScoringModel)
class ScoringModelAdmin(FactsAdmin):
    list_display = ["version", "state", "note", "published_at"]


@admin.register(Rule)
class RuleAdmin(FactsAdmin):
    list_display = ["name", "kind", "points", "model", "group"]
    list_select_related = ["model", "group"]
    list_filter = ["kind"]


@admin.register(Definition)
class DefinitionAdmin(FactsAdmin):
    list_display = ["stage", "version", "sentence", "effective_at", "review_on"]
