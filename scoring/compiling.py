"""A model as one SQL expression set: points of each rule, the three scores, the cell, and when time will change them.

One pass over a person's touches feeds every rule. The same text scores one person or a million and, with
`moment="then"`, the past; the receipt reads the same columns. Parts, each a lateral step so that nothing is computed
twice: `e` aggregates touches, `a` finds the anchors of frequency rules, `r` gives each rule its points (NULL where the
attribute is unknown), `s` adds them up under the groups' caps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leads import conditions
from leads.conditions import touch_filter
from leads.conditions.sql import Writer, window_start
from leads.models.stage import OPEN_STAGES
from scoring.models import Rule, ScoringModel
from scoring.points import DEFAULT_HALF_LIFE, FULL, UNIT, units

OPEN = ", ".join(f"'{stage.value}'" for stage in OPEN_STAGES)
KINDS = (Rule.Kind.FIT.value, Rule.Kind.ENGAGEMENT.value, Rule.Kind.USAGE.value)
# Below this sum of decaying points nobody sees them move any more, so time alone is not worth a look.
STILL_MOVING = UNIT // 20
REFRESH = "interval '24 hours'"


@dataclass(frozen=True, slots=True)
class Compiled:
    """`source`: the FROM clause, aliases p, c, l and the steps; `columns`: the scores as a select list.

    columns: points bigint[] (ten-thousandths, in the order of `rules`, NULL = unknown), anchors timestamptz[] (NULL for
    all but firing frequency rules), fit_raw, engagement_raw, usage_raw (before the clamp), fit, engagement, usage
    (float8, 0–100), pql, cell, due timestamptz. `touches`: the touches' source with `age` in days.
    `matching[i]`: (SQL whether touch t counts for rule i, SQL of what it adds by itself or None).
    Bind `params` and `as_of`.
    """

    model: ScoringModel
    rules: tuple[Rule, ...]
    source: str
    columns: str
    touches: str
    matching: dict[int, tuple[str, str | None]]
    params: dict[str, Any]


def compiled(model: ScoringModel, rules: Sequence[Rule], *, moment: str = "now") -> Compiled:
    """`rules` with their groups loaded, in the order receipts and traces use. Raises Invalid for a broken condition."""
    return _Compiler(model, tuple(rules), then=moment == "then").compiled()


def is_frequency(rule: Rule) -> bool:
    """Awarded once when enough touches fall into the window, not by each touch."""
    return rule.kind == Rule.Kind.USAGE or rule.at_least is not None


def half_life(rule: Rule) -> float | None:
    """Days; None for what does not fade. A rule whose every touch counts always fades."""
    return rule.half_life_days or (None if is_frequency(rule) else DEFAULT_HALF_LIFE)


class _Compiler:
    def __init__(self, model: ScoringModel, rules: tuple[Rule, ...], *, then: bool) -> None:
        self.model, self.rules, self.then = model, rules, then
        self.writer = Writer("m", then=then)
        self.bind = self.writer.bind
        self.params: dict[str, Any] = {}
        self.aggregates: list[str] = []
        self.anchors: list[str] = []
        self.points: list[str] = []
        self.leaving: list[str] = []
        self.fading: list[str] = []
        self.matching: dict[int, tuple[str, str | None]] = {}

    def compiled(self) -> Compiled:
        for i, rule in enumerate(self.rules):
            if rule.kind == Rule.Kind.FIT:
                self.fit(i, rule)
            elif is_frequency(rule):
                self.frequency(i, rule)
            else:
                self.each_touch(i, rule)
        source = self.source()
        columns = self.columns()
        return Compiled(
            self.model, self.rules, source, columns, self.touches(), self.matching, self.params | self.writer.params
        )

    # --- rules -------------------------------------------------------------------------------------------------

    def fit(self, i: int, rule: Rule) -> None:
        condition = conditions.compile(rule.condition, prefix=f"r{i}", moment="then" if self.then else "now")
        self.params |= condition.params
        self.points.append(f"({condition.text})::int * {units(rule.points)} AS r{i}")

    def each_touch(self, i: int, rule: Rule) -> None:
        matches = touch_filter.matches(rule.touches, self.bind)
        worth = faded(rule, "t.age", self.bind)
        self.matching[i] = (matches, worth)
        self.aggregates.append(f"COALESCE(sum({worth}) FILTER (WHERE {matches}), 0) AS e{i}")
        self.points.append(f"e.e{i} AS r{i}")
        self.fading.append(f"abs(r.r{i})")

    def frequency(self, i: int, rule: Rule) -> None:
        counted = [touch_filter.matches(rule.touches, self.bind)]
        if rule.within_days is not None:
            window = self.bind(rule.within_days)
            counted.append(f"t.occurred_at > {window_start(window)}")
            self.leaving.append(f"a.a{i} + {window} * interval '24 hours'")
        k = int(rule.at_least or 1)
        newest = "ORDER BY t.occurred_at DESC, t.id DESC"
        if rule.distinct:
            key = touch_filter.DISTINCT[rule.distinct].format(t="t")
            counted.append(f"{key} IS NOT NULL")
            only = f"FILTER (WHERE {' AND '.join(counted)})"
            self.aggregates += [
                f"array_agg(t.occurred_at {newest}) {only} AS t{i}", f"array_agg({key} {newest}) {only} AS k{i}",
            ]  # fmt: skip
            self.anchors.append(
                f"(SELECT max(u.at) FROM unnest(e.t{i}, e.k{i}) AS u(at, key) "
                f"GROUP BY u.key ORDER BY 1 DESC OFFSET {k - 1} LIMIT 1) AS a{i}"
            )
        else:
            if touch_filter.counts_reloads(rule.touches):
                counted.append("t.fresh")
            only = f"FILTER (WHERE {' AND '.join(counted)})"
            self.aggregates.append(f"(array_agg(t.occurred_at {newest}) {only})[{k}] AS t{i}")
            self.anchors.append(f"e.t{i} AS a{i}")
        self.matching[i] = (" AND ".join(counted), None)
        age = f"extract(epoch FROM (%(as_of)s::timestamptz - a.a{i}))::float8 / 86400"
        worth = faded(rule, age, self.bind) if rule.half_life_days else str(units(rule.points))
        self.points.append(f"CASE WHEN a.a{i} IS NULL THEN 0 ELSE {worth} END AS r{i}")
        if rule.half_life_days:
            self.fading.append(f"abs(r.r{i})")

    # --- parts -------------------------------------------------------------------------------------------------

    def touches(self) -> str:
        reloads = any(
            is_frequency(rule) and not rule.distinct and touch_filter.counts_reloads(rule.touches)
            for rule in self.rules
            if rule.kind != Rule.Kind.FIT
        )
        return (
            "(SELECT x.*, extract(epoch FROM (%(as_of)s::timestamptz - x.occurred_at))::float8 / 86400 AS age "
            f"FROM {touch_filter.of_person(known_then=self.then, reloads=reloads, t='x')}) t"
        )

    def source(self) -> str:
        steps = []
        if self.aggregates:
            steps.append(f"(SELECT {', '.join(self.aggregates)} FROM {self.touches()}) e")
        # OFFSET 0 keeps a step a step: folded into the next one, its expressions would be computed once a mention.
        if self.anchors:
            steps.append(f"(SELECT {', '.join(self.anchors)} OFFSET 0) a")
        if self.points:
            steps.append(f"(SELECT {', '.join(self.points)} OFFSET 0) r")
        steps.append(f"(SELECT {', '.join(f'{self.total(kind)} AS {kind}' for kind in KINDS)} OFFSET 0) s")
        steps.append(
            f"(SELECT {', '.join(f'LEAST(GREATEST(s.{kind}, 0), {FULL}) AS {kind}' for kind in KINDS)} OFFSET 0) z"
        )
        return (
            "leads_person p LEFT JOIN leads_company c ON c.id = p.company_id "
            f"LEFT JOIN leads_lead l ON l.person_id = p.id AND l.stage IN ({OPEN}) "
            + " ".join(f"CROSS JOIN LATERAL {step}" for step in steps)
        )

    def total(self, kind: str) -> str:
        """Σ over the groups of min(cap, Σ of its rules), before the clamp."""
        groups: dict[int | None, list[int]] = {}
        caps: dict[int, float] = {}
        for i, rule in enumerate(self.rules):
            if rule.kind == kind:
                capped = rule.group is not None and rule.group.cap is not None
                groups.setdefault(rule.group_id if capped else None, []).append(i)
                if capped:
                    caps[rule.group_id] = rule.group.cap
        sums = []
        for group, members in groups.items():
            added = " + ".join(f"COALESCE(r.r{i}, 0)" for i in members)
            sums.append(f"LEAST({units(caps[group])}, {added})" if group in caps else added)
        return f"({' + '.join(sums) or '0'})::bigint"

    def columns(self) -> str:
        usage = [i for i, rule in enumerate(self.rules) if rule.kind == Rule.Kind.USAGE]
        holds = (" AND " if self.model.pql_all else " OR ").join(f"a.a{i} IS NOT NULL" for i in usage)
        anchored = [
            f"a.a{i}" if rule.kind != Rule.Kind.FIT and is_frequency(rule) else "NULL"
            for i, rule in enumerate(self.rules)
        ]
        model = self.model
        letter = graded("z.fit", "A", model.fit_a, "B", model.fit_b, "C")
        digit = graded("z.engagement", "1", model.engagement_1, "2", model.engagement_2, "3")
        due = list(self.leaving)
        if self.fading:
            moving = f"{' + '.join(self.fading)} >= {STILL_MOVING}"
            due.append(f"CASE WHEN {moving} THEN %(as_of)s::timestamptz + {REFRESH} END")
        return ", ".join([
            f"ARRAY[{', '.join(f'r.r{i}' for i in range(len(self.rules)))}]::bigint[] AS points",
            f"ARRAY[{', '.join(anchored)}]::timestamptz[] AS anchors",
            *(f"s.{kind} AS {kind}_raw" for kind in KINDS),
            *(f"z.{kind} / {UNIT}.0::float8 AS {kind}" for kind in KINDS),
            f"{f'({holds})' if usage else 'FALSE'} AS pql",
            f"{letter} || {digit} AS cell",
            f"LEAST(NULL::timestamptz{''.join(', ' + moment for moment in due)}) AS due",
        ])  # fmt: skip


def graded(score: str, best: str, from_best: float, good: str, from_good: float, rest: str) -> str:
    return (
        f"CASE WHEN {score} >= {units(from_best)} THEN '{best}' "
        f"WHEN {score} >= {units(from_good)} THEN '{good}' ELSE '{rest}' END"
    )


def faded(rule: Rule, age: str, bind) -> str:
    """Ten-thousandths left of the rule's points after `age` days (SQL): points · 2^(−age / half-life)."""
    # 2^−200 is nothing, and 2^−1100 would be an underflow, which PostgreSQL refuses.
    return (
        f"round({units(rule.points)} * power(2.0::float8, -LEAST({age} / {bind(half_life(rule))}::float8, 200)))::int"
    )
