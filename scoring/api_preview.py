"""REST: what a model would make of one lead, kept or not yet sent. Nothing is written."""

from typing import Any

from django.http import Http404
from rest_framework import serializers as s
from rest_framework.response import Response

from leads import custom_attributes
from leads.checks import Checks
from leads.conditions.tree import is_whole
from leads.incoming import Incoming, parse
from leads.models import Lead
from leads.serializers import IncomingLead
from revops.lib.endpoint import Endpoint
from revops.lib.errors import Invalid, Refused
from revops.lib.openapi import Strict, asks, shaped
from scoring import drafts
from scoring.api import ReceiptLine
from scoring.model_json import ID
from scoring.models import ScoringModel
from scoring.preview import Preview, preview

MODELS = {"live": drafts.live, "draft": drafts.the_draft, "shadow": drafts.the_shadow}


class PreviewOfLead(Strict):
    """Either `lead`, one that is kept, or `enquiry`, as you would send it to `/leads/`."""

    lead = shaped(ID)
    enquiry = IncomingLead(required=False)
    model = shaped({"type": "string", "enum": list(MODELS)}, help_text="live when left out.")


class Previewed(s.Serializer):
    """The lines of each part add up to that part's points. `lead`, `person`, `company`: null when not kept yet."""

    model = s.IntegerField()
    version = s.IntegerField()
    lead = s.IntegerField(allow_null=True)
    person = s.IntegerField(allow_null=True)
    company = s.IntegerField(allow_null=True)
    stage = s.CharField(allow_blank=True, help_text="Of the cycle; empty when none is open and none would be opened.")
    would_be_mql = s.BooleanField()
    meets = s.BooleanField(allow_null=True, help_text="The definition of an MQL; null = unknown.")
    definition = s.IntegerField(allow_null=True, help_text="Its version.")
    why = s.CharField()
    failing = s.CharField(allow_blank=True, help_text="The first condition that fails or is unknown.")
    as_of = s.DateTimeField()
    cell = s.CharField()
    pql = s.BooleanField()
    fit = s.FloatField()
    engagement = s.FloatField()
    usage = s.FloatField()
    lines = ReceiptLine(many=True)


class ScoringPreview(Endpoint):
    scopes = {"POST": "read"}

    @asks("What a model would make of one lead", PreviewOfLead, Previewed,
          codes=(400, 401, 403, 404, 409, 413, 415), operation_id="scoring_preview")  # fmt: skip
    def post(self, request):
        what, model = _read(request)
        return Response(as_json(preview(what, model=model, now=request.now), model))


def as_json(told: Preview, model: ScoringModel) -> dict[str, Any]:
    lines = told.receipt.as_json()
    for line in lines["lines"]:
        if line["touch"] is not None and line["touch"] <= 0:  # one that was never sent
            line["touch"] = None
    return {
        **lines, "model": model.pk, "lead": told.lead_id, "person": told.person_id, "company": told.company_id,
        "stage": told.stage, "would_be_mql": told.would_be_mql, "meets": told.meets, "why": told.why,
        "failing": told.failing, "definition": told.definition.version if told.definition else None,
    }  # fmt: skip


def _read(request: Any) -> tuple[Lead | Incoming, ScoringModel]:
    data, check = request.data, Checks()
    if not check.is_object(data, "", frozenset(["lead", "enquiry", "model"])):
        raise check.failed()
    named, pk = data.get("model", "live"), data.get("lead")
    if not isinstance(named, str) or named not in MODELS:
        check.no("", "model", "not_a_choice", f"Choose one of: {', '.join(MODELS)}.")
    if "lead" in data and not is_whole(pk, 1, 2**63 - 1):
        check.no("", "lead", "not_an_id", "Give the id of a lead.")
    elif ("lead" in data) == ("enquiry" in data):
        check.no("", "lead", "required", "Give a lead or an enquiry: one of them.")
    if check.errors:
        raise check.failed()
    model = MODELS[named]()
    if model is None:
        raise Refused(f"There is no {named} model now.", code="no_such_model", field="model")
    if pk is not None:
        lead = Lead.objects.filter(pk=pk).first()
        if lead is None:
            raise Http404
        return lead, model
    try:
        return parse(data["enquiry"], now=request.now, types=custom_attributes.types), model
    except Invalid as wrong:
        errors = [{**e, "field": f"enquiry.{e['field']}" if e["field"] else "enquiry"} for e in wrong.errors]
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors) from None
