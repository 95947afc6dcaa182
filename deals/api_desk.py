"""REST: the deal desk under a deal: lines, discounts, gives, objections, competitors, the retrospective."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from deals import competitors, concessions, discounts, lines, money, objections, retrospectives
from deals.api import AMOUNT, find_deal
from deals.lines import Line
from deals.models import Concession, Deal, DealCompetitor, DiscountRequest, Give, Objection, Retrospective
from deals.models.commercial import Billing
from journal.idempotency import answer
from leads.api_verbs import needed
from leads.checks import Checks
from leads.serializers import ID, coded
from revops.lib.endpoint import Endpoint, found
from revops.lib.errors import Invalid
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, text, writes

PERCENT = r"^(100(\.0{1,4})?|[0-9]{1,2}(\.[0-9]{1,4})?)$"
PRICE = {"type": "string", "pattern": AMOUNT}


def said(longest: int) -> s.Field:
    """A text that says something."""
    return shaped({"type": "string", "maxLength": longest, "pattern": SAID}, required=True)


class LineBody(Strict):
    product = shaped({**ID, "nullable": True})
    name = said(120)
    billing = coded(Billing.values)
    quantity = shaped({"type": "integer", "minimum": 1, "maximum": 1_000_000}, required=True)
    unit_list = shaped(PRICE, required=True, help_text="Of one unit for one billing period, in the deal's currency.")
    unit_net = shaped(PRICE, required=True)


class LinesBody(Strict):
    lines = LineBody(many=True, max_length=lines.MOST)


class LineRow(s.Serializer):
    product = s.IntegerField(allow_null=True)
    name = s.CharField()
    billing = s.ChoiceField(Billing.choices)
    quantity = s.IntegerField()
    unit_list = s.CharField()
    unit_net = s.CharField()


class LinesAnswer(s.Serializer):
    deal = s.IntegerField()
    currency = s.CharField()
    list_amount = s.CharField(allow_null=True, help_text="By the list, with a year of what recurs.")
    amount = s.CharField(allow_null=True)
    acv = s.CharField(allow_null=True, help_text="The recurring part of a year.")
    lines = LineRow(many=True)


class DiscountBody(Strict):
    percent = shaped({"type": "string", "pattern": PERCENT}, required=True, help_text="Off the list.")
    why = said(300)


class RefusalBody(Strict):
    note = said(300)


class DiscountRow(s.Serializer):
    id = s.IntegerField()
    deal = s.IntegerField()
    run = s.IntegerField()
    percent = s.CharField()
    combined = s.CharField(help_text="With our cost of the gives, in percent of the list.")
    why = s.CharField(allow_blank=True)
    level = s.CharField()
    state = s.ChoiceField(DiscountRequest.State.choices)
    approver = s.IntegerField(allow_null=True)
    asked_at = s.DateTimeField()
    asked_by = s.IntegerField(allow_null=True)
    decided_at = s.DateTimeField(allow_null=True)
    decided_by = s.IntegerField(allow_null=True)
    note = s.CharField(allow_blank=True)


class DiscountList(s.Serializer):
    results = DiscountRow(many=True)


class GiveBody(Strict):
    concession = shaped(ID, required=True)
    get = text(160, help_text="What we get for it; empty: what the matrix asks for.")


class GotBody(Strict):
    note = text(200)


class GiveRow(s.Serializer):
    id = s.IntegerField()
    deal = s.IntegerField()
    concession = s.IntegerField(allow_null=True)
    give = s.CharField()
    cost = s.CharField()
    value = s.CharField()
    get = s.CharField()
    given_at = s.DateTimeField()
    got_at = s.DateTimeField(allow_null=True)
    got_note = s.CharField(allow_blank=True)


class GiveList(s.Serializer):
    results = GiveRow(many=True)


class ObjectionBody(Strict):
    kind = coded(Objection.Kind.values)
    words = said(400)
    wish = text(160, help_text="What would answer it and isn't there: asked of marketing as a request for content.")


class ObjectionAnswerBody(Strict):
    answer = said(400)


class ObjectionRow(s.Serializer):
    id = s.IntegerField()
    deal = s.IntegerField()
    kind = s.ChoiceField(Objection.Kind.choices)
    words = s.CharField(allow_blank=True)
    at = s.DateTimeField()
    by = s.IntegerField(allow_null=True)
    content_request = s.IntegerField(allow_null=True)
    answered_at = s.DateTimeField(allow_null=True)
    answer = s.CharField(allow_blank=True)


class ObjectionList(s.Serializer):
    results = ObjectionRow(many=True)


class CompetitorBody(Strict):
    competitor = said(80)


class CompetitorRow(s.Serializer):
    id = s.IntegerField()
    competitor = s.CharField()
    noted_at = s.DateTimeField()


class CompetitorList(s.Serializer):
    results = CompetitorRow(many=True)


class RetrospectiveBody(Strict):
    reason = said(20)
    competitor = text(80)
    happened = text(4000)
    lesson = text(2000)
    points_at = s.ChoiceField([*retrospectives.POINTS_AT], required=False, allow_null=True)
    buyer_said = s.BooleanField(required=False, default=False)


class RetrospectiveAnswer(s.Serializer):
    deal = s.IntegerField()
    reason = s.CharField(allow_blank=True)
    competitor = s.CharField(allow_null=True)
    happened = s.CharField(allow_blank=True)
    lesson = s.CharField(allow_blank=True)
    points_at = s.CharField(allow_blank=True)
    buyer_said = s.BooleanField()
    at = s.DateTimeField(allow_null=True)
    by = s.IntegerField(allow_null=True)


class DeskVerb(Endpoint):
    scopes = {"GET": "read", "POST": "work", "PUT": "work", "DELETE": "work"}

    def perform(
        self, read: Callable[[dict, Checks], dict[str, Any]], known: set[str], do: Callable[..., Any], status: int = 200
    ) -> HttpResponse:  # fmt: skip
        """Read the body with `read`, then do it once: `do(by=, at=, via=, **said)` answers with JSON."""
        request, check = self.request, Checks()
        given = read(request.data, check) if check.is_object(request.data, "", known) else {}
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return status, do(by=request.user, at=request.now, via="api", **given)

        return answer(request, request.data, work)


def nothing(data: dict, check: Checks) -> dict[str, Any]:
    return {}


# --- lines ---------------------------------------------------------------------


class DealLines(DeskVerb):
    @reads("What a deal sells", LinesAnswer)
    def get(self, request, pk: int):
        return Response(lines_json(find_deal(pk)))

    @writes("Say what a deal sells; its amount is what the lines cost", LinesBody, {200: LinesAnswer})
    def put(self, request, pk: int):
        deal = find_deal(pk)
        return self.perform(_lines, {"lines"}, lambda **given: lines_json(lines.put(deal, **given)))


def _lines(data: dict, check: Checks) -> dict[str, Any]:
    given = data.get("lines")
    if not isinstance(given, list) or len(given) > lines.MOST:
        check.no("", "lines", "not_a_list", f"Give a list of at most {lines.MOST} lines.")
        return {}
    read = []
    for n, one in enumerate(given):
        at = f"lines.{n}"
        if not check.is_object(one, at, {"product", "name", "billing", "quantity", "unit_list", "unit_net"}):
            continue
        name = check.text(one, "name", 120, at)
        billing = check.choice(one, "billing", Billing.values, at)
        quantity = check.whole(one, "quantity", 1, 1_000_000, at)
        product = check.whole(one, "product", 1, 2**63 - 1, at)
        prices = [price(one, field, check, at) for field in ("unit_list", "unit_net")]
        for field, value in (("name", name), ("billing", billing), ("quantity", quantity)):
            if not value and not check.has(f"{at}.{field}"):
                check.no(at, field, "required", "This field is needed.")
        read.append(Line(name, billing, quantity or 1, *prices, product))
    return {"lines": read}


def price(data: dict, name: str, check: Checks, at: str = "") -> int:
    """Minor units of a text like "126000.00"."""
    value = data.get(name)
    if not isinstance(value, str) or not re.fullmatch(AMOUNT, value, re.ASCII):
        check.no(at, name, "invalid_amount", 'Give the amount as a text like "126000.00".')
        return 0
    try:
        return money.minor(value, field=name)
    except Invalid as refusal:
        check.errors += refusal.errors
        return 0


def major(cents: int | None) -> str | None:
    return None if cents is None else str(money.major(cents))


def lines_json(deal: Deal) -> dict[str, Any]:
    return {
        "deal": deal.pk, "currency": deal.currency, "list_amount": major(deal.list_amount),
        "amount": major(deal.amount), "acv": major(deal.acv),
        "lines": [
            {"product": line.product_id, "name": line.name, "billing": line.billing, "quantity": line.quantity,
             "unit_list": major(line.unit_list), "unit_net": major(line.unit_net)}
            for line in deal.lines.all()
        ],
    }  # fmt: skip


# --- discounts -------------------------------------------------------------------


class DealDiscounts(DeskVerb):
    @reads("Discounts asked for a deal, newest first", DiscountList)
    def get(self, request, pk: int):
        return Response({"results": [discount_json(row) for row in find_deal(pk).discounts.all()]})

    @writes("Ask for a discount", DiscountBody, {200: DiscountRow})
    def post(self, request, pk: int):
        deal = find_deal(pk)
        return self.perform(_percent, {"percent", "why"}, lambda **given: discount_json(discounts.ask(deal, **given)))


def _percent(data: dict, check: Checks) -> dict[str, Any]:
    value = data.get("percent")
    percent = Decimal(0)
    try:
        percent = Decimal(value) if isinstance(value, str) and re.fullmatch(PERCENT, value, re.ASCII) else Decimal(-1)
    except InvalidOperation:  # pragma: no cover
        percent = Decimal(-1)
    if percent < 0:
        check.no("", "percent", "bad_percent", 'Give the percent as a text like "12.5", from 0 to 100.')
    return {"percent": percent, "why": needed(data, "why", 300, check)}


class DiscountApproval(DeskVerb):
    @writes("Approve a discount; a person's word, no key's", NoBody, {200: DiscountRow})
    def post(self, request, pk: int):
        row = found(DiscountRequest.objects.all(), pk=pk)
        return self.perform(nothing, set(), lambda **by: discount_json(discounts.decide(row, approve=True, **by)))


class DiscountRefusal(DeskVerb):
    @writes("Decline a discount, and why", RefusalBody, {200: DiscountRow})
    def post(self, request, pk: int):
        row = found(DiscountRequest.objects.all(), pk=pk)
        return self.perform(
            lambda data, check: {"note": needed(data, "note", 300, check)}, {"note"},
            lambda **given: discount_json(discounts.decide(row, approve=False, **given)),
        )  # fmt: skip


class DiscountWithdrawal(DeskVerb):
    @writes("Withdraw an asked discount", NoBody, {200: DiscountRow})
    def post(self, request, pk: int):
        row = found(DiscountRequest.objects.all(), pk=pk)
        return self.perform(nothing, set(), lambda **by: discount_json(discounts.withdraw(row, **by)))


def discount_json(row: DiscountRequest) -> dict[str, Any]:
    return {
        "id": row.pk, "deal": row.deal_id, "run": row.run, "percent": f"{row.percent:.4f}",
        "combined": f"{row.combined:.4f}",
        "why": row.why, "level": row.level, "state": row.state, "approver": row.approver_id, "asked_at": row.asked_at,
        "asked_by": row.asked_by_id, "decided_at": row.decided_at, "decided_by": row.decided_by_id, "note": row.note,
    }  # fmt: skip


# --- gives -----------------------------------------------------------------------


class DealGives(DeskVerb):
    @reads("What was given on a deal, and for what", GiveList)
    def get(self, request, pk: int):
        return Response({"results": [give_json(row) for row in find_deal(pk).gives.all()]})

    @writes("Give something of the matrix, for something", GiveBody, {200: GiveRow})
    def post(self, request, pk: int):
        deal = find_deal(pk)

        def read(data: dict, check: Checks) -> dict[str, Any]:
            row = check.whole(data, "concession", 1, 2**63 - 1)
            known = Concession.objects.filter(pk=row).first() if row else None
            get = check.text(data, "get", 160) or None
            if known is None and not check.errors:
                check.no("", "concession", "unknown_concession", "There is no such row of the matrix.")
            return {"concession": known, "get": get}

        return self.perform(read, {"concession", "get"}, lambda **given: give_json(concessions.give(deal, **given)))


class GiveRemoval(DeskVerb):
    @writes("It is not given after all", NoBody, {200: GiveRow})
    def post(self, request, pk: int):
        row = found(Give.objects.select_related("deal__owner__team"), pk=pk)
        kept = give_json(row)

        def do(**by: Any) -> Any:
            concessions.take_back(row, **by)
            return kept

        return self.perform(nothing, set(), do)


class GiveGot(DeskVerb):
    @writes("What we were promised for it came", GotBody, {200: GiveRow})
    def post(self, request, pk: int):
        row = found(Give.objects.select_related("deal__owner__team"), pk=pk)
        return self.perform(
            lambda data, check: {"note": check.text(data, "note", 200)}, {"note"},
            lambda **given: give_json(concessions.got(row, **given)),
        )  # fmt: skip


def give_json(row: Give) -> dict[str, Any]:
    return {
        "id": row.pk, "deal": row.deal_id, "concession": row.concession_id, "give": row.give, "cost": major(row.cost),
        "value": major(row.value), "get": row.get, "given_at": row.given_at, "got_at": row.got_at,
        "got_note": row.got_note,
    }  # fmt: skip


# --- the field ---------------------------------------------------------------------


class DealObjections(DeskVerb):
    @reads("Objections on a deal", ObjectionList, operation_id="deal_objections")
    def get(self, request, pk: int):
        return Response({"results": [objection_json(row) for row in find_deal(pk).objections.all()]})

    @writes("Log an objection; a wish asks marketing for content", ObjectionBody, {200: ObjectionRow})
    def post(self, request, pk: int):
        deal = find_deal(pk)

        def read(data: dict, check: Checks) -> dict[str, Any]:
            return {"kind": needed(data, "kind", 12, check), "words": needed(data, "words", 400, check),
                    "wish": check.text(data, "wish", 160)}  # fmt: skip

        return self.perform(
            read, {"kind", "words", "wish"}, lambda **given: objection_json(objections.log(deal, **given))
        )


class ObjectionAnswered(DeskVerb):
    @writes("Say what was answered to an objection", ObjectionAnswerBody, {200: ObjectionRow})
    def post(self, request, pk: int):
        row = found(Objection.objects.all(), pk=pk)
        return self.perform(
            lambda data, check: {"text": needed(data, "answer", 400, check)}, {"answer"},
            lambda **given: objection_json(objections.answer(row, **given)),
        )  # fmt: skip


def objection_json(row: Objection) -> dict[str, Any]:
    return {
        "id": row.pk, "deal": row.deal_id, "kind": row.kind, "words": row.words, "at": row.at, "by": row.by_id,
        "content_request": row.request_id, "answered_at": row.answered_at, "answer": row.answer,
    }  # fmt: skip


class DealCompetitors(DeskVerb):
    @reads("Who else is in a deal", CompetitorList)
    def get(self, request, pk: int):
        rows = find_deal(pk).competitors.select_related("competitor")
        return Response({"results": [competitor_json(row) for row in rows]})

    @writes("Somebody else is in it too", CompetitorBody, {200: CompetitorRow})
    def post(self, request, pk: int):
        deal = find_deal(pk)
        return self.perform(
            lambda data, check: {"name": needed(data, "competitor", 80, check)}, {"competitor"},
            lambda **given: competitor_json(competitors.note(deal, **given)),
        )  # fmt: skip


class CompetitorRemoval(DeskVerb):
    @writes("They are not in it", NoBody, {200: CompetitorRow})
    def post(self, request, pk: int):
        row = found(DealCompetitor.objects.select_related("deal__owner__team", "competitor"), pk=pk)
        kept = competitor_json(row)

        def do(**by: Any) -> Any:
            competitors.take_out(row, **by)
            return kept

        return self.perform(nothing, set(), do)


def competitor_json(row: DealCompetitor) -> dict[str, Any]:
    return {"id": row.pk, "competitor": row.competitor.name, "noted_at": row.noted_at}


class DealRetrospective(DeskVerb):
    @reads("Why a deal was really won or lost", RetrospectiveAnswer)
    def get(self, request, pk: int):
        return Response(retrospective_json(find_deal(pk)))

    @writes("Tell why a deal was really won or lost", RetrospectiveBody, {200: RetrospectiveAnswer})
    def put(self, request, pk: int):
        deal = find_deal(pk)

        def read(data: dict, check: Checks) -> dict[str, Any]:
            return {
                "reason": needed(data, "reason", 20, check), "competitor": check.text(data, "competitor", 80),
                "happened": check.text(data, "happened", 4000, lines=True),
                "lesson": check.text(data, "lesson", 2000, lines=True),
                "points_at": check.choice(data, "points_at", list(retrospectives.POINTS_AT)),
                "buyer_said": check.yes_no(data, "buyer_said", False),
            }  # fmt: skip

        def do(**given: Any) -> Any:
            retrospectives.write(deal, **given)
            return retrospective_json(deal)

        return self.perform(
            read, {"reason", "competitor", "happened", "lesson", "points_at", "buyer_said"}, do
        )  # fmt: skip


def retrospective_json(deal: Deal) -> dict[str, Any]:
    row = Retrospective.objects.select_related("competitor").filter(deal=deal).first() or Retrospective(deal=deal)
    return {
        "deal": deal.pk, "reason": row.reason, "competitor": row.competitor.name if row.competitor else None,
        "happened": row.happened, "lesson": row.lesson, "points_at": row.points_at, "buyer_said": row.buyer_said,
        "at": row.at, "by": row.by_id,
    }  # fmt: skip
