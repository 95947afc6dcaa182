"""REST: segments, conditions with a name, and the leads that meet one now."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from leads import answer_serializers as answers
from leads import conditions, lead_json, segments
from leads.api import base_of
from leads.attributes import asked_once
from leads.checks import Checks
from leads.models import Lead, Segment
from leads.segment_members import members
from leads.serializers import paging
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import SAID, Strict, reads, shaped, text, writes
from revops.lib.pages import KeysetPagination

NAME = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": SAID}
CONDITION = {
    "type": "object", "additionalProperties": True,
    "description": "A condition; {} is every lead. A `version` at its root may be given, and is 1.",
}  # fmt: skip
CHANGED = frozenset(["name", "about", "condition"])


class SegmentRow(s.Serializer):
    """`sentence`: the condition in English. `edited_at` is what a change names as `seen`."""

    id = s.IntegerField()
    name = s.CharField()
    about = s.CharField(allow_blank=True)
    condition = shaped(CONDITION)
    sentence = s.CharField(allow_null=True, help_text="Null when it can't be read any more.")
    created_at = s.DateTimeField()
    edited_at = s.DateTimeField()
    leads = s.CharField(help_text="Address of its leads.")


class SegmentPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = SegmentRow(many=True)


class NewSegment(Strict):
    name = shaped(NAME, required=True)
    about = text(400)
    condition = shaped(CONDITION)


class SegmentChange(Strict):
    """Only what is given changes. `seen`: its `edited_at` as the caller knows it; another one is refused."""

    name = shaped(NAME)
    about = text(400)
    condition = shaped(CONDITION)
    seen = shaped({"type": "string", "format": "date-time", "nullable": True})


class Segments(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}
    orderings = {"id": ["id"]}

    @reads("Segments, newest first", SegmentPage, operation_id="segments_list", parameters=paging(orderings))
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        rows = pages.paginate_queryset(Segment.objects.all(), request, self)
        with asked_once():
            return pages.get_paginated_response([as_json(row, request) for row in rows])

    @writes("Keep a segment", NewSegment, {201: SegmentRow})
    def post(self, request) -> HttpResponse:
        said, _ = _read(request.data, CHANGED)

        def work() -> tuple[int, Any]:
            said.setdefault("name", "")
            segment = segments.add(**said, by=request.user, at=request.now, via="api")
            return 201, as_json(segment, request)

        return answer(request, request.data, work)


class SegmentDetail(Endpoint):
    scopes = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}

    @reads("One segment", SegmentRow)
    def get(self, request, pk: int):
        return Response(as_json(find(pk), request))

    @writes("Change a segment", SegmentChange, {200: SegmentRow})
    def patch(self, request, pk: int) -> HttpResponse:
        segment = find(pk)
        said, seen = _read(request.data, CHANGED | {"seen"})

        def work() -> tuple[int, Any]:
            kept = segments.change(segment, said, by=request.user, at=request.now, seen=seen, via="api")
            return 200, as_json(kept, request)

        return answer(request, request.data, work)

    @writes("Remove a segment; answers with what it was", None, {200: SegmentRow})
    def delete(self, request, pk: int) -> HttpResponse:
        segment = find(pk)

        def work() -> tuple[int, Any]:
            told = as_json(segment, request)
            segments.remove(segment, by=request.user, at=request.now, via="api")
            return 200, told

        return answer(request, {}, work)


class SegmentLeads(Endpoint):
    orderings = {"id": ["id"]}

    @reads("The leads in a segment now, open or not, newest first", answers.LeadPage,
           operation_id="segment_leads_list", parameters=paging(orderings))  # fmt: skip
    def get(self, request, pk: int):
        segment = find(pk)
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        found = members(Lead.objects.exclude(stage="merged"), segment.condition, now=request.now)
        ids = [row["id"] for row in pages.paginate_queryset(found.values("id"), request, self)]
        leads = lead_json.many(ids, now=request.now, base=base_of(request))
        return pages.get_paginated_response([leads[one] for one in ids])


def find(pk: int) -> Segment:
    return found(Segment.objects, pk=pk)


def as_json(segment: Segment, request: Any) -> dict[str, Any]:
    try:
        sentence = conditions.sentence(segment.condition)
    except Invalid:
        sentence = None
    return {
        "id": segment.pk, "name": segment.name, "about": segment.about, "condition": segment.condition,
        "sentence": sentence, "created_at": segment.created_at, "edited_at": segment.edited_at,
        "leads": f"{base_of(request)}/api/v1/scoring/segments/{segment.pk}/leads/",
    }  # fmt: skip


def _read(data: Any, known: frozenset[str]) -> tuple[dict[str, Any], datetime | None]:
    """(the fields, what was seen)."""
    check = Checks()
    seen = check.moment(data, "seen") if check.is_object(data, "", known) else None
    if check.errors:
        raise check.failed()
    return {name: one for name, one in data.items() if name != "seen"}, seen
