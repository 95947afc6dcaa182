"""REST: requests for content. Here and not in the room of marketing, since what reads bodies stands above it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from deals.api_catalogue import _List, page_of
from deals.api_desk import DeskVerb, nothing, said
from deals.models import Deal
from leads.api_verbs import needed
from leads.checks import Checks
from leads.serializers import ID, paging
from marketing import requests
from marketing.models import ContentRequest
from revops.lib.endpoint import found, known_parameters
from revops.lib.openapi import NoBody, Strict, reads, shaped, text, writes


class AskBody(Strict):
    title = said(160)
    why = text(400)
    deal = shaped({**ID, "nullable": True}, help_text="What it is asked over.")
    stage = text(60)
    segment = text(60)


class AnswerBody(Strict):
    text = said(400)


class DoneBody(Strict):
    url = shaped(
        {"type": "string", "maxLength": 500, "pattern": r"^https?://[a-z0-9]+(\.[a-z0-9]+)*(/[A-Za-z0-9._~/-]*)?$"},
        required=True,
    )


class DeclineBody(Strict):
    why = said(400)


class ContentRow(s.Serializer):
    id = s.IntegerField()
    title = s.CharField()
    why = s.CharField(allow_blank=True)
    deal = s.IntegerField(allow_null=True)
    stage = s.CharField(allow_blank=True)
    segment = s.CharField(allow_blank=True)
    state = s.ChoiceField(ContentRequest.State.choices)
    asked_at = s.DateTimeField()
    asked_by = s.IntegerField(allow_null=True)
    owner = s.IntegerField(allow_null=True)
    answered_at = s.DateTimeField(allow_null=True)
    answer = s.CharField(allow_blank=True)
    url = s.CharField(allow_blank=True)
    closed_at = s.DateTimeField(allow_null=True)


ContentPage = page_of(ContentRow, "ContentPage")


class ContentRequests(_List):
    @reads("Requests for content, newest first", ContentPage, operation_id="content_requests_list", parameters=[
        OpenApiParameter("state", {"type": "string", "enum": ContentRequest.State.values}),
        *paging(_List.orderings),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, "state", "limit", "ordering", "cursor")
        check = Checks()
        state = check.choice(request.query_params, "state", ContentRequest.State.values)
        if check.errors:
            raise check.failed()
        rows = ContentRequest.objects.filter(state=state) if state else ContentRequest.objects.all()
        return self.listed(request, rows, as_json)

    @writes("Ask marketing for content", AskBody, {201: ContentRow})
    def post(self, request):
        def read(data: dict, check: Checks) -> dict[str, Any]:
            deal = check.whole(data, "deal", 1, 2**63 - 1)
            return {
                "title": needed(data, "title", 160, check), "why": check.text(data, "why", 400),
                "deal": deal, "stage": check.text(data, "stage", 60), "segment": check.text(data, "segment", 60),
            }  # fmt: skip

        def do(title: str, deal: int | None, **given: Any) -> Any:
            about = ("deal", found(Deal.objects.all(), pk=deal).pk) if deal else None
            return as_json(requests.ask(title, about=about, **given))

        return self.perform(read, {"title", "why", "deal", "stage", "segment"}, do, 201)


class OneContentRequest(DeskVerb):
    @reads("One request for content", ContentRow)
    def get(self, request, pk: int):
        return Response(as_json(found(ContentRequest.objects.all(), pk=pk)))


class ContentTaking(DeskVerb):
    @writes("Take a request: you make it", NoBody, {200: ContentRow})
    def post(self, request, pk: int):
        row = found(ContentRequest.objects.all(), pk=pk)
        return self.perform(nothing, set(), lambda **by: as_json(requests.take(row, **by)))


class ContentAnswer(DeskVerb):
    @writes("Answer a request; the first answer keeps the promise", AnswerBody, {200: ContentRow})
    def post(self, request, pk: int):
        row = found(ContentRequest.objects.all(), pk=pk)
        return self.perform(
            lambda data, check: {"text": needed(data, "text", 400, check)}, {"text"},
            lambda **given: as_json(requests.answer(row, **given)),
        )  # fmt: skip


class ContentCompletion(DeskVerb):
    @writes("There is something to use", DoneBody, {200: ContentRow})
    def post(self, request, pk: int):
        row = found(ContentRequest.objects.all(), pk=pk)
        return self.perform(
            lambda data, check: {"url": check.url(data, "url", longest=500)}, {"url"},
            lambda **given: as_json(requests.finish(row, **given)),
        )  # fmt: skip


class ContentRefusal(DeskVerb):
    @writes("Decline a request, and why", DeclineBody, {200: ContentRow})
    def post(self, request, pk: int):
        row = found(ContentRequest.objects.all(), pk=pk)
        return self.perform(
            lambda data, check: {"why": needed(data, "why", 400, check)}, {"why"},
            lambda **given: as_json(requests.decline(row, **given)),
        )  # fmt: skip


def as_json(row: ContentRequest) -> dict[str, Any]:
    return {
        "id": row.pk, "title": row.title, "why": row.why, "deal": row.about_id if row.about_kind == "deal" else None,
        "stage": row.stage, "segment": row.segment, "state": row.state, "asked_at": row.asked_at,
        "asked_by": row.asked_by_id, "owner": row.owner_id, "answered_at": row.answered_at, "answer": row.answer,
        "url": row.url, "closed_at": row.closed_at,
    }  # fmt: skip
