"""The company's own leads as a table: what was known of each at its hand-off, and what became of it.

Only leads that were handed over teach: nobody knows what would have become of the others, and counting them as failures
would teach the present rules back to us. The outcome is looked for within the horizon after the hand-off; leads handed
over later than that are left out and counted. What became known after the hand-off is unknown here, and counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import AsIs

from leads.attributes import DATE, LIST, NUMBER, ORDERED, TEXT, YES_NO, Attribute, known, registry
from leads.conditions import touch_filter
from leads.models import AttributeDefinition
from leads.models.touch import COUNTED
from revops.lib import bulk
from scoring.compiling import Compared, compared
from scoring.learning.table import Column, Table, useless
from scoring.models import Rule, ScoringModel

LOT = 1_000
MOST = 20_000  # the newest hand-offs; more would teach little more
RECENT = 90  # days of touches counted before the hand-off
HORIZONS = {"sql": 60, "won": 180}  # days (DOMAIN 3.4)
BECAME = {"sql": "became an SQL", "won": "were won"}
# Who somebody is, not what they are like; texts; and what is made of the points themselves or of outcomes.
SKIPPED = {"person.email", "company.name", "company.domain", "person.mail_domain", "person.first_touch", "lead.created"}
OF_OUTCOMES = {"company.icp": "is itself made from who bought"}


@dataclass(slots=True)
class Leads:
    """`table`: the attributes and the touches; `fired`: one a lead, the share of its full points that each rule gave at
    the hand-off (1 = fired just then), in the order of `rules`. `young`: handed over too lately to judge."""

    table: Table
    rules: tuple[Rule, ...]
    fired: list[list[float]]
    handed: list[datetime]
    young: int


@dataclass(slots=True)
class _Rows:
    ids: list[int] = field(default_factory=list)
    handed: list[datetime] = field(default_factory=list)
    outcome: list[bool] = field(default_factory=list)
    fired: list[list[float]] = field(default_factory=list)
    touches: list[Mapping[str, int]] = field(default_factory=list)
    later: list[frozenset[str]] = field(default_factory=list)
    values: list[tuple] = field(default_factory=list)


def expected(outcome: str, now: datetime) -> tuple[int, int]:
    """(leads to learn from, leads too young). One query."""
    [(ripe, young)] = bulk.query(
        "SELECT count(*) FILTER (WHERE l.mql_at < %(until)s), count(*) FILTER (WHERE l.mql_at >= %(until)s) "
        f"FROM leads_lead l WHERE {_POPULATION} AND l.mql_at < %(now)s",
        {"until": now - timedelta(days=HORIZONS[outcome]), "now": now},
    )
    return min(ripe, MOST), young


def build(
    model: ScoringModel, *, outcome: str, now: datetime, told: Callable[[int], None] = lambda done: None
) -> Leads:  # fmt: skip
    """`outcome`: sql or won. `told(done)` after every lot may raise to stop. Touches and facts are read in lots."""
    rules = tuple(Rule.objects.filter(model=model).select_related("group"))
    attributes, unusable = _attributes()
    both = compared([(model, rules)], also=attributes)
    horizon = HORIZONS[outcome]
    rows = _Rows()
    total, young = expected(outcome, now)
    params = {"until": now - timedelta(days=horizon), "most": MOST}
    ids = [pk for (pk,) in bulk.query(
        f"SELECT x.id FROM (SELECT l.id, l.mql_at FROM leads_lead l WHERE {_POPULATION} AND l.mql_at < %(until)s "
        "ORDER BY l.mql_at DESC, l.id DESC LIMIT %(most)s) x ORDER BY x.mql_at, x.id", params,
    )]  # fmt: skip
    text = _statement(both, attributes, f"l.{outcome}_at")
    for start in range(0, len(ids), LOT):
        _read(rows, text, both, rules, ids[start : start + LOT], horizon)
        told(min(start + LOT, total))
    columns = [*_columns(rows, attributes), *_touch_columns(rows)]
    table = Table([], rows.outcome, [at.timestamp() for at in rows.handed], BECAME[outcome], unusable=unusable)
    for column in columns:
        why = useless(column.values, real=column.kind == NUMBER)
        # An attribute nobody filled in time, but later, is one the guard must name.
        if why and not column.late:
            table.unusable[column.called] = why
        else:
            table.columns.append(column)
    table.left_out = {f"handed over less than {horizon} days ago": young} if young else {}
    return Leads(table, rules, rows.fired, rows.handed, young)


_POPULATION = "l.mql_at IS NOT NULL AND NOT l.undated AND l.merged_into_id IS NULL"


def _attributes() -> tuple[list[Attribute], dict[str, str]]:
    """(those whose past is kept, {label: why not} of the others)."""
    custom = [
        f"{subject}.custom.{name}" for subject, name in AttributeDefinition.objects.values_list("subject", "name")
    ]
    used, unusable = [], {}
    for name, one in {**registry(), **known(custom)}.items():
        if name.startswith("score.") or name in SKIPPED or one.type == DATE:
            continue
        if name in OF_OUTCOMES:
            unusable[one.label] = OF_OUTCOMES[name]
        elif one.past is None and one.fact is None:
            unusable[one.label] = "has no history: what it was at the hand-off is not known"
        else:
            used.append(one)
    return used, unusable


def _statement(both: Compared, attributes: Sequence[Attribute], won: str) -> str:
    given = "".join(f", {both.given[one.name]}" for one in attributes)
    touches = touch_filter.of_person(known_then=True, reloads=False, t="t")
    counted = ", ".join(f"'{one}'" for one in COUNTED)
    return f"""
    SELECT l.id, m.at, COALESCE({won} <= m.at + %(horizon)s * interval '24 hours', FALSE),
           {both.points(both.sides[0])},
           (SELECT jsonb_object_agg(n.kind, n.n)::text FROM (SELECT t.kind, count(*) AS n FROM {touches}
              WHERE t.occurred_at > m.at - {RECENT} * interval '24 hours' AND t.standing IN ({counted})
                AND t.direction = 'in' GROUP BY t.kind) n),
           {_later("person", "p.id")} || {_later("company", "p.company_id")} || {_later("lead", "l.id")}
           {given}
      FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked(id, place)
      JOIN leads_lead l ON l.id = asked.id JOIN leads_person p ON p.id = l.person_id
      LEFT JOIN leads_company c ON c.id = p.company_id
      CROSS JOIN LATERAL (SELECT l.mql_at AS at) m {both.steps}
     ORDER BY asked.place"""


def _later(subject: str, owner: str) -> str:
    """text[]: what became known about the subject after the hand-off, as “person.title”."""
    return (
        f"COALESCE((SELECT array_agg(DISTINCT '{subject}.' || e.key) FROM leads_attributefact f "
        f"CROSS JOIN LATERAL jsonb_each(f.values) e WHERE f.subject_kind = '{subject}' AND f.subject_id = {owner} "
        "AND f.at > m.at AND NOT l.history AND e.value NOT IN ('null', '\"\"', '[]')), '{}')"
    )


def _read(
    rows: _Rows, text: str, both: Compared, rules: Sequence[Rule], ids: Sequence[int], horizon: int
) -> None:  # fmt: skip
    params = both.params | {"as_of": AsIs("m.at"), "ids": list(ids), "horizon": horizon}
    for pk, at, won, points, touches, later, *values in bulk.query(text, params):
        rows.ids.append(pk)
        rows.handed.append(at)
        rows.outcome.append(won)
        rows.fired.append([_share(rule, got) for rule, got in zip(rules, points, strict=True)])
        rows.touches.append(bulk.loads(touches))
        rows.later.append(frozenset(later))
        rows.values.append(tuple(values))


def _share(rule: Rule, units: int | None) -> float:
    return (units or 0) / 10_000 / rule.points if rule.points else 0.0


def _columns(rows: _Rows, attributes: Sequence[Attribute]) -> list[Column]:
    found = []
    for i, one in enumerate(attributes):
        kind = TEXT if one.type == ORDERED else one.type
        values = [_value(row[i], kind) for row in rows.values]
        fact = ".".join(one.fact) if one.fact else ""
        late = (
            sum(value is None and fact in later for value, later in zip(values, rows.later, strict=True)) if fact else 0
        )
        filled = sum(value is not None for value in values) + late
        found.append(Column(one.name, kind, values, one.label, late=late, known=filled))
    return found


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == NUMBER:
        return float(value)
    if kind == LIST:
        return tuple(str(item) for item in value)
    return bool(value) if kind == YES_NO else str(value)


def _touch_columns(rows: _Rows) -> list[Column]:
    kinds = sorted({kind for one in rows.touches for kind in one})
    return [
        Column(
            f"touch.{kind}", NUMBER, [float(one.get(kind, 0)) for one in rows.touches],
            f"{kind.replace('_', ' ')} in {RECENT} days",
        )
        for kind in kinds
    ]  # fmt: skip
