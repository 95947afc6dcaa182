"""The shapes of the answers about leads and touches, for the OpenAPI document; leads.lead_json writes them."""

from django.conf import settings
from rest_framework import serializers as s

from revops.lib.openapi import shaped


class Score(s.Serializer):
    fit = s.FloatField()
    engagement = s.FloatField()
    usage = s.FloatField()
    cell = s.CharField()
    version = s.IntegerField(allow_null=True)


class Clock(s.Serializer):
    id = s.IntegerField()
    target = s.CharField()
    tier = s.CharField(allow_null=True)
    scope = s.CharField()
    state = s.CharField(help_text="running, paused, met, met_late, overdue, cancelled or breached_cancelled.")
    started_at = s.DateTimeField(allow_null=True)
    due_at = s.DateTimeField(allow_null=True)


class Brief(s.Serializer):
    id = s.IntegerField()
    url = s.CharField()
    person = s.IntegerField(allow_null=True)
    company = s.IntegerField(allow_null=True)
    cycle = s.IntegerField(allow_null=True)
    stage = s.CharField(allow_null=True)
    score = Score(allow_null=True)
    owner = s.IntegerField(allow_null=True)
    clocks = Clock(many=True)


class Taken(Brief):
    created = s.BooleanField(help_text="Whether a new cycle began.")
    submission = s.IntegerField(allow_null=True)


class FieldProblem(s.Serializer):
    field = s.CharField(allow_blank=True)
    code = s.CharField()
    detail = s.CharField()


class TakenItem(Taken):
    id = s.IntegerField(allow_null=True)
    url = s.CharField(allow_null=True)
    submission = s.IntegerField(allow_null=True, required=False)
    index = s.IntegerField()
    status = s.ChoiceField(["created", "existing", "touched", "duplicate", "refused"])
    errors = FieldProblem(many=True)


class TakenBatch(s.Serializer):
    results = TakenItem(many=True)


class ReportedTouch(s.Serializer):
    index = s.IntegerField()
    status = s.ChoiceField(["created", "duplicate", "refused"])
    person = s.IntegerField(allow_null=True)
    errors = FieldProblem(many=True)


class ReportedTouches(s.Serializer):
    results = ReportedTouch(many=True)


def _moments(names: str) -> dict:
    return {name: s.DateTimeField(allow_null=True) for name in names.split()}


Stamps = type(
    "Stamps",
    (s.Serializer,),
    _moments(
        "created_at updated_at stage_at mql_at assigned_at sal_at sql_at opportunity_at won_at lost_at rejected_at "
        "recycled_at disqualified_at first_response_at last_touch_at next_due_at"
    ),
)


class LeadRow(Brief, Stamps):
    person_name = s.CharField(allow_blank=True)
    email = s.CharField(allow_blank=True)
    phone = s.CharField(allow_blank=True)
    title = s.CharField(allow_blank=True)
    country = s.CharField(allow_blank=True)
    company_name = s.CharField(allow_null=True)
    owner_name = s.CharField(allow_null=True)
    source = s.CharField(allow_null=True)
    campaign = s.CharField(allow_null=True)
    product_interest = s.CharField(allow_blank=True)
    hand_raise = s.CharField(allow_blank=True)
    reason = s.CharField(allow_blank=True)
    track = s.CharField(allow_blank=True)
    revisit_on = s.DateField(allow_null=True)
    history = s.BooleanField()
    undated = s.BooleanField()


class LeadPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = LeadRow(many=True)


class Firm(s.Serializer):
    domain = s.CharField(allow_null=True)
    industry = s.CharField(allow_blank=True)
    employees = s.IntegerField(allow_null=True)
    country = s.CharField(allow_blank=True)


class LeadDetail(LeadRow):
    message = s.CharField(allow_blank=True)
    reason_note = s.CharField(allow_blank=True)
    flags = shaped({"type": "array", "items": {"type": "string"}})
    consent = shaped({"type": "object", "additionalProperties": True})
    attributes = shaped({"type": "object", "additionalProperties": {"type": "object", "additionalProperties": True}})
    firm = Firm(allow_null=True)
    qualification = shaped(
        {"type": "object", "additionalProperties": True},
        help_text="Confirmed items: {value, evidence, confirmed_at, confirmed_by}.",
    )
    # What the rooms above add.
    locals().update(
        {
            name: shaped({"nullable": True, "description": f"The panel {name}."})
            for name in settings.LEAD_PANELS
            if name not in ("score", "clocks")
        }
    )


class TimelineItem(s.Serializer):
    at = s.DateTimeField()
    code = s.CharField(help_text="The fact's kind (lead.mql, clock.breached, …) or touch.<kind>.")
    text = s.CharField()
    note = s.CharField(allow_blank=True)
    source = s.ChoiceField(["entry", "touch"])
    id = s.IntegerField()
    by = s.IntegerField(allow_null=True)
    lead = s.IntegerField(allow_null=True)
    struck = s.BooleanField(help_text="Taken back afterwards.")
    data = shaped({"type": "object", "additionalProperties": True}, help_text="The fact's codes and ids.")


class TimelinePage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = TimelineItem(many=True)
