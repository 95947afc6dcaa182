"""How customers are doing (K25): the newest reading of four components, weighed.

A component nobody read is left out and the others weigh more, which is said: 80/60/100/50 at 35/25/20/20 is 73; without
sentiment it is 78.75. Green from 75, yellow from 50.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from customers.models import Component, HealthWeight
from revops.lib import bulk

GREEN, YELLOW = 75, 50
COLOURS = ("red", "yellow", "green", "unknown")


class Health(NamedTuple):
    """`score` 0–100 or None without any reading; `colour`: green, yellow, red, unknown; `components`: {component:
    value}; `missing`: components with a weight that nobody read."""

    score: float | None
    colour: str
    components: dict[str, int]
    missing: list[str]


# The newest reading of each component until a moment. Parameters: customers, as_of.
NEWEST = """
    SELECT c.id AS customer_id, w.component, w.weight, r.value
      FROM unnest(%(customers)s::bigint[]) AS c(id) CROSS JOIN customers_healthweight w
     CROSS JOIN LATERAL (
           SELECT h.value FROM customers_healthreading h
            WHERE h.customer_id = c.id AND h.component = w.component AND h.at <= %(as_of)s
            ORDER BY h.at DESC, h.id DESC LIMIT 1) r
     WHERE w.weight > 0"""

# The same as one number a customer, for lists: SQL over an alias `c` of customers_customer; parameter: as_of.
SCORE = """(
    SELECT sum(w.weight * r.value)::numeric / sum(w.weight)
      FROM customers_healthweight w
     CROSS JOIN LATERAL (
           SELECT h.value FROM customers_healthreading h
            WHERE h.customer_id = c.id AND h.component = w.component AND h.at <= %(as_of)s
            ORDER BY h.at DESC, h.id DESC LIMIT 1) r
     WHERE w.weight > 0)"""


def weigh(values: Mapping[str, int], weights: Mapping[str, int]) -> Health:
    """`values`: {component: 0–100}; exact, so that 74.999… is yellow and 75 is green."""
    read = {name: value for name, value in values.items() if weights.get(name)}
    missing = [name for name in Component.values if weights.get(name) and name not in read]
    whole = sum(weights[name] for name in read)
    if not whole:
        return Health(None, "unknown", {}, missing)
    score = Fraction(sum(weights[name] * value for name, value in read.items()), whole)
    return Health(float(score), colour(score), read, missing)


def colour(score: Fraction | float | None) -> str:
    if score is None:
        return "unknown"
    return "green" if score >= GREEN else "yellow" if score >= YELLOW else "red"


def of(customer_ids: Sequence[int], *, as_of: datetime) -> dict[int, Health]:
    """{customer id: Health} of every id asked for; two queries, however many."""
    weights = weights_now()
    found: dict[int, dict[str, int]] = {pk: {} for pk in customer_ids}
    for customer, component, _, value in bulk.query(NEWEST, {"customers": list(customer_ids), "as_of": as_of}):
        found[customer][component] = value
    return {pk: weigh(values, weights) for pk, values in found.items()}


def weights_now() -> dict[str, int]:
    return dict(HealthWeight.objects.values_list("component", "weight"))


def of_companies(company_ids: Sequence[int], *, as_of: datetime) -> dict[int, float]:
    """{company id: score} of the customers among them that were ever read (settings.ICP_HEALTH)."""
    rows = bulk.query("SELECT id, company_id FROM customers_customer WHERE company_id = ANY (%s)", [list(company_ids)])
    if not rows:
        return {}
    scores = of([pk for pk, _ in rows], as_of=as_of)
    return {company: score for pk, company in rows if (score := scores[pk].score) is not None}
