"""Attribute definitions and pools are written here; the record itself is only looked at."""

from django.contrib import admin

from leads import conditions
from leads.models import (
    AttributeDefinition,
    Company,
    Lead,
    Ownership,
    Person,
    Pool,
    PoolMember,
    RoutingPlan,
    RoutingRule,
    Submission,
)
from revops.lib.errors import Invalid
from teams.admin_site import FactsAdmin, ReferenceAdmin, RowsInline
from teams.models import User


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(ReferenceAdmin):
    list_display = ["label", "subject", "name", "type"]
    list_filter = ["subject", "type"]

    def get_readonly_fields(self, request, obj=None):
        # Values are kept under the name and read by the type.
        return ["subject", "name", "type"] if obj else []


class MembersInline(RowsInline):
    model = PoolMember
    fields = ["user", "weight", "cap", "per_day", "per_week", "skills", "position"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.sellers().order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Pool)
class PoolAdmin(ReferenceAdmin):
    """Which pool takes what no rule matches is not changed here: there is always exactly one."""

    list_display = ["name", "is_fallback", "method"]
    fields = ["name", "is_fallback"]
    readonly_fields = ["is_fallback"]
    inlines = [MembersInline]

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or not obj.is_fallback)

    def get_actions(self, request):
        return {}  # no deleting of several at once past the rule above


@admin.register(RoutingPlan)
class RoutingPlanAdmin(FactsAdmin):
    list_display = ["version", "state", "note", "based_on", "published_at"]
    list_select_related = ["based_on"]
    list_filter = ["state"]


@admin.register(RoutingRule)
class RoutingRuleAdmin(FactsAdmin):
    """Only looked at: rules are drafted and published by their verbs."""

    list_display = ["position", "name", "sentence", "pool", "plan", "is_active"]
    list_display_links = ["name"]
    list_select_related = ["pool", "plan"]
    list_filter = ["plan__state"]

    @admin.display(description="When")
    def sentence(self, rule):
        try:
            return conditions.sentence(rule.condition)
        except Invalid as refusal:
            return f"Can't be read: {refusal.detail}"


@admin.register(Company)
class CompanyAdmin(FactsAdmin):
    """Only the account's owner is set here; the rest comes with enquiries."""

    list_display = ["name", "domain", "industry", "employees", "country", "owner"]
    list_select_related = ["owner"]
    search_fields = ["name_key", "=domain"]
    fields = [
        "name", "domain", "industry", "employees", "country", "region", "technologies", "attributes", "owner",
        "created_at",
    ]  # fmt: skip

    def has_change_permission(self, request, obj=None):
        return self.admin_site.has_permission(request)

    def get_readonly_fields(self, request, obj=None):
        return [field for field in self.fields if field != "owner"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "owner":
            kwargs["queryset"] = User.objects.sellers().order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Person)
class PersonAdmin(FactsAdmin):
    list_display = ["name", "email", "title", "company", "cell", "suppressed"]
    list_select_related = ["company"]
    search_fields = ["search"]


@admin.register(Lead)
class LeadAdmin(FactsAdmin):
    list_display = ["id", "person", "company", "stage", "owner", "source", "created_at"]
    list_select_related = ["person", "company", "owner", "source"]
    search_fields = ["=id", "person__search"]


@admin.register(Ownership)
class OwnershipAdmin(FactsAdmin):
    list_display = ["lead_id", "owner", "cause", "from_at", "to_at"]
    list_select_related = ["owner"]
    search_fields = ["=lead__id"]


@admin.register(Submission)
class SubmissionAdmin(FactsAdmin):
    list_display = ["received_at", "source", "outcome", "person_id", "lead_id"]
