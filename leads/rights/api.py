"""REST: data requests are logged, verified, extended and answered as on their pages."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from leads import serializers
from leads.checks import Checks, body
from leads.exporting.api import ByParameter
from leads.models import DataRequest, RequestKind, RequestState
from leads.rights import copy, requests
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Missing
from revops.lib.openapi import SAID, Strict, files, reads, shaped, text, writes
from revops.lib.pages import KeysetPagination
from teams.models import User

ROWS = DataRequest.objects.select_related("person")
FIELDS = frozenset(["person", "kind", "note", "received_at", "owner"])
WHO = {"oneOf": [
    serializers.ID,
    {"type": "string", "maxLength": 254, "pattern": serializers.MAIL},
    {"type": "string", "pattern": r"^\+[1-9][0-9]{7,13}$"},
]}  # fmt: skip


def words(longest: int) -> Any:
    return shaped({"type": "string", "minLength": 1, "maxLength": longest, "pattern": SAID}, required=True)


class DataRequestRow(s.Serializer):
    """`due_on`: the last day to answer. `verified`: how it is known that it is them."""

    id = s.IntegerField()
    person = s.IntegerField(allow_null=True, help_text="Null: not known here.")
    contact = s.CharField(allow_blank=True, help_text="Of whom is not known: the mail or number they gave.")
    person_name = s.CharField()
    kind = s.ChoiceField(list(RequestKind.values))
    state = s.ChoiceField(list(RequestState.values))
    note = s.CharField(allow_blank=True)
    received_at = s.DateTimeField()
    due_on = s.DateField()
    extended_at = s.DateTimeField(allow_null=True)
    extended_because = s.CharField(allow_blank=True)
    verified_at = s.DateTimeField(allow_null=True)
    verified = s.CharField(allow_blank=True)
    owner = s.IntegerField()
    answered_at = s.DateTimeField(allow_null=True)
    answered_by = s.IntegerField(allow_null=True)
    answer = s.CharField(allow_blank=True)


class DataRequestPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = DataRequestRow(many=True)


class NewDataRequest(Strict):
    person = shaped(WHO, required=True,
                    help_text="An id, or the mail address or phone number they wrote from, known or not.")  # fmt: skip
    kind = shaped({"type": "string", "enum": list(RequestKind.values)}, required=True)
    note = text(2_000, help_text="What they wrote.")
    received_at = shaped({"type": "string", "format": "date-time", "nullable": True},
                         help_text="With offset; not before 2000 and not in the future. Default: now.")  # fmt: skip
    owner = shaped(
        {**serializers.ID, "nullable": True},
        help_text="The user who answers. Default: who logs it; for a key, an administrator.",
    )


class Verification(Strict):
    how = words(400)


class Extension(Strict):
    because = words(400)


class Completion(Strict):
    answer = text(1_000)


class Refusal(Strict):
    reason = words(1_000)


class DataRequests(Endpoint):
    scopes = {"GET": "read", "POST": "work"}
    orderings = {"received_at": ["received_at", "id"], "due_on": ["due_on", "id"]}

    @reads("Data requests, latest received first", DataRequestPage, operation_id="data_requests_list", parameters=[
        OpenApiParameter("state", {"type": "string", "enum": list(RequestState.values)}),
        OpenApiParameter("kind", {"type": "string", "enum": list(RequestKind.values)}),
        *serializers.paging(orderings),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, "state", "kind", "limit", "ordering", "cursor")
        check = Checks()
        wanted = {
            "state": check.choice(request.query_params, "state", RequestState.values),
            "kind": check.choice(request.query_params, "kind", RequestKind.values),
        }
        if check.errors:
            raise check.failed()
        pages = KeysetPagination()
        rows = ROWS.filter(**{name: value for name, value in wanted.items() if value})
        return pages.get_paginated_response([as_json(row) for row in pages.paginate_queryset(rows, request, self)])

    @writes("Log a data request; an objection is carried out at once", NewDataRequest, {201: DataRequestRow})
    def post(self, request) -> HttpResponse:
        data = body(request.data, FIELDS, needed=("person", "kind"))
        check = Checks()
        known = data["person"]
        if isinstance(known, str) or known is None:
            known = check.text(data, "person", 254)
        else:
            known = check.whole(data, "person", 1, 2**63 - 1)
        if not known and not check.has("person"):
            check.no("", "person", "required", "Say whose data it is: an id, a mail address or a phone number.")
        said = {
            "kind": check.choice(data, "kind", RequestKind.values),
            "note": check.text(data, "note", 2_000, lines=True),
            "received_at": check.moment(data, "received_at"),
        }
        owner = check.whole(data, "owner", 1, 2**63 - 1)
        if check.errors:
            raise check.failed()
        person = requests.whose(known)
        if person is None and isinstance(known, int):
            raise Missing("Nobody is known by this.", field="person")
        contact = "" if person else requests.contact_of(str(known))
        if owner:
            said["owner"] = User.objects.filter(pk=owner, is_active=True, is_service=False).first()
            if said["owner"] is None:
                raise Missing("Nobody here has this id.", code="unknown_user", field="owner")

        def work() -> tuple[int, Any]:
            made = requests.receive(person, contact=contact, **said, by=request.user, at=request.now, via="api")
            return 201, as_json(made)

        return answer(request, request.data, work)


class OneDataRequest(Endpoint):
    @reads("One data request", DataRequestRow)
    def get(self, request, pk: int):
        known_parameters(request)
        return Response(as_json(found(ROWS, pk=pk)))


class DataRequestCopy(Endpoint):
    scopes = {"GET": "work"}
    content_negotiation_class = ByParameter

    @files("Everything held of the person, once it is known that it is them", {
        "application/json": {"type": "object", "additionalProperties": True},
        "application/zip": {"type": "string", "format": "binary"},
    }, codes=(400, 401, 403, 404, 409), parameters=[
        OpenApiParameter("format", {"type": "string", "enum": ["json", "zip"]},
                         description="json when left out; zip holds the same and a CSV file of each part."),
    ])  # fmt: skip
    def get(self, request, pk: int) -> HttpResponseBase:
        known_parameters(request)
        check = Checks()
        form = check.choice(request.query_params, "format", ("json", "zip"))
        if check.errors:
            raise check.failed()
        asked = found(ROWS, pk=pk)
        person = requests.may_copy(asked, by=request.user)
        if form == "zip":
            return copy.answer(person)
        return JsonResponse(copy.of(person), json_dumps_params={"ensure_ascii": False})


class DataRequestVerb(Endpoint):
    """`field`: the one word of its body; `verb`: of `requests`."""

    scopes = {"POST": "work"}
    field, verb = "", ""

    def perform(self, request: Any, pk: int) -> HttpResponse:
        asked = found(ROWS, pk=pk)
        data = body(request.data, {self.field})
        if data.get(self.field) is not None and not isinstance(data[self.field], str):
            check = Checks()
            check.no("", self.field, "not_a_text", "Give a text.")
            raise check.failed()

        def work() -> tuple[int, Any]:
            do = getattr(requests, self.verb)
            return 200, as_json(do(asked, data.get(self.field) or "", by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class VerifyRequest(DataRequestVerb):
    field, verb = "how", "verify"

    @writes("Say how it is known that it is them", Verification, {200: DataRequestRow})
    def post(self, request, pk: int):
        return self.perform(request, pk)


class ExtendRequest(DataRequestVerb):
    field, verb = "because", "extend"

    @writes("Take two more months, once", Extension, {200: DataRequestRow})
    def post(self, request, pk: int):
        return self.perform(request, pk)


class FinishRequest(DataRequestVerb):
    field, verb = "answer", "finish"

    @writes("Answer it; an erasure is carried out by this and needs the scope admin too", Completion,
            {200: DataRequestRow})  # fmt: skip
    def post(self, request, pk: int):
        return self.perform(request, pk)


class RefuseRequest(DataRequestVerb):
    field, verb = "reason", "refuse"

    @writes("Refuse it, for a reason they are told", Refusal, {200: DataRequestRow})
    def post(self, request, pk: int):
        return self.perform(request, pk)


def as_json(row: DataRequest) -> dict[str, Any]:
    return {
        "id": row.pk, "person": row.person_id, "person_name": row.who, "contact": row.contact,
        "kind": row.kind, "state": row.state, "note": row.note,
        "received_at": row.received_at, "due_on": row.due_on, "extended_at": row.extended_at,
        "extended_because": row.extended_because, "verified_at": row.verified_at, "verified": row.verified,
        "owner": row.owner_id, "answered_at": row.answered_at, "answered_by": row.answered_by_id,
        "answer": row.answer,
    }  # fmt: skip
