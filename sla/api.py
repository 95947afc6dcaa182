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
from sla.models import Clock


class Span(s.Serializer):
    start = s.DateTimeField()
    end = s.DateTimeField()
    kind = s.CharField(help_text="counted, closed or paused.")
    reason = s.CharField(allow_blank=True, help_text="Why it did not count: night, weekend, a closed date …")


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
    as_ordinary = s.DateTimeField(allow_null=True, help_text="Due without holidays, when that differs.")
    round_the_clock = s.DateTimeField(allow_null=True, help_text="Due if every hour counted, when that differs.")


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
        clocks = (
            Clock.objects.filter(lead=lead.pk)
            .select_related("policy__policy_set", "calendar_version__calendar")
            .order_by("started_at", "id")
        )
        results = [as_json(receipt.of_clock(clock, now=request.now)) for clock in clocks]
        return Response({"lead": lead.pk, "as_of": request.now, "results": results})


def as_json(found: receipt.DeadlineReceipt) -> dict[str, Any]:
    told = asdict(found)
    clock = told.pop("clock")
    told["spans"] = [span._asdict() for span in found.spans]
    return {**{name: clock[name] for name in SHOWN}, "receipt": told}
