"""REST: routing plans read, who would get a lead and why, claim queues."""

from typing import Any

from django.db.models import Prefetch
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.response import Response

from leads import answer_serializers as answers
from leads import conditions, custom_attributes, serializers
from leads.api_verbs import LeadVerb
from leads.checks import Checks
from leads.incoming import parse
from leads.models import Lead, RoutingPlan, RoutingRule
from leads.routing import drafts, dry, picking, waiting
from leads.routing.draft_differences import OPTIONS
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Forbidden, Invalid, Refused
from revops.lib.openapi import NoBody, Strict, asks, reads, shaped, writes
from revops.lib.pages import KeysetPagination

TREE = {"type": "object", "additionalProperties": True}
RULES = Prefetch("rules", RoutingRule.objects.select_related("pool", "person").order_by("position", "id"))
PLANS = {"live": drafts.live, "draft": drafts.the_draft}


class RoutingRuleRow(s.Serializer):
    """`line`: the same rule through all versions. `reads`: the condition as a sentence."""

    id = s.IntegerField()
    line = s.UUIDField()
    place = s.IntegerField()
    name = s.CharField()
    condition = shaped(TREE)
    reads = s.CharField()
    to = s.ChoiceField(list(RoutingRule.To.values))
    pool = s.IntegerField(allow_null=True)
    pool_name = s.CharField(allow_blank=True)
    person = s.IntegerField(allow_null=True)
    skills = s.ListField(child=s.CharField())
    is_active = s.BooleanField()


class RoutingPlanRow(s.Serializer):
    """The options are asked before any rule, in this order."""

    id = s.IntegerField()
    version = s.IntegerField()
    state = s.ChoiceField(list(RoutingPlan.State.values))
    note = s.CharField(allow_blank=True)
    deal_owner = s.BooleanField()
    named_accounts = s.BooleanField()
    account_owner = s.BooleanField()
    sticky_days = s.IntegerField(allow_null=True)
    account_sticky = s.BooleanField()
    edited_at = s.DateTimeField(allow_null=True)
    published_at = s.DateTimeField(allow_null=True)
    rules = RoutingRuleRow(many=True)


class RoutingPlanPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = RoutingPlanRow(many=True)


class DryRunOf(Strict):
    """Either `lead`, one that is kept, or `enquiry`, as you would send it to `/leads/`."""

    lead = shaped(serializers.ID)
    enquiry = serializers.IncomingLead(required=False)
    plan = shaped({"type": "string", "enum": list(PLANS)}, help_text="live when left out.")


class RoutingStep(s.Serializer):
    what = s.CharField()
    state = s.ChoiceField(["decided", "passed", "not_asked"])
    note = s.CharField(allow_blank=True)
    rule = s.IntegerField(allow_null=True)


class PassedOver(s.Serializer):
    user = s.IntegerField()
    name = s.CharField()
    reason = s.CharField()


class DryRun(s.Serializer):
    """`owner` null: nobody can own it now (cause nobody), or it would wait to be picked (cause claim)."""

    owner = s.IntegerField(allow_null=True)
    owner_name = s.CharField(allow_blank=True)
    cause = s.CharField()
    why = s.CharField()
    version = s.IntegerField()
    steps = RoutingStep(many=True)
    eligible = s.ListField(child=s.IntegerField())
    skipped = PassedOver(many=True)


class QueuedLead(s.Serializer):
    lead = s.IntegerField()
    person = s.CharField(allow_blank=True)
    company = s.CharField(allow_blank=True)
    kind = s.ChoiceField(["held", "claim"])
    pool = s.IntegerField(allow_null=True)
    pool_name = s.CharField(allow_blank=True)
    since = s.DateTimeField()
    why = s.CharField()


class WaitingLeads(s.Serializer):
    """The hundred that have waited longest: `held` for somebody who can take leads, or in claim queues."""

    held = s.IntegerField()
    claim = s.IntegerField()
    results = QueuedLead(many=True)


class RoutingPlans(Endpoint):
    orderings = {"version": ["version"]}

    @reads("Routing plans with their rules, newest version first", RoutingPlanPage,
           operation_id="routing_plans_list", parameters=serializers.paging(orderings))  # fmt: skip
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        rows = pages.paginate_queryset(RoutingPlan.objects.prefetch_related(RULES), request, self)
        return pages.get_paginated_response([plan_json(row) for row in rows])


class OneRoutingPlan(Endpoint):
    @reads("One routing plan", RoutingPlanRow)
    def get(self, request, pk: int):
        known_parameters(request)
        return Response(plan_json(found(RoutingPlan.objects.prefetch_related(RULES), pk=pk)))


class RoutingDryRun(Endpoint):
    scopes = {"POST": "read"}

    @asks("Who would get this lead, and why", DryRunOf, DryRun,
          codes=(400, 401, 403, 404, 409, 413, 415), operation_id="routing_dry_run")  # fmt: skip
    def post(self, request):
        data, check = request.data, Checks()
        if not check.is_object(data, "", frozenset(["lead", "enquiry", "plan"])):
            raise check.failed()
        for name in data:
            if data[name] is None:
                check.no("", name, "required", "Give a value, or leave the field out.")
        named = check.choice(data, "plan", list(PLANS)) or "live"
        pk = check.whole(data, "lead", 1, 2**63 - 1)
        if not check.errors and (pk is None) == (data.get("enquiry") is None):
            check.no("", "lead", "required", "Give a lead or an enquiry: one of them.")
        if check.errors:
            raise check.failed()
        plan = PLANS[named]()
        if plan is None:
            raise Refused("There is no draft now.", code="no_such_plan", field="plan")
        if pk is not None:
            return Response(dry_json(dry.one(find(pk), at=request.now, plan=plan)))
        try:
            item = parse(data["enquiry"], now=request.now, types=custom_attributes.types)
        except Invalid as wrong:
            errors = [{**e, "field": f"enquiry.{e['field']}" if e["field"] else "enquiry"} for e in wrong.errors]
            raise Invalid(
                errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors
            ) from None
        return Response(dry_json(dry.sample(item, at=request.now, plan=plan)))


class LeadsWaiting(Endpoint):
    @reads("Leads without an owner, the longest waiting first", WaitingLeads)
    def get(self, request):
        known_parameters(request)
        rows = waiting.all_waiting(now=request.now)
        return Response({**waiting.counts(), "results": [_waiting(row) for row in rows]})


class Pick(LeadVerb):
    """Only people pick: a key has no desk."""

    @writes("Pick a lead out of its claim queue", NoBody, {200: answers.LeadDetail})
    def post(self, request, pk: int):
        return self.perform(request, pk)

    def do(self, lead: Lead, **said: Any) -> None:
        if said["by"].is_service:
            raise Forbidden("Only people pick leads; a key gives them to nobody.", code="not_yours")
        picking.pick(lead, **said)


def find(pk: int) -> Lead:
    lead = Lead.objects.filter(pk=pk).first()
    if lead is None:
        raise Http404
    return lead


def plan_json(plan: RoutingPlan) -> dict[str, Any]:
    return {
        "id": plan.pk, "version": plan.version, "state": plan.state, "note": plan.note,
        **{name: getattr(plan, name) for name in OPTIONS},
        "edited_at": plan.edited_at, "published_at": plan.published_at,
        "rules": [
            {
                "id": rule.pk, "line": str(rule.line), "place": place, "name": rule.name, "condition": rule.condition,
                "reads": _sentence(rule.condition), "to": rule.to, "pool": rule.pool_id,
                "pool_name": rule.pool.name if rule.pool else "", "person": rule.person_id, "skills": rule.skills,
                "is_active": rule.is_active,
            }
            for place, rule in enumerate(plan.rules.all(), 1)
        ],
    }  # fmt: skip


def dry_json(told: dry.Dry) -> dict[str, Any]:
    return {
        "owner": told.owner.pk if told.owner else None, "owner_name": told.owner.name if told.owner else "",
        "cause": told.cause, "why": told.sentence, "version": told.version,
        "steps": [{"what": x.what, "state": x.state, "note": x.note, "rule": x.rule} for x in told.steps],
        "eligible": [user.pk for user in told.eligible],
        "skipped": [{"user": user.pk, "name": user.name, "reason": reason} for user, reason in told.skipped],
    }  # fmt: skip


def _waiting(row: waiting.Held) -> dict[str, Any]:
    return {
        "lead": row.lead_id, "person": row.person, "company": row.company, "kind": row.kind, "pool": row.pool_id,
        "pool_name": row.pool, "since": row.since, "why": waiting.why_sentence(row.why),
    }  # fmt: skip


def _sentence(condition: Any) -> str:
    try:
        return conditions.sentence(condition)
    except Invalid as refusal:
        return f"Can't be read: {refusal.detail}"
