"""Counting who has what among the best customers, the other customers and the firms that were lost: the whole table
that a profile is chosen from, with what is missing said."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from revops.lib import bulk
from scoring.icp import lifts, traits
from scoring.icp.lifts import Customer

CUSTOMER_FOR = timedelta(days=90)
ROWS = 300
GIVEN = {"company_id": "bigint", "person_id": "bigint", "lead_id": "bigint", "kind": "text"}
# One pass: of each firm each trait's values; then of how many firms of each kind a trait is known, and how many have a
# value. A custom attribute with more than a few values is a name or a note; only what customers have is of use.
COUNTS = """
    WITH held AS MATERIALIZED (
        SELECT given.kind, t.name, h.has
          FROM {given} {about}
         CROSS JOIN unnest(%s::text[]) AS t(name)
         CROSS JOIN LATERAL (SELECT {held} AS has OFFSET 0) h
         WHERE h.has IS NOT NULL),
    counted AS (
        SELECT name, o.value, min(o.spelt) AS spelt, {by_kind}, count(*) OVER (PARTITION BY name) AS different
          FROM held CROSS JOIN LATERAL (SELECT lower(v) AS value, min(v) AS spelt FROM unnest(has) v GROUP BY 1) o
         GROUP BY name, o.value)
    SELECT name, NULL, NULL, {by_kind} FROM held GROUP BY name
    UNION ALL
    SELECT name, value, spelt, best, other, lost FROM counted
     WHERE best + other > 0 AND (different <= %s OR name = ANY (%s::text[]))
"""
BY_KIND = ", ".join(f"count(*) FILTER (WHERE kind = '{kind}') AS {kind}" for kind in ("best", "other", "lost"))


def basis(*, at: datetime) -> dict[str, Any]:
    """{at, customers, young, ranked, best, p0, lost, enough, measures: [{name, known}], unknown: [{label, share}],
    rows: […], left_out}. Each row: {attribute, label, value, text, many, b, n, raw, lift, low, high, verdict,
    best_known, lost_with, lost_known, targeting}; kept ones first, then by lift. The same few queries, whatever the
    number of deals."""
    firms = import_string(settings.ICP_CUSTOMERS)(at)
    customers = _of_90_days(firms, at)
    lost = [firm for firm in firms if not firm.won]
    ranking = lifts.ranked([
        Customer(firm.company_id, firm.value, firm.cycle_days, firm.health) for firm in customers
    ])  # fmt: skip
    p0 = len(ranking.best) / len(customers) if customers else 0.0
    found: dict[str, Any] = {
        "at": at.isoformat(),
        "customers": len(customers),
        "young": sum(firm.won for firm in firms) - len(customers),
        "ranked": ranking.ranked,
        "best": len(ranking.best),
        "p0": p0,
        "lost": len(lost),
        "enough": len(customers) >= lifts.FEWEST,
        "measures": [{"name": name, "known": known} for name, known in ranking.known.items()],
        "unknown": [],
        "rows": [],
        "left_out": 0,
    }
    if found["enough"]:
        rows = [
            (firm.company_id, firm.person_id, firm.lead_id, "best" if firm.company_id in ranking.best else "other")
            for firm in customers
        ]
        rows += [(firm.company_id, firm.person_id, firm.lead_id, "lost") for firm in lost]
        _tell_apart(found, rows, p0)
    return found


def customers(*, at: datetime) -> int:
    """How many customers older than 90 days there are."""
    return len(_of_90_days(import_string(settings.ICP_CUSTOMERS)(at), at))


def _of_90_days(firms: list[Any], at: datetime) -> list[Any]:
    return [firm for firm in firms if firm.won and at - firm.since >= CUSTOMER_FOR]


def _tell_apart(found: dict[str, Any], firms: list[tuple], p0: float) -> None:
    offered = {trait.name: trait for trait in traits.offered()}
    known, values = _counted(firms, list(offered))
    name = traits.namer()
    rows = []
    for trait, value, spelt, best, other, lost in values:
        best_known, _, lost_known = known[trait]
        rows.append({
            "attribute": trait, "label": offered[trait].label, "value": value, "many": offered[trait].many,
            "text": name(trait, value if trait in traits.CODED else spelt),
            **asdict(lifts.lift(best, best + other, p0)), "best_known": best_known, "lost_with": lost,
            "lost_known": lost_known, "targeting": lifts.describes_targeting(best, best_known, lost, lost_known),
        })  # fmt: skip
    rows.sort(key=_order)
    found["left_out"] = max(0, len(rows) - ROWS)
    found["rows"] = rows[:ROWS]
    found["unknown"] = [
        {"label": trait.label, "share": 1 - sum(known.get(trait.name, (0, 0, 0))[:2]) / found["customers"]}
        for trait in offered.values()
    ]


def _counted(firms: list[tuple], names: list[str]) -> tuple[dict[str, tuple[int, int, int]], list[tuple]]:
    """({trait: (best, other, lost) it is known of}, [(trait, value, a spelling, best, other, lost)])."""
    given, params = bulk.source(GIVEN, firms, alias="given")
    text = COUNTS.format(given=given, about=traits.ABOUT, held=traits.held("t.name"), by_kind=BY_KIND)
    rows = bulk.query(text, [*params, names, traits.MOST_VALUES, list(traits.TRAITS)])
    known = {row[0]: tuple(row[3:]) for row in rows if row[1] is None}
    return known, [row for row in rows if row[1] is not None]


def _order(row: dict[str, Any]) -> tuple:
    place = {"kept": 0, "against": 1, "unclear": 2, "few": 3}[row["verdict"]]
    return place, -(row["lift"] or 0), -row["n"], row["attribute"], row["value"]


def proposed(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows a profile begins with: clearly more often best, and clearly rarer among those who were lost."""
    return [row for row in found["rows"] if row["verdict"] == "kept" and not row["targeting"]]


def criteria(found: dict[str, Any], chosen: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """The chosen (attribute, value) pairs as criteria. Values that exclude one another make one criterion together,
    their counts added up; of a trait with several values at once each is one of its own."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for row in found["rows"]:
        if (row["attribute"], row["value"]) not in chosen:
            continue
        key = (row["attribute"], row["value"] if row["many"] else "")
        one = made.setdefault(
            key, {"attribute": row["attribute"], "label": row["label"], "values": [], "texts": [], "best": 0, "n": 0}
        )
        one["values"].append(row["value"])
        one["texts"].append(row["text"])
        one["best"] += row["b"]
        one["n"] += row["n"]
    for one in made.values():
        together = lifts.lift(one["best"], one["n"], found["p0"])
        one |= {"lift": together.lift, "low": together.low, "high": together.high}
    return list(made.values())
