"""REST: what MQL, SAL and SQL mean. Read by everybody, drafted with the scope admin; a side's yes is a person's."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from leads import conditions, serializers
from leads.bant import ITEMS
from leads.checks import body, seen_in
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Forbidden, Invalid
from revops.lib.openapi import SAID, TEXT, Strict, reads, shaped, writes
from revops.lib.pages import KeysetPagination
from scoring.definitions import STAGES, drafts
from scoring.definitions.fields import EDITABLE, LONGEST
from scoring.models import Approval, Definition, Side

CONDITION = {"type": "object", "additionalProperties": True}
DAY = {"type": "string", "format": "date", "nullable": True}
MOMENT = {"type": "string", "format": "date-time", "nullable": True}
ITEM = {
    "type": "object", "additionalProperties": False, "required": ["item", "label", "evidence"],
    "properties": {
        "item": {"type": "string", "enum": list(ITEMS)},
        "label": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": SAID},
        "evidence": {"type": "string", "minLength": 1, "maxLength": 400, "pattern": SAID},
    },
}  # fmt: skip
WHOLE = Definition.objects.prefetch_related(Prefetch("approvals", Approval.objects.order_by("at")))


class Yes(s.Serializer):
    side = s.ChoiceField(Side.values)
    by = s.IntegerField()
    at = s.DateTimeField()


class DefinitionRow(s.Serializer):
    """`rule`: the predicate as a sentence; null when it can't be read any more. `in_force`: right now. `asked_on`: the
    day a draft should hold from; `effective_at`: when a published one began to hold, null before that. `edited_at` of
    a draft is what a change names as `seen`."""

    id = s.IntegerField()
    stage = s.ChoiceField(STAGES)
    version = s.IntegerField()
    state = s.ChoiceField([str(state) for state in Definition.State.values])
    in_force = s.BooleanField()
    sentence = s.CharField(allow_blank=True)
    rule = s.CharField(allow_null=True)
    predicate = shaped(CONDITION)
    items = s.ListField(child=shaped({"type": "object", "additionalProperties": {"type": "string"}}))
    items_needed = s.IntegerField()
    note = s.CharField(allow_blank=True)
    asked_on = s.DateField(allow_null=True)
    review_on = s.DateField(allow_null=True)
    effective_at = s.DateTimeField(allow_null=True)
    published_at = s.DateTimeField(allow_null=True)
    edited_at = s.DateTimeField(allow_null=True)
    proposed_at = s.DateTimeField(allow_null=True)
    approvals = Yes(many=True)


class DefinitionPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = DefinitionRow(many=True)


class NewDraft(Strict):
    stage = s.ChoiceField(STAGES)


class DraftChange(Strict):
    """Only what is given changes. `seen`: the draft's `edited_at` as the caller knows it; another one is refused."""

    sentence = shaped({"type": "string", "minLength": 1, "maxLength": LONGEST["sentence"], "pattern": SAID})
    predicate = shaped(CONDITION)
    items = shaped({"type": "array", "maxItems": 4, "items": ITEM}, help_text="Of an SQL: all four.")
    items_needed = shaped({"type": "integer", "enum": [3, 4]})
    asked_on = shaped(DAY)
    review_on = shaped(DAY)
    note = shaped({"type": "string", "maxLength": LONGEST["note"], "pattern": TEXT})
    seen = shaped(MOMENT)


class SeenOnly(Strict):
    seen = shaped(MOMENT)


class YesOfASide(Strict):
    side = s.ChoiceField(Side.values)
    seen = shaped(MOMENT)


class Definitions(Endpoint):
    scopes = {"GET": "read", "POST": "admin"}
    orderings = {"id": ["id"], "version": ["version", "id"]}

    @reads("Definitions of MQL, SAL and SQL, all versions and drafts", DefinitionPage,
           operation_id="definitions_list", parameters=serializers.paging(orderings))  # fmt: skip
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        rows = pages.paginate_queryset(WHOLE, request, self)
        held = _in_force(request.now)
        return pages.get_paginated_response([as_json(row, held) for row in rows])

    @writes("Open the draft of a stage: what was agreed last, to be changed", NewDraft,
            {201: DefinitionRow, 200: DefinitionRow})  # fmt: skip
    def post(self, request) -> HttpResponse:
        said = body(request.data, {"stage"}, needed=("stage",))

        def work() -> tuple[int, Any]:
            draft = drafts.open_draft(said["stage"], by=request.user, at=request.now, via="api")
            return 201 if draft.effective_at == request.now else 200, detail(draft.pk, now=request.now)

        if said["stage"] not in STAGES:
            raise Invalid(f"There are definitions of {', '.join(STAGES)}.", code="not_a_choice", field="stage")
        return answer(request, request.data, work)


class OneDefinition(Endpoint):
    scopes = {"GET": "read", "PATCH": "admin"}

    @reads("One definition", DefinitionRow)
    def get(self, request, pk: int):
        return Response(detail(find(pk).pk, now=request.now))

    @writes("Change a draft; what was approved of it is taken away", DraftChange, {200: DefinitionRow})
    def patch(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        fields = body(request.data, {*EDITABLE, "seen"})
        seen = seen_in(fields)
        fields.pop("seen", None)

        def work() -> tuple[int, Any]:
            drafts.change(draft, fields, by=request.user, at=request.now, seen=seen, via="api")
            return 200, detail(pk, now=request.now)

        return answer(request, request.data, work)


class Proposal(Endpoint):
    scopes = {"POST": "admin", "DELETE": "admin"}

    @writes("Ask both sides for their yes", SeenOnly, {200: DefinitionRow})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        seen = seen_in(body(request.data, {"seen"}))

        def work() -> tuple[int, Any]:
            drafts.propose(draft, by=request.user, at=request.now, seen=seen, via="api")
            return 200, detail(pk, now=request.now)

        return answer(request, request.data, work)

    @writes("Withdraw a proposal: it is a draft again", None, {200: DefinitionRow})
    def delete(self, request, pk: int) -> HttpResponse:
        draft = find(pk)

        def work() -> tuple[int, Any]:
            drafts.withdraw(draft, by=request.user, at=request.now, via="api")
            return 200, detail(pk, now=request.now)

        return answer(request, {}, work)


class SideApproval(Endpoint):
    scopes = {"POST": "work"}

    @writes("Say yes for a side; the second side's yes publishes it. Signed-in people only", YesOfASide,
            {200: DefinitionRow})  # fmt: skip
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        said = body(request.data, {"side", "seen"}, needed=("side",))
        seen = seen_in(said)
        if request.user.is_service:
            raise Forbidden("An approval carries a person's name; a key has none.", code="not_your_side")

        def work() -> tuple[int, Any]:
            drafts.approve(draft, side=said["side"], by=request.user, at=request.now, seen=seen, via="api")
            return 200, detail(pk, now=request.now)

        return answer(request, request.data, work)


class Discard(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Throw a draft away; answers with what is in force", SeenOnly, {200: DefinitionRow})
    def post(self, request, pk: int) -> HttpResponse:
        draft = find(pk)
        seen = seen_in(body(request.data, {"seen"}))

        def work() -> tuple[int, Any]:
            drafts.discard(draft, by=request.user, at=request.now, seen=seen, via="api")
            held = drafts.newest(draft.stage)
            if held is None:
                raise Http404
            return 200, detail(held.pk, now=request.now)

        return answer(request, request.data, work)


# --- shared by the calls above -----------------------------------------------


def find(pk: int) -> Definition:
    return found(Definition.objects, pk=pk)


def detail(pk: int, *, now: datetime) -> dict[str, Any]:
    return as_json(WHOLE.get(pk=pk), _in_force(now))


def as_json(one: Definition, held: set[int]) -> dict[str, Any]:
    try:
        rule = conditions.sentence(one.predicate)
    except Invalid:
        rule = None
    published = one.state == Definition.State.PUBLISHED
    names = ("stage", "version", "state", "sentence", "predicate", "items", "items_needed", "note", "asked_on")
    return {
        "id": one.pk, **{name: getattr(one, name) for name in names}, "in_force": one.pk in held, "rule": rule,
        "review_on": one.review_on, "effective_at": one.effective_at if published else None,
        "published_at": one.published_at, "edited_at": one.edited_at, "proposed_at": one.proposed_at,
        "approvals": [{"side": yes.side, "by": yes.by_id, "at": yes.at} for yes in one.approvals.all()],
    }  # fmt: skip


def _in_force(now: datetime) -> set[int]:
    """Of each stage the newest one that has begun; one query."""
    begun = Definition.objects.filter(state=Definition.State.PUBLISHED, effective_at__lte=now)
    newest = begun.order_by("stage", "-version").distinct("stage")
    return set(newest.values_list("pk", flat=True))
