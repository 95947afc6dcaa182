"""REST: reviews with what was frozen, what was decided, and the verbs of the page."""

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards.meetings import kinds, verbs
from dashboards.meetings.models import Decision, Meeting
from journal.idempotency import answer
from leads.api_verbs import day, needed
from leads.checks import Checks
from leads.serializers import ID, paging
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, writes
from revops.lib.pages import KeysetPagination
from teams.models import Organisation, User

FREE = {"type": "object", "additionalProperties": True}
LIST = {"type": "array", "items": FREE}
TOPIC = {"type": "string", "minLength": 1, "maxLength": 24, "pattern": "^[a-z0-9-]+$"}


class DecisionRow(s.Serializer):
    id = s.IntegerField()
    meeting = s.IntegerField()
    topic = s.CharField()
    deal = s.IntegerField(allow_null=True)
    text = s.CharField()
    owner = s.IntegerField()
    due_on = s.DateField()
    made_at = s.DateTimeField()
    made_by = s.IntegerField(allow_null=True)
    done_at = s.DateTimeField(allow_null=True)


class ReviewRow(s.Serializer):
    id = s.IntegerField()
    url = s.CharField()
    kind = s.ChoiceField(list(kinds.KINDS))
    name = s.CharField()
    period = s.DateField()
    frozen_at = s.DateTimeField()
    closed_at = s.DateTimeField(allow_null=True)
    started_by = s.IntegerField(allow_null=True)


class SlideRow(s.Serializer):
    position = s.IntegerField()
    topic = s.CharField()
    title = s.CharField()
    deal = s.IntegerField(allow_null=True)
    facts = extend_schema_field(LIST)(s.JSONField())
    head = s.ListField(child=s.CharField(allow_blank=True))
    lines = s.ListField(child=s.ListField(child=s.CharField(allow_blank=True)))
    sentences = s.ListField(child=s.CharField())
    detail = extend_schema_field(FREE)(s.JSONField())


class ReviewDetail(ReviewRow):
    versions = extend_schema_field(FREE)(s.JSONField())
    slides = SlideRow(many=True)
    decisions = DecisionRow(many=True)


class ReviewPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = ReviewRow(many=True)


class NewReview(Strict):
    """`period`: any day of the week, month or quarter to look at; default: what one reviews today."""

    kind = shaped({"type": "string", "enum": list(kinds.KINDS)}, required=True)
    period = shaped({"type": "string", "format": "date", "nullable": True})


class NewDecision(Strict):
    topic = shaped(TOPIC, required=True)
    text = shaped({"type": "string", "minLength": 1, "maxLength": 300, "pattern": SAID}, required=True)
    owner = shaped(ID, required=True, help_text="A user's id.")
    due_on = s.DateField()
    as_step = shaped({"type": "boolean"}, help_text="Also the deal's next step.")


class Proposal(Strict):
    topic = shaped(TOPIC, required=True)
    take = shaped({"type": "boolean"}, required=True, help_text="False puts it aside.")


class Done(Strict):
    done = shaped({"type": "boolean"}, required=True)


class Reviews(Endpoint):
    scopes = {"GET": "read", "POST": "work"}
    orderings = {"frozen_at": ["frozen_at", "id"]}
    pagination_class = KeysetPagination

    @reads("Reviews, newest first", ReviewPage, operation_id="reviews_list", parameters=[
        OpenApiParameter("kind", {"type": "string", "enum": list(kinds.KINDS)}), *paging(orderings),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, "kind", "limit", "ordering", "cursor")
        kind = request.query_params.get("kind")
        rows = Meeting.objects.filter(kind=kinds.of(kind).code) if kind else Meeting.objects.all()
        pages = KeysetPagination()
        shown = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response([row_json(one, request) for one in shown])

    @writes("Start a review: freeze its numbers", NewReview, {201: ReviewRow})
    def post(self, request):
        check = Checks()
        kind, given = "", None
        if check.is_object(request.data, "", {"kind", "period"}):
            kind = needed(request.data, "kind", 12, check)
            given = day(request.data, "period", check)
        if check.errors:
            raise check.failed()
        period = given or kinds.of(kind).usual(Organisation.get().today(request.now))

        def work() -> tuple[int, Any]:
            made = verbs.start(kind, period=period, by=request.user, at=request.now, via="api")
            return 201, row_json(made, request)

        return answer(request, request.data, work)


class Review(Endpoint):
    @reads("One review: every screen as it was frozen, and what was decided", ReviewDetail, operation_id="review")
    def get(self, request, pk: int):
        meeting = found(Meeting.objects, pk=pk)
        return Response(row_json(meeting, request) | {
            "versions": meeting.versions,
            "slides": [
                {"position": one.position, "topic": one.key, "title": one.title, "deal": one.deal_id,
                 "facts": one.facts, "head": one.head, "lines": one.lines, "sentences": one.sentences,
                 "detail": one.detail}
                for one in meeting.slides.all()
            ],
            "decisions": [decision_json(one) for one in meeting.decisions.all()],
        })  # fmt: skip


class ReviewDecisions(Endpoint):
    scopes = {"POST": "work"}

    @writes("Keep a decision", NewDecision, {201: DecisionRow})
    def post(self, request, pk: int):
        meeting, check = found(Meeting.objects, pk=pk), Checks()
        said: dict[str, Any] = {}
        if check.is_object(request.data, "", {"topic", "text", "owner", "due_on", "as_step"}):
            said = {"topic": needed(request.data, "topic", 24, check), "text": needed(request.data, "text", 300, check),
                    "due_on": day(request.data, "due_on", check),
                    "as_step": truth(request.data, "as_step", check, needed=False)}  # fmt: skip
            if said["due_on"] is None and not check.has("due_on"):
                check.no("", "due_on", "required", "This field is needed.")
            given = request.data.get("owner")
            whole = isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**63
            said["owner"] = User.objects.filter(pk=given).first() if whole else None
            if said["owner"] is None:
                check.no("", "owner", "unknown", "The id of a user.")
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            made = verbs.decide(meeting, **said, by=request.user, at=request.now, via="api")
            return 201, decision_json(made)

        return answer(request, request.data, work)


class ReviewProposal(Endpoint):
    scopes = {"POST": "work"}

    @writes("Take or skip what a deal's screen proposes", Proposal, {200: NoBody, 201: DecisionRow})
    def post(self, request, pk: int):
        meeting, check = found(Meeting.objects, pk=pk), Checks()
        topic, take = "", False
        if check.is_object(request.data, "", {"topic", "take"}):
            topic, take = needed(request.data, "topic", 24, check), truth(request.data, "take", check)
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            if not take:
                verbs.skip(meeting, topic=topic, by=request.user, at=request.now, via="api")
                return 200, {}
            return 201, decision_json(verbs.take(meeting, topic=topic, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class DecisionDone(Endpoint):
    scopes = {"POST": "work"}

    @writes("Say that a decision is done, or not after all", Done, {200: DecisionRow})
    def post(self, request, pk: int):
        decision, check = found(Decision.objects.select_related("owner"), pk=pk), Checks()
        is_done = truth(request.data, "done", check) if check.is_object(request.data, "", {"done"}) else False
        if check.errors:
            raise check.failed()
        verb = verbs.finish if is_done else verbs.reopen

        def work() -> tuple[int, Any]:
            return 200, decision_json(verb(decision, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class ReviewClosing(Endpoint):
    scopes = {"POST": "work"}

    @writes("Close a review; its numbers and decisions stay", NoBody, {200: ReviewRow})
    def post(self, request, pk: int):
        meeting, check = found(Meeting.objects, pk=pk), Checks()
        check.is_object(request.data, "", frozenset())
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, row_json(verbs.close(meeting, by=request.user, at=request.now, via="api"), request)

        return answer(request, request.data, work)


def truth(data: dict, name: str, check: Checks, *, needed: bool = True) -> bool:
    value = data.get(name)
    if not isinstance(value, bool) and (needed or name in data):
        check.no("", name, "invalid", "true or false.")
    return value is True


def row_json(meeting: Meeting, request: Any) -> dict[str, Any]:
    period: date = meeting.period
    kind = kinds.KINDS.get(meeting.kind)
    return {
        "id": meeting.pk, "url": f"{request.scheme}://{request.get_host()}/api/v1/reviews/{meeting.pk}/",
        "kind": meeting.kind, "name": kind.called(period) if kind else meeting.kind, "period": period,
        "frozen_at": meeting.frozen_at, "closed_at": meeting.closed_at, "started_by": meeting.started_by_id,
    }  # fmt: skip


def decision_json(one: Decision) -> dict[str, Any]:
    return {
        "id": one.pk, "meeting": one.meeting_id, "topic": one.topic, "deal": one.deal_id, "text": one.text,
        "owner": one.owner_id, "due_on": one.due_on, "made_at": one.made_at, "made_by": one.made_by_id,
        "done_at": one.done_at,
    }  # fmt: skip
