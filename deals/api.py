"""REST: deals, and the conversion that opens one from a lead."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import django_filters as f
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from deals import joining, money, stalls, upward
from deals.conversion import convert
from deals.models import Deal, DealKind, DealStage, LossReason
from journal.idempotency import answer
from leads.api import find, of_form
from leads.api_verbs import day, needed
from leads.checks import Checks
from leads.serializers import ID, paging
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import SAID, Strict, reads, shaped, text, writes
from revops.lib.pages import KeysetPagination

AMOUNT = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"
MONEY = {
    "type": "object",
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "string", "pattern": AMOUNT},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
}


class StuckReason(s.Serializer):
    code = s.ChoiceField(["stage", "silent", "late", "pushed"])
    words = s.CharField()


class StuckShape(s.Serializer):
    since = s.DateTimeField()
    reasons = StuckReason(many=True)
    proposal = s.CharField()


class DealRow(s.Serializer):
    id = s.IntegerField()
    url = s.CharField()
    name = s.CharField()
    kind = s.ChoiceField(DealKind.choices)
    stage = s.ChoiceField(DealStage.choices)
    pipeline = s.IntegerField(allow_null=True)
    pipeline_stage = s.IntegerField(allow_null=True, help_text="Where an open deal stands (pipelines/).")
    stage_name = s.CharField(allow_null=True)
    stage_at = s.DateTimeField(allow_null=True)
    stuck = StuckShape(allow_null=True, help_text="null: nothing holds it up.")
    pushes = s.IntegerField(help_text="How often the closing date was put off.")
    signed_on = s.DateField(allow_null=True)
    amount = shaped({**MONEY, "nullable": True})
    amount_created = shaped({**MONEY, "nullable": True})
    close_on = s.DateField(allow_null=True)
    lead = s.IntegerField(allow_null=True)
    person = s.IntegerField(allow_null=True)
    company = s.IntegerField(allow_null=True)
    company_name = s.CharField(allow_null=True)
    owner = s.IntegerField(allow_null=True)
    owner_name = s.CharField(allow_null=True)
    source = s.CharField(allow_null=True)
    reason = s.CharField(allow_blank=True)
    competitor = s.CharField(allow_blank=True)
    next_step = s.CharField(allow_blank=True, help_text="Of the open step (PUT next-step/), else as imported.")
    created_at = s.DateTimeField()
    updated_at = s.DateTimeField()
    closed_at = s.DateTimeField(allow_null=True)


class DealPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = DealRow(many=True)


class Conversion(Strict):
    name = text(200, help_text="Default: the company's name.")
    amount = shaped({**MONEY, "nullable": True}, help_text="Needed, unless it joins a deal.")
    close_on = shaped({"type": "string", "format": "date", "nullable": True}, help_text="Needed likewise.")
    into = shaped({"type": "integer", "minimum": 1, "maximum": 2**63 - 1, "nullable": True},
                  help_text="An open deal of the same company, which it joins instead.")  # fmt: skip


class Win(Strict):
    signed_on = shaped({"type": "string", "format": "date", "nullable": True}, help_text="Default: today.")


class Loss(Strict):
    reason = s.ChoiceField(LossReason.values)
    competitor = text(80, help_text="Needed with the reason competitor.")
    note = text(2_000, help_text="Needed with the reason other.")


class DealFilter(f.FilterSet):
    stage = f.ChoiceFilter(choices=DealStage.choices)
    owner = f.NumberFilter(field_name="owner_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    source = f.CharFilter(field_name="source_id", max_length=32)
    lead = f.NumberFilter(field_name="lead_id", decimal_places=0, min_value=1, max_value=2**63 - 1)
    pipeline_stage = f.NumberFilter(decimal_places=0, min_value=1, max_value=2**63 - 1)
    kind = f.ChoiceFilter(choices=DealKind.choices)

    class Meta:
        model = Deal
        fields: list[str] = []


def told(deals: Sequence[Deal], request: Any) -> list[dict[str, Any]]:
    """The deals as JSON, with what happens next on each and what holds it up; three queries more, however many."""
    steps = upward.panel("next_step")([deal.pk for deal in deals], now=request.now)
    stuck = stalls.of([deal.pk for deal in deals if deal.stage == DealStage.OPEN], now=request.now)
    return [as_json(deal, base_of(request), steps.get(deal.pk), stuck.get(deal.pk)) for deal in deals]


def as_json(deal: Deal, base: str, step: dict[str, Any] | None, stall: stalls.Stall | None) -> dict[str, Any]:
    return {
        "id": deal.pk,
        "url": f"{base}/api/v1/deals/{deal.pk}/",
        "name": deal.name,
        "kind": deal.kind,
        "stage": deal.stage,
        "pipeline": deal.pipeline_id,
        "pipeline_stage": deal.pipeline_stage_id,
        "stage_name": deal.pipeline_stage.name if deal.pipeline_stage else None,
        "stage_at": deal.stage_at,
        "stuck": stall
        and {
            "since": stall.since,
            "reasons": [{"code": code, "words": words} for code, words in stall.reasons],
            "proposal": stall.proposal,
        },
        "pushes": deal.pushes,
        "signed_on": deal.signed_on,
        "amount": money.as_json(deal.amount, deal.currency),
        "amount_created": money.as_json(deal.amount_created, deal.currency),
        "close_on": deal.close_on,
        "lead": deal.lead_id,
        "person": deal.person_id,
        "company": deal.company_id,
        "company_name": deal.company.name if deal.company else None,
        "owner": deal.owner_id,
        "owner_name": deal.owner.name if deal.owner else None,
        "source": deal.source_id,
        "reason": deal.reason,
        "competitor": deal.competitor,
        "next_step": step["what"] if step else deal.next_step,
        "created_at": deal.created_at,
        "updated_at": deal.updated_at,
        "closed_at": deal.closed_at,
    }


def base_of(request: Any) -> str:
    return f"{request.scheme}://{request.get_host()}"


def find_deal(pk: int) -> Deal:
    deal = Deal.objects.select_related("company", "owner__team", "pipeline_stage").filter(pk=pk).first()
    if deal is None:
        raise Http404
    return deal


def read_amount(data: dict, check: Checks) -> tuple[int, str]:
    """(minor units, currency); the amount is a text, since binary fractions can't say 0.10."""
    given = data.get("amount")
    if given is None:
        check.no("", "amount", "required", 'Give money like {"amount": "126000.00", "currency": "USD"}.')
    elif check.is_object(given, "amount", {"amount", "currency"}):
        if not isinstance(given.get("amount"), str) or not re.fullmatch(AMOUNT, given["amount"], re.ASCII):
            check.no("amount", "amount", "invalid_amount", 'Give the amount as a text like "126000.00".')
        if not isinstance(given.get("currency"), str) or not re.fullmatch("[A-Z]{3}", given["currency"]):
            check.no("amount", "currency", "invalid_currency", "Give a currency of ISO 4217, like USD.")
        if not check.errors:
            try:
                return money.minor(given["amount"], field="amount.amount"), given["currency"]
            except Invalid as refusal:
                check.errors += refusal.errors
    return 0, ""


class Deals(Endpoint):
    scopes = {"GET": "read"}
    orderings = {"created_at": ["created_at", "id"], "updated_at": ["updated_at", "id"], "id": ["id"]}
    pagination_class = KeysetPagination

    @reads("Deals, newest first", DealPage, operation_id="deals_list", parameters=[
        OpenApiParameter("stage", {"type": "string", "enum": DealStage.values}),
        OpenApiParameter("owner", ID),
        OpenApiParameter("source", {"type": "string", "maxLength": 32, "pattern": SAID}),
        OpenApiParameter("lead", ID),
        OpenApiParameter("pipeline_stage", ID),
        OpenApiParameter("kind", {"type": "string", "enum": DealKind.values}),
        *paging(orderings),
    ])  # fmt: skip
    def get(self, request):
        rows = Deal.objects.select_related("company", "owner", "pipeline_stage")
        found = DealFilter(request.query_params, queryset=rows, request=request)
        known_parameters(request, *found.filters, "limit", "ordering", "cursor")
        if not found.is_valid():
            raise of_form(found.errors)
        pages = KeysetPagination()
        rows = pages.paginate_queryset(found.qs, request, self)
        return pages.get_paginated_response(told(rows, request))


class DealDetail(Endpoint):
    @reads("One deal", DealRow)
    def get(self, request, pk: int):
        return Response(told([find_deal(pk)], request)[0])


class LeadConversion(Endpoint):
    scopes = {"POST": "work"}

    @writes("Convert an SQL to a deal", Conversion, {200: DealRow, 201: DealRow})
    def post(self, request, pk: int):
        lead = find(pk)
        check = Checks()
        name, amount, currency, close_on, into = "", 0, "", None, None
        if check.is_object(request.data, "", {"name", "amount", "close_on", "into"}):
            name = check.text(request.data, "name", 200)
            if number := check.whole(request.data, "into", 1, 2**63 - 1):
                into = Deal.objects.filter(pk=number).first()
                if into is None:
                    check.no("", "into", "unknown", "There is no such deal.")
            elif not check.errors:
                amount, currency = read_amount(request.data, check)
                close_on = needed_day(request.data, "close_on", check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            had_one = into is not None or Deal.objects.filter(lead=lead).exists() or joining.of_lead(pk) is not None
            deal = convert(lead, name=name, amount=amount, currency=currency, close_on=close_on, into=into,
                           by=request.user, at=request.now, via="api")  # fmt: skip
            return 200 if had_one else 201, told([find_deal(deal.pk)], request)[0]

        return answer(request, request.data, work)


def needed_day(data: dict, name: str, check: Checks) -> date | None:
    found = day(data, name, check)
    if found is None and not check.has(name):
        check.no("", name, "required", "This field is needed.")
    return found


class DealWin(Endpoint):
    scopes = {"POST": "work"}

    @writes("Win a deal", Win, {200: DealRow})
    def post(self, request, pk: int):
        deal = find_deal(pk)
        check, signed_on = Checks(), None
        if check.is_object(request.data, "", {"signed_on"}):
            signed_on = day(request.data, "signed_on", check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            deal.win(by=request.user, at=request.now, signed_on=signed_on, via="api")
            return 200, told([find_deal(pk)], request)[0]

        return answer(request, request.data, work)


class DealLoss(Endpoint):
    scopes = {"POST": "work"}

    @writes("Lose a deal, with the reason", Loss, {200: DealRow})
    def post(self, request, pk: int) -> HttpResponse:
        deal = find_deal(pk)
        check, said = Checks(), {}
        if check.is_object(request.data, "", {"reason", "competitor", "note"}):
            said = {
                "reason": needed(request.data, "reason", 20, check),
                "competitor": check.text(request.data, "competitor", 80),
                "note": check.text(request.data, "note", 2_000, lines=True),
            }
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            deal.lose(by=request.user, at=request.now, via="api", **said)
            return 200, told([find_deal(pk)], request)[0]

        return answer(request, request.data, work)
