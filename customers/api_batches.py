"""REST: readings of health and changes of revenue, many at once; all of a batch or nothing."""

import re
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s

from customers import movements, readings
from customers.models import Component, Customer
from customers.readings import MOST, Reading
from customers.rights import may_care
from journal.idempotency import answer
from leads.checks import Checks
from revops.lib.endpoint import Endpoint
from revops.lib.errors import Forbidden, Missing
from revops.lib.openapi import SAID, Strict, shaped, writes

MINE = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
WORD = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": SAID}
MOMENT = {"type": "string", "format": "date-time"}
CENTS = {"type": "integer", "minimum": 0, "maximum": 10**12}
READING = {
    "type": "object", "additionalProperties": False, "required": ["customer", "component", "value"],
    "properties": {"customer": MINE, "component": {"type": "string", "enum": Component.values},
                   "value": {"type": "integer", "minimum": 0, "maximum": 100}, "at": MOMENT, "source": WORD,
                   "note": {"type": "string", "maxLength": 300, "pattern": SAID}},
}  # fmt: skip
MOVEMENT = {
    "type": "object", "additionalProperties": False,
    "required": ["customer", "key", "subscription", "currency", "before", "after", "occurred_at"],
    "properties": {"customer": MINE, "key": {**WORD, "maxLength": 160}, "subscription": {**WORD, "maxLength": 120},
                   "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}, "before": CENTS, "after": CENTS,
                   "occurred_at": MOMENT, "reason": {"type": "string", "maxLength": 20, "pattern": SAID}},
}  # fmt: skip


class ReadingsBody(Strict):
    """`at` defaults to now, `source` to api. The same component of a customer from one source at one moment is kept
    once."""

    readings = shaped({"type": "array", "minItems": 1, "maxItems": MOST, "items": READING}, required=True)


class MovementsBody(Strict):
    """`before`, `after`: what it costs a month in minor units (cents). The same source and key is kept once, in any
    order. The sources deals and hand are this product's own."""

    source = shaped(WORD, required=True)
    movements = shaped({"type": "array", "minItems": 1, "maxItems": MOST, "items": MOVEMENT}, required=True)


class Kept(s.Serializer):
    new = s.IntegerField()


class HealthReadings(Endpoint):
    scopes = {"POST": "work"}
    body_limit = 1024 * 1024

    @writes("Readings of how customers are doing", ReadingsBody, {200: Kept})
    def post(self, request: Any) -> HttpResponse:
        check = Checks()
        batch = []
        for at, one in _each(request.data, "readings", {"readings"}, READING, check):
            value = check.whole(one, "value", 0, 100, at)
            batch.append(Reading(
                check.whole(one, "customer", 1, 2**63 - 1, at) or 0,
                check.choice(one, "component", Component.values, at), -1 if value is None else value,
                check.moment(one, "at", at) or request.now,
                check.text(one, "source", 60, at) or "api", check.text(one, "note", 300, at),
            ))  # fmt: skip
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, {"new": readings.keep(batch, by=request.user, at=request.now, via="api")}

        return answer(request, request.data, work)


class Movements(Endpoint):
    scopes = {"POST": "work"}
    body_limit = 1024 * 1024

    @writes("Changes of what customers pay a month", MovementsBody, {200: Kept})
    def post(self, request: Any) -> HttpResponse:
        check = Checks()
        moved = []
        for at, one in _each(request.data, "movements", {"source", "movements"}, MOVEMENT, check):
            moved.append({
                "id": check.whole(one, "customer", 1, 2**63 - 1, at), "key": check.text(one, "key", 160, at),
                "subscription": check.text(one, "subscription", 120, at),
                "currency": _currency(one, at, check),
                "before": check.whole(one, "before", 0, 10**12, at), "after": check.whole(one, "after", 0, 10**12, at),
                "occurred_at": check.moment(one, "occurred_at", at), "reason": check.text(one, "reason", 20, at),
            })  # fmt: skip
        source = ""
        if isinstance(request.data, dict):
            source = check.text(request.data, "source", 60)
            if not source and not check.has("source"):
                check.no("", "source", "required", "This field is needed.")
            if source in movements.OURS:
                check.no("", "source", "reserved", f"{source} is what is told here; name the system that says it.")
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, {"new": movements.keep(_known(moved, request, check), source=source, now=request.now,
                                               by=request.user.pk, via="api")}  # fmt: skip

        return answer(request, request.data, work)


def _currency(one: dict, at: str, check: Checks) -> str:
    code = check.text(one, "currency", 3, at)
    if code and not re.fullmatch("[A-Z]{3}", code):
        check.no(at, "currency", "invalid_currency", "A currency is three capital letters, such as USD.")
    return code


def _known(moved: list[dict[str, Any]], request: Any, check: Checks) -> list[dict[str, Any]]:
    """The movements with their companies. Raises Missing, Forbidden, Invalid for one of the future."""
    ids = [one["id"] for one in moved]
    rows = {row.pk: row for row in Customer.objects.select_related("csm__team").filter(pk__in=ids)}
    for n, one in enumerate(moved):
        if one["id"] not in rows:
            raise Missing(f"There is no customer {one['id']}.", field=f"movements.{n}.customer")
        if one["occurred_at"] > request.now:
            check.no(f"movements.{n}", "occurred_at", "future", "This is in the future.")
        if one["before"] == one["after"]:
            check.no(f"movements.{n}", "after", "no_change", "Before and after are the same.")
    if check.errors:
        raise check.failed()
    if not all(may_care(request.user, row) for row in rows.values()):
        raise Forbidden("One of these customers is looked after by somebody else.", code="not_yours")
    return [
        {**one, "customer": f"company:{rows[one['id']].company_id}", "company_id": rows[one["id"]].company_id}
        for one in moved
    ]


def _each(data: Any, name: str, known: set[str], schema: dict, check: Checks) -> list[tuple[str, dict]]:
    """The items of the list with the path of each, those that are objects with all they need."""
    if not check.is_object(data, "", known):
        return []
    given = data.get(name)
    if not isinstance(given, list) or not 1 <= len(given) <= MOST:
        check.no("", name, "required" if given is None else "not_a_list", f"Give a list of 1 to {MOST}.")
        return []
    found = []
    for n, one in enumerate(given):
        at = f"{name}.{n}"
        if check.is_object(one, at, set(schema["properties"])):
            for needed in schema["required"]:
                if one.get(needed) in (None, ""):
                    check.no(at, needed, "required", "This field is needed.")
            found.append((at, one))
    return found
