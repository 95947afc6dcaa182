"""REST: clocks, newest first; each alone with the receipt of its deadline."""

from datetime import UTC, datetime
from typing import Any

import django_filters as f
from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from leads import serializers
from leads.answer_serializers import Clock as ClockShape
from leads.api import of_form
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.openapi import reads
from revops.lib.pages import KeysetPagination
from sla import receipt, state
from sla.api import ClockWithReceipt
from sla.api import as_json as with_receipt
from sla.models import Clock, Target, Tier

STATES = ["running", "paused", "overdue", "met", "met_late", "cancelled", "breached_cancelled", "not_required"]
ID = {"max_value": 2**63 - 1, "min_value": 1, "decimal_places": 0}


class ClockRow(ClockShape):
    lead = s.IntegerField(allow_null=True)
    deal = s.IntegerField(allow_null=True)
    run = s.IntegerField()
    owner = s.IntegerField(allow_null=True)
    seconds = s.IntegerField(help_text="The target, in open seconds.")
    stopped_at = s.DateTimeField(allow_null=True)
    breached_at = s.DateTimeField(allow_null=True)
    reason = s.CharField(allow_blank=True)
    policy = s.IntegerField(allow_null=True, help_text="The line it was begun under.")
    calendar_version = s.IntegerField(allow_null=True, help_text="null = round the clock.")
    resume_at = s.DateTimeField(allow_null=True)
    tightened = s.BooleanField()
    history = s.BooleanField()


class ClockPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = ClockRow(many=True)


class PauseRow(s.Serializer):
    id = s.IntegerField()
    reason = s.CharField()
    note = s.CharField(allow_blank=True)
    from_at = s.DateTimeField()
    to_at = s.DateTimeField(allow_null=True)
    until = s.DateTimeField(allow_null=True)
    stands = s.BooleanField(help_text="Taken after the breach, which it doesn't undo.")
    by = s.IntegerField(allow_null=True)


class ClockDetail(ClockWithReceipt):
    lead = s.IntegerField(allow_null=True)
    deal = s.IntegerField(allow_null=True)
    pauses = PauseRow(many=True)


class MomentFilter(f.IsoDateTimeFilter):
    """In UTC: PostgreSQL knows no offset of 18 hours and more, which ISO 8601 allows."""

    def filter(self, queryset: QuerySet, value: datetime | None) -> QuerySet:
        if value is not None:
            try:
                value = value.astimezone(UTC)
            except OverflowError:  # before the first or after the last moment there is
                value = value.replace(tzinfo=UTC)
        return super().filter(queryset, value)


class ClockFilter(f.FilterSet):
    """`request.now` decides what is overdue."""

    lead = f.NumberFilter(field_name="lead_id", **ID)
    deal = f.NumberFilter(field_name="deal_id", **ID)
    owner = f.NumberFilter(field_name="owner_id", **ID)
    team = f.NumberFilter(field_name="owner__team_id", **ID)
    target = f.ChoiceFilter(choices=Target.choices)
    tier = f.ChoiceFilter(choices=[choice for choice in Tier.choices if choice[0]])
    state = f.ChoiceFilter(choices=[(one, one) for one in STATES], method="in_state")
    due_after = MomentFilter(field_name="due_at", lookup_expr="gte")
    due_before = MomentFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Clock
        fields: list[str] = []

    def in_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(of_state(value, self.request.now))


def of_state(wanted: str, now: datetime) -> Q:
    """What `state.state_of` says, as a filter."""
    if wanted == state.OVERDUE:
        return Q(phase="running", due_at__lt=now)
    if wanted == state.RUNNING:
        return Q(phase="running") & ~Q(due_at__lt=now)
    return Q(phase="paused") if wanted == state.PAUSED else Q(phase="stopped", outcome=wanted)


class Clocks(Endpoint):
    orderings = {"id": ["id"]}

    @reads("Clocks, newest first", ClockPage, operation_id="clocks_list", parameters=[
        *(OpenApiParameter(name, serializers.ID) for name in ("lead", "deal", "owner", "team")),
        OpenApiParameter("target", {"type": "string", "enum": list(Target.values)}),
        OpenApiParameter("tier", {"type": "string", "enum": [tier for tier in Tier.values if tier]}),
        OpenApiParameter("state", {"type": "string", "enum": STATES}),
        OpenApiParameter("due_after", {"type": "string", "format": "date-time"}),
        OpenApiParameter("due_before", {"type": "string", "format": "date-time"}),
        *serializers.paging(orderings),
    ])  # fmt: skip
    def get(self, request):
        shared = Clock.objects.filter(request=None, content_request=None)
        found = ClockFilter(request.query_params, queryset=shared, request=request)
        known_parameters(request, *found.filters, "limit", "ordering", "cursor")
        if not found.is_valid():
            raise of_form(found.errors)
        pages = KeysetPagination()
        rows = pages.paginate_queryset(found.qs, request, self)
        return pages.get_paginated_response([as_json(clock, now=request.now) for clock in rows])


class OneClock(Endpoint):
    @reads("One clock with the receipt of its deadline", ClockDetail)
    def get(self, request, pk: int):
        clock = (
            Clock.objects.select_related("policy__policy_set", "calendar_version__calendar")
            .prefetch_related("pauses")
            .filter(pk=pk if pk < 2**63 else 0, request=None, content_request=None)
            .first()
        )
        if clock is None:
            raise Http404
        told = with_receipt(receipt.of_clock(clock, now=request.now))
        pauses = [_pause(pause) for pause in clock.pauses.all()]
        return Response({**told, "lead": clock.lead_id, "deal": clock.deal_id, "pauses": pauses})


def as_json(clock: Clock, *, now: datetime) -> dict[str, Any]:
    return {
        "id": clock.pk, "lead": clock.lead_id, "deal": clock.deal_id, "target": clock.target, "tier": clock.tier,
        "scope": clock.scope, "run": clock.run, "owner": clock.owner_id, "state": state.of(clock, now),
        "started_at": clock.started_at, "due_at": clock.due_at, "seconds": clock.seconds,
        "stopped_at": clock.stopped_at, "breached_at": _breached_at(clock, now), "reason": clock.reason,
        "policy": clock.policy_id, "calendar_version": clock.calendar_version_id, "resume_at": clock.resume_at,
        "tightened": clock.tightened, "history": clock.history,
    }  # fmt: skip


def _breached_at(clock: Clock, now: datetime) -> datetime | None:
    return clock.breached_at or (clock.due_at if state.of(clock, now) == state.OVERDUE else None)


def _pause(pause: Any) -> dict[str, Any]:
    return {
        "id": pause.pk, "reason": pause.reason, "note": pause.note, "from_at": pause.from_at, "to_at": pause.to_at,
        "until": pause.until, "stands": pause.stands, "by": pause.by_id,
    }  # fmt: skip
