"""REST: a lead's clocks, each with the receipt of its deadline."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers as s
from rest_framework.response import Response

from leads.answer_serializers import Clock as ClockShape
from leads.api import find
from revops.lib.endpoint import Endpoint
from revops.lib.openapi import reads
from sla import receipt


class Span(s.Serializer):
    start = s.DateTimeField()
    end = s.DateTimeField()
    kind = s.CharField(help_text="counted, closed or paused.")
    reason = s.CharField(allow_blank=True, help_text="Why it did not count: night, weekend, a closed date …")


class PauseTold(s.Serializer):
    reason = s.CharField()
    label = s.CharField()
    from_at = s.DateTimeField()
    to_at = s.DateTimeField(allow_null=True)
    until = s.DateTimeField(allow_null=True, help_text="When it is to end by itself.")
    by = s.CharField(allow_blank=True)
    stands = s.BooleanField(help_text="It came after the breach, which it doesn't undo.")


class Otherwise(s.Serializer):
    what = s.CharField(help_text="day, holidays, breaks, pauses, hours (every hour counted) or earlier.")
    name = s.CharField(allow_blank=True)
    due_at = s.DateTimeField()
    kept = s.BooleanField(allow_null=True, help_text="Whether it would have been kept; null while it is open.")


class DeadlineReceipt(s.Serializer):
    """`counted` and `left` are open seconds; `spans` run from start to due."""

    policy = s.CharField(allow_blank=True)
    policy_version = s.IntegerField(allow_null=True)
    calendar = s.CharField()
    calendar_version = s.IntegerField(allow_null=True)
    timezone = s.CharField()
    spans = Span(many=True)
    counted = s.IntegerField()
    left = s.IntegerField()
    unit = s.CharField(help_text="seconds, same_business_day, business_days or days.")
    amount = s.IntegerField(allow_null=True, help_text="What the line promises, in that unit.")
    pauses = PauseTold(many=True)
    without = Otherwise(many=True, help_text="When it would have been due without one thing; only what differs.")


class ClockWithReceipt(ClockShape):
    name = s.CharField()
    run = s.IntegerField()
    owner = s.IntegerField(allow_null=True)
    seconds = s.IntegerField(help_text="The target, in open seconds.")
    stopped_at = s.DateTimeField(allow_null=True)
    breached_at = s.DateTimeField(allow_null=True)
    reason = s.CharField(allow_blank=True)
    history = s.BooleanField()
    receipt = DeadlineReceipt()


class LeadClocksAnswer(s.Serializer):
    lead = s.IntegerField()
    as_of = s.DateTimeField()
    results = ClockWithReceipt(many=True)


SHOWN = ("id", "target", "tier", "scope", "state", "started_at", "due_at", "name", "run", "owner", "seconds",
         "stopped_at", "breached_at", "reason", "history")  # fmt: skip


class LeadClocks(Endpoint):
    @reads("A lead's clocks with their deadline receipts", LeadClocksAnswer)
    def get(self, request, pk: int):
        lead = find(pk)
        clocks = receipt.explained().filter(lead=lead.pk).order_by("started_at", "id")
        results = [as_json(receipt.of_clock(clock, now=request.now)) for clock in clocks]
        return Response({"lead": lead.pk, "as_of": request.now, "results": results})


def as_json(found: receipt.DeadlineReceipt) -> dict[str, Any]:
    told = asdict(found)
    clock = told.pop("clock")
    told["spans"] = [span._asdict() for span in found.spans]
    return {**{name: clock[name] for name in SHOWN}, "receipt": told}
