"""REST: the handover of a deal, and the promises made on it."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from customers import handover, promises
from customers.api import nothing, read_person
from customers.models import Handover, PromiseMade
from deals.api import find_deal
from deals.models import Deal
from journal.idempotency import answer
from leads.api_verbs import day, needed
from leads.checks import Checks
from leads.serializers import ID
from revops.lib.endpoint import Endpoint, found
from revops.lib.openapi import NoBody, Strict, reads, shaped, text, writes

LONGEST = 4_000


class HandoverLine(s.Serializer):
    key = s.CharField()
    label = s.CharField()
    required = s.BooleanField()
    text = s.CharField(allow_blank=True)


class PromiseAnswer(s.Serializer):
    id = s.IntegerField()
    text = s.CharField()
    due_on = s.DateField(allow_null=True)
    made_by = s.IntegerField(allow_null=True)
    made_at = s.DateTimeField()
    kept_at = s.DateTimeField(allow_null=True)


class HandoverState(s.Serializer):
    deal = s.IntegerField()
    state = s.ChoiceField(Handover.State.choices)
    csm = s.IntegerField(allow_null=True)
    gaps = s.CharField(allow_blank=True)
    decided_at = s.DateTimeField(allow_null=True)
    filled = s.IntegerField()
    required = s.IntegerField(help_text="Completeness = filled ÷ required.")
    missing = s.ListField(child=s.CharField())
    items = HandoverLine(many=True)
    promises = PromiseAnswer(many=True)


class AnswersBody(Strict):
    """{key of the item: text}; "" takes an answer away, what isn't sent stays."""

    answers = shaped(
        {"type": "object", "minProperties": 1, "maxProperties": 50,
         "additionalProperties": {"type": "string", "maxLength": LONGEST}}, required=True,
    )  # fmt: skip


class TakerAsked(Strict):
    csm = shaped(ID, required=True)


class GapsBody(Strict):
    gaps = text(400, required=True)


class PromiseBody(Strict):
    text = text(300, required=True)
    due_on = s.DateField(required=False)


def as_json(deal: Deal) -> dict[str, Any]:
    now = handover.state(deal)
    row = now.row
    return {
        "deal": deal.pk, "state": row.state if row else Handover.State.OPEN, "csm": row.csm_id if row else None,
        "gaps": row.gaps if row else "", "decided_at": row.decided_at if row else None, "filled": now.filled,
        "required": len(now.required), "missing": now.missing,
        "items": [{"key": line.item.key, "label": line.item.label, "required": line.item.required, "text": line.text}
                  for line in now.lines],
        "promises": [promise_json(one) for one in now.promises],
    }  # fmt: skip


def promise_json(one: PromiseMade) -> dict[str, Any]:
    return {"id": one.pk, "text": one.text, "due_on": one.due_on, "made_by": one.made_by_id, "made_at": one.made_at,
            "kept_at": one.kept_at}  # fmt: skip


class HandoverAnswers(Endpoint):
    scopes = {"GET": "read", "POST": "work"}

    @reads("The handover of a deal", HandoverState)
    def get(self, request: Any, pk: int) -> Response:
        return Response(as_json(find_deal(pk)))

    @writes("Fill in the handover of a deal", AnswersBody, {200: HandoverState})
    def post(self, request: Any, pk: int) -> HttpResponse:
        deal, check = find_deal(pk), Checks()
        said: dict[str, str] = {}
        if check.is_object(request.data, "", {"answers"}):
            given = request.data.get("answers")
            if given is None:
                check.no("", "answers", "required", "This field is needed.")
            elif check.is_object(given, "answers", None):
                said = {key: check.text(given, key, LONGEST, "answers", lines=True) for key in given}
                for key in [key for key, value in given.items() if value is None]:
                    check.no("answers", key, "required", "Give a text; an empty one takes the answer away.")
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            handover.fill(deal, said, by=request.user, at=request.now, via="api")
            return 200, as_json(deal)

        return answer(request, request.data, work)


class HandoverManager(Endpoint):
    scopes = {"POST": "work"}

    @writes("Name who takes the customer over", TakerAsked, {200: HandoverState})
    def post(self, request: Any, pk: int) -> HttpResponse:
        deal, check = find_deal(pk), Checks()
        csm = read_person(request.data, "csm", check) if check.is_object(request.data, "", {"csm"}) else None
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            handover.name_csm(deal, csm, by=request.user, at=request.now, via="api")
            return 200, as_json(deal)

        return answer(request, request.data, work)


class HandoverAcceptance(Endpoint):
    scopes = {"POST": "work"}

    @writes("Accept the handover of a deal", NoBody, {200: HandoverState})
    def post(self, request: Any, pk: int) -> HttpResponse:
        deal = find_deal(pk)
        nothing(request.data)

        def work() -> tuple[int, Any]:
            handover.accept(deal, by=request.user, at=request.now, via="api")
            return 200, as_json(deal)

        return answer(request, request.data, work)


class HandoverReturn(Endpoint):
    scopes = {"POST": "work"}

    @writes("Return the handover of a deal with what is missing", GapsBody, {200: HandoverState})
    def post(self, request: Any, pk: int) -> HttpResponse:
        deal, check = find_deal(pk), Checks()
        gaps = needed(request.data, "gaps", 400, check) if check.is_object(request.data, "", {"gaps"}) else ""
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            handover.give_back(deal, gaps=gaps, by=request.user, at=request.now, via="api")
            return 200, as_json(deal)

        return answer(request, request.data, work)


class DealPromises(Endpoint):
    scopes = {"POST": "work"}

    @writes("Write down a promise made to the customer", PromiseBody, {200: PromiseAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        deal, check = find_deal(pk), Checks()
        words, due_on = "", None
        if check.is_object(request.data, "", {"text", "due_on"}):
            words, due_on = needed(request.data, "text", 300, check), day(request.data, "due_on", check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            made = promises.promise(deal, words, due_on=due_on, by=request.user, at=request.now, via="api")
            return 200, promise_json(made)

        return answer(request, request.data, work)


class PromiseVerb(Endpoint):
    """`verb`: keep or drop, given by the address."""

    scopes = {"POST": "work"}
    verb: Any = None

    @writes("A promise was kept, or was never made", NoBody, {200: PromiseAnswer})
    def post(self, request: Any, pk: int) -> HttpResponse:
        made: Any = found(PromiseMade.objects.select_related("deal__owner__team"), pk=pk)
        nothing(request.data)

        def work() -> tuple[int, Any]:
            self.verb(made, by=request.user, at=request.now, via="api")
            return 200, promise_json(PromiseMade.objects.get(pk=pk))

        return answer(request, request.data, work)
