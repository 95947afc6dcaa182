"""Why a score is what it is: lines that add up to it exactly."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from leads.attributes import asked_once
from leads.conditions import tree
from leads.rehearsal import Beside
from revops.lib import bulk
from scoring import current, words
from scoring.compiling import WHO, Compiled, half_life, is_frequency
from scoring.models import Rule, ScoringModel
from scoring.points import FULL, points, units

PARTS = ("fit", "engagement", "usage")


@dataclass(frozen=True, slots=True)
class Line:
    """`part`: fit, engagement or usage. `kind`: rule, touch, cap (of a group), limit (0 and 100) or missing.

    `points`: exact to a ten-thousandth. `touch_id`: the touch that gave them; of a frequency rule the one that made the
    count, `at` when it was made. `until`: when a window will close.
    """

    part: str
    kind: str
    label: str
    points: Decimal
    note: str = ""
    touch_id: int | None = None
    rule_id: int | None = None
    until: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The lines of each part sum to that part's score. `version` None: no model is published, nothing is scored."""

    person_id: int
    as_of: datetime
    version: int | None
    fit: Decimal = Decimal(0)
    engagement: Decimal = Decimal(0)
    usage: Decimal = Decimal(0)
    cell: str = "C3"
    pql: bool = False
    lines: list[Line] = field(default_factory=list)

    def of_part(self, part: str) -> list[Line]:
        return [line for line in self.lines if line.part == part]

    def as_json(self) -> dict[str, Any]:
        """Points as numbers of at most four decimals."""
        return {
            "as_of": self.as_of, "version": self.version, "cell": self.cell, "pql": self.pql,
            **{part: float(getattr(self, part)) for part in PARTS},
            "lines": [
                {"part": one.part, "kind": one.kind, "label": one.label, "points": float(one.points), "note": one.note,
                 "touch": one.touch_id, "rule": one.rule_id, "until": one.until}
                for one in self.lines
            ],
        }  # fmt: skip


@asked_once()
def of(
    person_id: int, *, as_of: datetime, model: ScoringModel | None = None, moment: str = "now",
    beside: Beside | None = None,
) -> Receipt | None:  # fmt: skip
    """The receipt of a person at `as_of` under `model` (default: the published one); None for nobody.

    `moment="then"` reads attributes and touches as they were known at `as_of`. `beside`: rows in place of those kept
    (leads.rehearsal). Three queries, one more for the model.
    """
    model = model or ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    if model is None:
        return Receipt(person_id, as_of, None)
    compiled = current.of_model(model, moment=moment)
    unknowns = _unknown_checks(compiled)
    over = beside.text if beside else ""
    params = {**compiled.params, "as_of": as_of, "person": person_id, **(beside.params if beside else {})}
    missing = f"ARRAY[{', '.join(unknowns.values())}]::boolean[]" if unknowns else "NULL::boolean[]"
    rows = bulk.query(
        f"{over}SELECT {compiled.columns}, {missing} AS missing FROM {compiled.source} WHERE p.id = %(person)s", params
    )
    if not rows:
        return None
    given, anchors, *numbers, pql, cell, _due, missing_flags = rows[0]
    raw = dict(zip(PARTS, numbers[:3], strict=True))
    unknown = {key for key, flag in zip(unknowns, missing_flags or [], strict=False) if flag}
    writer = _Writer(compiled, given, anchors, as_of, unknown)
    writer.touches = _touches(compiled, params, over) if compiled.matching else []
    lines = writer.lines(raw)
    shown = {part: points(max(0, min(FULL, int(raw[part])))) for part in PARTS}
    return Receipt(person_id, as_of, model.version, cell=cell, pql=pql, lines=lines, **shown)


def _unknown_checks(compiled: Compiled) -> dict[tuple[str, str], str]:
    """{(part, label): SQL whether it is unknown} for the attributes that the rules of a part look at."""
    checks: dict[tuple[str, str], str] = {}
    for rule in compiled.rules:
        for name, attribute in tree.attributes_of(tree.read(rule.condition)).items():
            checks[rule.kind, attribute.label] = f"({compiled.given.get(name, attribute.sql)}) IS NULL"
    return checks


def _touches(compiled: Compiled, params: dict[str, Any], over: str) -> list[tuple]:
    """Touches that count for any rule, newest first: (id, at, asset, {rule's index: ten-thousandths or None})."""
    hits = [
        f"CASE WHEN {matches} THEN ARRAY[{i}, {worth or 'NULL'}]::int[] END"
        for i, (matches, worth) in compiled.matching.items()
    ]
    rows = bulk.query(
        f"{over}SELECT x.* FROM (SELECT t.id, t.occurred_at, t.asset, {', '.join(hits)} FROM {WHO} "
        f"JOIN LATERAL {compiled.touches} ON TRUE WHERE p.id = %(person)s) x ORDER BY 2 DESC, 1 DESC",
        params,
    )
    return [(pk, at, asset, {hit[0]: hit[1] for hit in found if hit}) for pk, at, asset, *found in rows if any(found)]


class _Writer:
    """Turns the points of each rule into lines, and what groups and limits took away into lines of their own."""

    def __init__(
        self, compiled: Compiled, given: list[int | None], anchors: list[datetime | None], as_of: datetime,
        unknown: set[tuple[str, str]],
    ) -> None:  # fmt: skip
        self.rules, self.given, self.anchors, self.as_of, self.unknown = compiled.rules, given, anchors, as_of, unknown
        self.touches: list[tuple] = []

    def lines(self, raw: dict[str, int]) -> list[Line]:
        found = []
        for part in PARTS:
            mine = [line for i, rule in enumerate(self.rules) if rule.kind == part for line in self.of_rule(i, rule)]
            mine.sort(key=lambda line: -line.points)
            mine += self.caps(part)
            over = int(raw[part]) - max(0, min(FULL, int(raw[part])))
            if over:
                label = "A score is at most 100" if over > 0 else "A score is never below 0"
                mine.append(Line(part, "limit", label, points(-over)))
            found += mine
            found += [
                Line(part, "missing", label[:1].upper() + label[1:], Decimal(0), "missing, not a minus")
                for of, label in sorted(self.unknown)
                if of == part and (part == Rule.Kind.FIT or self.touches)
            ]
        return found

    def of_rule(self, i: int, rule: Rule) -> list[Line]:
        if rule.kind == Rule.Kind.FIT:
            return [Line(rule.kind, "rule", rule.name, points(self.given[i]), rule_id=rule.pk)] if self.given[i] else []
        if not self.given[i]:  # too few touches, or its condition does not hold
            return []
        mine = [(pk, at, asset, hits[i]) for pk, at, asset, hits in self.touches if i in hits]
        if not is_frequency(rule):
            return [
                Line(rule.kind, "touch", rule.name, points(worth), self.faded(rule, at, asset), pk, rule.pk, at=at)
                for pk, at, asset, worth in mine
                if worth
            ]
        anchor = self.anchors[i]
        if anchor is None:
            return []
        maker = next((pk for pk, at, _, _ in mine if at == anchor), None)
        until = anchor + timedelta(days=rule.within_days) if rule.within_days else None
        note = words.counted(rule)
        return [Line(rule.kind, "rule", rule.name, points(self.given[i]), note, maker, rule.pk, until, anchor)]

    def faded(self, rule: Rule, at: datetime, asset: str) -> str:
        age = (self.as_of - at).total_seconds() / 86_400
        return words.faded(rule.points, age, half_life(rule), asset)

    def caps(self, part: str) -> list[Line]:
        sums: dict[int, int] = {}
        groups = {}
        for i, rule in enumerate(self.rules):
            if rule.kind == part and rule.group is not None and rule.group.cap is not None:
                groups[rule.group_id] = rule.group
                sums[rule.group_id] = sums.get(rule.group_id, 0) + (self.given[i] or 0)
        over = {pk: units(group.cap) - sums[pk] for pk, group in groups.items()}
        return [
            Line(part, "cap", f"{group.name}: at most {words.plain(group.cap)}", points(over[pk]))
            for pk, group in groups.items()
            if over[pk] < 0
        ]
