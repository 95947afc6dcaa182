"""REST: the hand-over call of a won deal: booked, then held with all three."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s

from deals import handover_call
from deals.api import find_deal
from deals.models import HandoverCall
from journal.idempotency import answer
from leads.checks import Checks
from revops.lib.endpoint import Endpoint
from revops.lib.openapi import Strict, writes


class Booking(Strict):
    when = s.DateTimeField(help_text="After now.")


class Call(Strict):
    held_at = s.DateTimeField(help_text="Not in the future.")
    rep = s.BooleanField(required=False, default=False)
    customer = s.BooleanField(required=False, default=False)
    csm = s.BooleanField(required=False, default=False)


class CallAnswer(s.Serializer):
    deal = s.IntegerField()
    booked_for = s.DateTimeField(allow_null=True)
    held_at = s.DateTimeField(allow_null=True)
    counts = s.BooleanField(help_text="Held with all three.")
    missing = s.ListField(child=s.ChoiceField(list(handover_call.WHO)), help_text="Of a call that was held.")
    said = s.CharField(allow_blank=True)


def as_json(call: HandoverCall) -> dict[str, Any]:
    held = call.held_at is not None
    return {
        "deal": call.deal_id,
        "booked_for": call.booked_for,
        "held_at": call.held_at,
        "counts": call.counts,
        "missing": call.missing if held else [],
        "said": handover_call.verdict(call) if held else "",
    }


class HandoverBooking(Endpoint):
    scopes = {"POST": "work"}

    @writes("Book the hand-over call of a won deal", Booking, {200: CallAnswer})
    def post(self, request, pk: int) -> HttpResponse:
        deal, check = find_deal(pk), Checks()
        when = check.moment(request.data, "when") if check.is_object(request.data, "", {"when"}) else None
        if when is None and not check.errors:
            check.no("", "when", "required", "This field is needed.")
        if check.errors or when is None:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, as_json(handover_call.book(deal, when=when, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class HandoverHeld(Endpoint):
    scopes = {"POST": "work"}

    @writes("The hand-over call was held", Call, {200: CallAnswer})
    def post(self, request, pk: int) -> HttpResponse:
        deal, check = find_deal(pk), Checks()
        held_at, there = None, {}
        if check.is_object(request.data, "", {"held_at", *handover_call.WHO}):
            held_at = check.moment(request.data, "held_at")
            there = {who: check.yes_no(request.data, who, False) for who in handover_call.WHO}
            if held_at is None and not check.errors:
                check.no("", "held_at", "required", "This field is needed.")
        if check.errors or held_at is None:
            raise check.failed()

        def work() -> tuple[int, Any]:
            call = handover_call.hold(deal, held_at=held_at, by=request.user, at=request.now, via="api", **there)
            return 200, as_json(call)

        return answer(request, request.data, work)
