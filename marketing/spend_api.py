"""REST: spend in batches, and taking a batch back."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s

from journal.idempotency import answer
from marketing import spend
from marketing.models import Spend
from marketing.spend_reading import FIELDS, Names, month, read
from marketing.spend_rights import require_spend
from revops.lib.csv_reading import Wrong
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid, Missing
from revops.lib.openapi import SAID, TEXT, NoBody, Strict, reads, shaped, writes
from revops.lib.pages import KeysetPagination
from teams.models import Organisation

MOST = 1_000
UNKNOWN = frozenset(["unknown_channel", "unknown_campaign"])
MONTH = {"type": "string", "pattern": r"^20[0-9]{2}-(0[1-9]|1[0-2])$"}
AMOUNT = {"type": "string", "pattern": r"^[0-9]{1,11}(\.[0-9]{1,2})?$", "nullable": True}
ENTRY = {
    "type": "object", "additionalProperties": False, "required": ["month", "amount", "key"],
    "properties": {
        "month": MONTH, "amount": AMOUNT,
        "key": {"type": "string", "minLength": 1, "maxLength": 160, "pattern": SAID},
        "channel": {"type": "string", "maxLength": 32, "pattern": TEXT, "nullable": True},
        "campaign": {"type": "string", "maxLength": 120, "pattern": TEXT, "nullable": True},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "note": {"type": "string", "maxLength": 200, "pattern": TEXT, "nullable": True},
    },
}  # fmt: skip
OF_AN_ENTRY = frozenset(ENTRY["properties"])  # type: ignore[arg-type]


class SpendRow(s.Serializer):
    id = s.IntegerField()
    month = shaped(MONTH)
    channel = s.CharField(allow_null=True)
    campaign = s.CharField(allow_null=True, help_text="Its code.")
    kind = s.ChoiceField(Spend.Kind.choices)
    amount = s.CharField()
    currency = s.CharField()
    note = s.CharField(allow_blank=True)
    source = s.CharField()
    key = s.CharField(allow_null=True)


class SpendPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = SpendRow(many=True)


class SpendBatch(Strict):
    """`source` says who tells it; the same source and key is kept once and corrected by what is told next. An entry
    with the amount null is taken out; one without channel and campaign is tools, for all channels. All of a batch is
    kept, or nothing; a channel or campaign nobody knows is a 404."""

    source = shaped({"type": "string", "minLength": 1, "maxLength": 60, "pattern": SAID}, required=True)
    entries = shaped({"type": "array", "minItems": 1, "maxItems": MOST, "items": ENTRY}, required=True)


class SpendDone(s.Serializer):
    """`batch` names what was done, for POST spend/undo/<batch>/."""

    batch = s.CharField()
    new = s.IntegerField()
    changed = s.IntegerField()
    same = s.IntegerField()
    removed = s.IntegerField()


def told(done: spend.Done) -> dict[str, Any]:
    return {"batch": done.batch, "new": done.new, "changed": done.changed, "same": done.same, "removed": done.removed}


def as_json(row: Spend) -> dict[str, Any]:
    return {
        "id": row.pk, "month": f"{row.month:%Y-%m}", "channel": row.channel_id,
        "campaign": row.campaign.code if row.campaign else None, "kind": row.kind,
        "amount": str(Decimal(row.amount).scaleb(-2)), "currency": row.currency, "note": row.note,
        "source": row.source, "key": row.key,
    }  # fmt: skip


class Spends(Endpoint):
    scopes = {"GET": "read", "POST": "work"}
    body_limit = 1024 * 1024
    orderings = {"id": ["id"], "month": ["month", "id"]}

    @reads("Spend, newest first", SpendPage, operation_id="spend_list", parameters=[
        OpenApiParameter("month", MONTH),
        OpenApiParameter("channel", {"type": "string", "maxLength": 32, "pattern": SAID}),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
        OpenApiParameter("ordering", {"type": "string", "enum": ["id", "-id", "month", "-month"]}),
        OpenApiParameter("cursor", {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
    ])  # fmt: skip
    def get(self, request: Any) -> Any:
        known_parameters(request, "month", "channel", "limit", "ordering", "cursor")
        rows = Spend.objects.select_related("campaign")
        if text := request.query_params.get("month"):
            rows = rows.filter(month=_month(text))
        if code := request.query_params.get("channel"):
            if "\0" in code or len(code) > 32:
                raise Invalid("There is no such channel.", code="invalid_channel", field="channel")
            rows = rows.filter(channel_id=code)
        pages = KeysetPagination()
        return pages.get_paginated_response([as_json(row) for row in pages.paginate_queryset(rows, request, self)])

    @writes("Keep what was spent", SpendBatch, {200: SpendDone})
    def post(self, request: Any) -> HttpResponse:
        require_spend(request.user)
        amounts = _batch(request.data)

        def work() -> tuple[int, Any]:
            return 200, told(spend.keep(amounts, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class SpendUndo(Endpoint):
    scopes = {"POST": "work"}

    @writes("Take back what a batch of spend did", NoBody, {200: SpendDone})
    def post(self, request: Any, batch: str) -> HttpResponse:
        if request.data not in ({}, None):
            raise Invalid("Send an empty object.", code="unknown_field")
        if not (batch.isascii() and batch.isalnum() and len(batch) == 32):
            raise Missing("There is no such batch.")

        def work() -> tuple[int, Any]:
            return 200, told(spend.take_back(batch, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


def _month(text: str) -> Any:
    try:
        return month(text)
    except Wrong as wrong:
        raise Invalid(wrong.detail, code=wrong.code, field="month") from None


def _batch(data: Any) -> list[spend.Amount]:
    """Raises Invalid naming every entry that can't be read: `entries.3.month`."""
    if not isinstance(data, dict):
        raise Invalid("Give a JSON object.", code="not_an_object")
    errors: list[dict[str, str]] = []

    def no(field: str, code: str, detail: str) -> None:
        errors.append({"field": field, "code": code, "detail": detail})

    for name in data:
        if name not in {"source", "entries"}:
            no(str(name)[:100], "unknown_field", "There is no such field.")
    source, entries = data.get("source"), data.get("entries")
    if not isinstance(source, str) or not 0 < len(source.strip()) <= 60 or "\0" in source:
        no("source", "required", "Say who tells it, in at most 60 characters.")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST:
        no("entries", "not_a_list", f"Give a list of 1 to {MOST:,} entries.")
        entries = []
    names = Names.load(Organisation.get().currency)
    amounts: list[spend.Amount] = []
    for number, said in enumerate(entries):
        if not isinstance(said, dict):
            no(f"entries.{number}", "not_an_object", "Give a JSON object.")
            continue
        if wrong_type := [n for n, v in said.items() if n not in OF_AN_ENTRY or not isinstance(v, str | None)]:
            no(f"entries.{number}.{str(wrong_type[0])[:100]}", "invalid", "There is no such field, or it is no text.")
            continue
        if "amount" not in said or not str(said.get("key") or "").strip():
            no(f"entries.{number}.{'amount' if 'amount' not in said else 'key'}", "required", "This field is needed.")
            continue
        try:
            kind = "programme" if said.get("channel") or said.get("campaign") else "tools"
            told_as = {n: v or "" for n, v in said.items() if n in FIELDS} | {"source": str(source), "kind": kind}
            amounts.append(read(told_as, names))
        except Wrong as wrong:
            no(f"entries.{number}.{wrong.field}", wrong.code, wrong.detail)
    if errors and all(error["code"] in UNKNOWN for error in errors):
        raise Missing(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"])
    if errors:
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors)
    return amounts
