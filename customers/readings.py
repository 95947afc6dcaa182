"""Readings of how customers are doing: typed in, sent by a program, or read from a file; always appended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.models import Component, Customer
from customers.rights import may_care
from journal.record import Fact, record
from revops.lib import bulk
from revops.lib.errors import Forbidden, Invalid, Missing

MOST = 1_000  # in one request
AT_ONCE = 20_000  # a file: 5,000 lines of four
TYPES = {
    "customer_id": "bigint", "component": "text", "value": "int", "at": "timestamptz", "source": "text",
    "note": "text", "by_id": "bigint",
}  # fmt: skip


@dataclass(slots=True)
class Reading:
    """`value` 0–100 of a Component at a moment; the same of one source at one moment is kept once."""

    customer_id: int
    component: str
    value: int
    at: datetime
    source: str = "hand"
    note: str = ""


def keep(batch: Sequence[Reading], *, by: Any, at: datetime, via: str = "page") -> int:
    """All or nothing; how many were new. Raises Missing for a customer that isn't there, Invalid naming the
    line (`readings.3.value`), Forbidden when one of the
    customers isn't theirs to look after. Records `customer.read` once a customer."""
    if len(batch) > AT_ONCE:
        raise Invalid(f"At most {AT_ONCE} readings at once.", code="too_many", field="readings")
    customers = {
        one.pk: one
        for one in Customer.objects.select_related("csm__team").filter(pk__in={r.customer_id for r in batch})
    }
    for n, one in enumerate(batch):
        if one.customer_id not in customers:
            raise Missing(f"There is no customer {one.customer_id}.", field=f"readings.{n}.customer")
    errors = [error for n, one in enumerate(batch) if (error := _wrong(n, one, at))]
    if errors:
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors)
    for customer in customers.values():
        if not may_care(by, customer):
            raise Forbidden("One of these customers is looked after by somebody else.", code="not_yours")
    rows = [(r.customer_id, r.component, r.value, r.at, r.source[:60] or "hand", r.note[:300], by.pk) for r in batch]
    with transaction.atomic():
        relation, params = bulk.source(TYPES, rows)
        made = bulk.query(
            f"""INSERT INTO customers_healthreading ({", ".join(TYPES)})
                SELECT DISTINCT ON (v.customer_id, v.component, v.at, v.source) v.* FROM {relation}
                 WHERE NOT EXISTS (SELECT FROM customers_healthreading h
                                    WHERE h.customer_id = v.customer_id AND h.component = v.component
                                      AND h.at = v.at AND h.source = v.source)
                RETURNING customer_id, component""",
            params,
        )
        told: dict[int, list[str]] = {}
        for customer, component in made:
            told.setdefault(customer, []).append(component)
        facts = [
            Fact("customer.read", "customer", pk, at, by=by.pk, via=via, data={"components": sorted(set(names))})
            for pk, names in sorted(told.items())
        ]
        record(facts, now=at)
    return len(made)


def _wrong(n: int, one: Reading, now: datetime) -> dict[str, str] | None:
    def no(name: str, code: str, detail: str) -> dict[str, str]:
        return {"field": f"readings.{n}.{name}", "code": code, "detail": detail}

    if one.component not in Component.values:
        return no("component", "unknown", f"Choose one of {', '.join(Component.values)}.")
    if not 0 <= one.value <= 100:
        return no("value", "out_of_range", "Give a whole number from 0 to 100.")
    if one.at > now:
        return no("at", "future", "This is in the future.")
    return None
