from django.contrib import admin

from sla.models import Clock, Effect, Policy, PolicySet
from teams.admin_site import FactsAdmin


@admin.register(PolicySet)
class PolicySetAdmin(FactsAdmin):
    list_display = ["version", "state", "published_at"]


@admin.register(Policy)
class PolicyAdmin(FactsAdmin):
    list_display = ["position", "name", "target", "tier", "amount", "hours", "policy_set"]
    list_display_links = ["name"]
    list_select_related = ["policy_set"]


@admin.register(Clock)
class ClockAdmin(FactsAdmin):
    list_display = ["id", "lead_id", "target", "scope", "phase", "due_at", "outcome", "owner"]
    list_select_related = ["owner"]
    search_fields = ["=lead__id"]


@admin.register(Effect)
class EffectAdmin(FactsAdmin):
    list_display = ["clock_id", "event", "level", "effective_at", "detected_at"]
