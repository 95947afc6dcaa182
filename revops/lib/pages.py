"""Lists of the REST API in pages: {next, previous, results}, by keyset, so page 1,000 costs what page 1 does.

A view names its orderings: `orderings = {"created_at": ["created_at", "id"], …}`: public name → columns, none of which
may be null, the last one unique. `-` in front turns all of them round. The first entry, descending, is the default.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from revops.lib.errors import Invalid

DEFAULT_LIMIT = 50
MOST = 200


class KeysetPagination(BasePagination):
    """`?limit=` (1–200, 50 if unsaid), `?ordering=` from the view's allow-list, `?cursor=` as handed out."""

    default_orderings: dict[str, list[str]] = {"id": ["id"]}

    def paginate_queryset(self, queryset: QuerySet, request: Any, view: Any = None) -> list:
        self.url = request.build_absolute_uri()
        orderings = getattr(view, "orderings", self.default_orderings)
        self.limit = limit_of(request.query_params.get("limit"))
        self.ordering, columns = _ordering(request.query_params.get("ordering"), orderings)
        backwards, values = _decode(request.query_params.get("cursor"), self.ordering, len(columns))
        descending = self.ordering.startswith("-") != backwards
        if values:
            queryset = queryset.filter(_beyond(columns, values, descending))
        queryset = queryset.order_by(*(f"-{column}" if descending else column for column in columns))
        rows = list(queryset[: self.limit + 1])
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if backwards:
            rows.reverse()
        self.before = rows and (more if backwards else bool(values)) and _encode(self.ordering, True, rows[0], columns)
        self.after = rows and (bool(values) if backwards else more) and _encode(self.ordering, False, rows[-1], columns)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(self.after), "previous": self._link(self.before), "results": data})

    def _link(self, cursor: Any) -> str | None:
        return replace_query_param(remove_query_param(self.url, "cursor"), "cursor", cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict) -> dict:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict]:
        names = list(getattr(view, "orderings", self.default_orderings))
        return [
            {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST}},
            {"name": "ordering", "in": "query",
             "schema": {"type": "string", "enum": [way + name for name in names for way in ("", "-")]}},
            {"name": "cursor", "in": "query", "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
             "description": "From `next` or `previous` of a page; opaque."},
        ]  # fmt: skip


def limit_of(text: str | None) -> int:
    if text is None or text == "":
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST:
        return int(text)
    raise Invalid(f"Give a whole number from 1 to {MOST}.", code="invalid_limit", field="limit")


def _ordering(text: str | None, orderings: dict[str, list[str]]) -> tuple[str, list[str]]:
    wanted = text or f"-{next(iter(orderings))}"
    if wanted.removeprefix("-") not in orderings:
        names = ", ".join(sorted(orderings))
        raise Invalid(
            f"Order by one of: {names}; with - in front for descending.", code="unknown_ordering", field="ordering"
        )
    return wanted, orderings[wanted.removeprefix("-")]


def _beyond(columns: list[str], values: list[Any], descending: bool) -> Q:
    """(a, b) < (x, y) written so that an index on (a, b) serves it."""
    way = "lt" if descending else "gt"
    where = Q()
    for column, value in reversed(list(zip(columns, values, strict=True))):
        later = Q(**{f"{column}__{way}": value})
        where = later | (Q(**{column: value}) & where) if where else later
    return Q(**{f"{columns[0]}__{way}e": values[0]}) & where if len(columns) > 1 else where


def _encode(ordering: str, backwards: bool, row: Any, columns: list[str]) -> str:
    values = []
    for column in columns:
        value: Any = row
        for part in column.split("__"):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        values.append({"t": value.isoformat()} if isinstance(value, datetime) else value)
    raw = json.dumps([ordering, backwards, values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str | None, ordering: str, size: int) -> tuple[bool, list[Any]]:
    if not text:
        return False, []
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        made_for, backwards, values = json.loads(raw)
        values = [datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in values]
    except (binascii.Error, ValueError, TypeError, KeyError, UnicodeError, RecursionError):
        values, made_for, backwards = [], "", False
    plain = all(isinstance(v, (str, int, float, datetime)) and not _odd(v) for v in values)
    if made_for != ordering or len(values) != size or not isinstance(backwards, bool) or not plain:
        raise Invalid("This cursor was not made for this list and ordering.", code="invalid_cursor", field="cursor")
    return backwards, values


def _odd(value: Any) -> bool:
    """What a forged cursor could hold that a column can't be compared with."""
    if isinstance(value, str):
        return "\0" in value or not value.isprintable()
    if isinstance(value, datetime):
        return value.tzinfo is None
    return isinstance(value, bool) or abs(value) >= 2**63
