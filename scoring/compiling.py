"""A model as one SQL expression set: points of each rule, the three scores, the cell, and when time will change them.

One pass over a person's touches feeds every rule. The same text scores one person or a million and, with
`moment="then"`, the past; the receipt reads the same columns. Parts, each a lateral step so that nothing is computed
twice: `e` aggregates touches, `a` finds the anchors of frequency rules, `r` gives each rule its points (NULL where the
attribute is unknown), `s` adds them up under the groups' caps. In the past `k` and `h` come first: what was known of
the attributes. Two models are compared in one pass: a rule they share is worked out once. A rule about touches that has
a condition too counts only where that holds: where it does not, or is unknown, it gives 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leads import conditions
from leads.attributes import Attribute
from leads.conditions import past, touch_filter, tree
from leads.conditions.past import Past
from leads.conditions.sql import Writer, window_start
from leads.models.stage import OPEN_STAGES
from revops.lib.bulk import dumps
from scoring.models import Rule, ScoringModel
from scoring.points import DEFAULT_HALF_LIFE, FULL, UNIT, units

OPEN = ", ".join(f"'{stage.value}'" for stage in OPEN_STAGES)
# A person, their firm and their open lead: the aliases every condition reads.
WHO = (
    "leads_person p LEFT JOIN leads_company c ON c.id = p.company_id "
    f"LEFT JOIN leads_lead l ON l.person_id = p.id AND l.stage IN ({OPEN})"
)
KINDS = (Rule.Kind.FIT.value, Rule.Kind.ENGAGEMENT.value, Rule.Kind.USAGE.value)
# Below this sum of decaying points nobody sees them move any more, so time alone is not worth a look.
STILL_MOVING = UNIT // 20
REFRESH = "interval '24 hours'"
MOST_INT = 2**31 - 1  # thousands of touches by one rule may add up to more than a kept row holds


@dataclass(frozen=True, slots=True)
class Side:
    """One model's part of what was compiled. `places[i]`: where the i-th of its `rules` stands among the points `r`."""

    model: ScoringModel
    rules: tuple[Rule, ...]
    places: tuple[int, ...]
    name: str

    def of(self, column: str) -> str:
        """SQL of its score before (`raw.fit`) or after the clamp (`fit`), in ten-thousandths."""
        return f"s{self.name}.{column[4:]}" if column.startswith("raw.") else f"z{self.name}.{column}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """`source`: the FROM clause, aliases p, c, l and the steps; `columns`: the scores as a select list.

    columns: points bigint[] (ten-thousandths, in the order of `rules`, NULL = unknown), anchors timestamptz[] (NULL for
    all but firing frequency rules), fit_raw, engagement_raw, usage_raw (before the clamp), fit, engagement, usage
    (float8, 0–100), pql, cell, due timestamptz. `touches`: the touches' source with `age` in days.
    `matching[i]`: (SQL whether touch t counts for rule i, SQL of what it adds by itself or None). `given`: SQL of the
    attributes as they were known, in the past. Bind `params` and `as_of`.
    """

    model: ScoringModel
    rules: tuple[Rule, ...]
    source: str
    columns: str
    touches: str
    matching: dict[int, tuple[str, str | None]]
    params: dict[str, Any]
    given: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """Several models over the past in one pass: `steps` go behind the aliases p, c, l, each reads those before it.

    `%(as_of)s` stands in them for a column or a parameter. `scores(side, without=i)`: a select list of fit, engagement,
    usage, pql and cell, as they are or as they would be without that rule of the side.
    """

    sides: tuple[Side, ...]
    steps: str
    given: dict[str, str]
    params: dict[str, Any]
    compiler: "_Compiler"

    def scores(self, side: Side, *, without: int | None = None) -> list[str]:
        """[fit, engagement, usage, pql, cell] as SQL; scores are float8 from 0 to 100."""
        return self.compiler.scores(side, without=without)

    def points(self, side: Side) -> str:
        """int[] of ten-thousandths, in the order of the side's rules."""
        given = [
            f"r.r{place}"
            if rule.kind == Rule.Kind.FIT or is_frequency(rule)
            else f"LEAST(GREATEST(r.r{place}, -{MOST_INT}), {MOST_INT})"
            for rule, place in zip(side.rules, side.places, strict=True)
        ]
        return f"ARRAY[{', '.join(given)}]::int[]"


def compiled(model: ScoringModel, rules: Sequence[Rule], *, moment: str = "now") -> Compiled:
    """`rules` with their groups loaded, in the order receipts and traces use. Raises Invalid for a broken condition."""
    return _Compiler([(model, tuple(rules))], then=moment == "then").compiled()


def compared(
    models: Sequence[tuple[ScoringModel, Sequence[Rule]]], *, also: Iterable[Attribute] = (),
    given: Mapping[str, str] | None = None,
) -> Compared:  # fmt: skip
    """Several models over the past; `also`: attributes that the caller asks about besides (`given` has them). `given`:
    {attribute name: SQL at %(as_of)s} of those whose past the caller knows better."""
    models = [(model, tuple(rules)) for model, rules in models]
    return _Compiler(models, then=True, also=also, given=given).compared()


def is_frequency(rule: Rule) -> bool:
    """Awarded once when enough touches fall into the window, not by each touch."""
    return rule.kind == Rule.Kind.USAGE or rule.at_least is not None


def half_life(rule: Rule) -> float | None:
    """Days; None for what does not fade. A rule whose every touch counts always fades."""
    return rule.half_life_days or (None if is_frequency(rule) else DEFAULT_HALF_LIFE)


def what_it_does(rule: Rule) -> tuple:
    """Rules with the same answer give everybody the same points, whatever they are called and wherever they stand."""
    asks = {"who": rule.condition} | ({} if rule.kind == Rule.Kind.FIT else {"touches": rule.touches})
    return (
        rule.kind, dumps(asks), rule.points, half_life(rule), rule.at_least, rule.within_days, rule.distinct,
    )  # fmt: skip


class _Compiler:
    def __init__(
        self, models: Sequence[tuple[ScoringModel, tuple[Rule, ...]]], *, then: bool, also: Iterable[Attribute] = (),
        given: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.then = then
        self.rules, self.sides = _joined(models)
        self.writer = Writer("m", then=then)
        self.bind = self.writer.bind
        self.past = self._past(also, given or {}) if then else Past((), {})
        self.params: dict[str, Any] = {}
        self.aggregates: list[str] = []
        self.anchors: list[str] = []
        self.points: list[str] = []
        self.leaving: list[str] = []
        self.fading: list[str] = []
        self.matching: dict[int, tuple[str, str | None]] = {}
        for i, rule in enumerate(self.rules):
            if rule.kind == Rule.Kind.FIT:
                self.fit(i, rule)
            elif is_frequency(rule):
                self.frequency(i, rule)
            else:
                self.each_touch(i, rule)

    def compiled(self) -> Compiled:
        [side] = self.sides
        source = f"{WHO} {self.steps()}"
        columns = self.columns(side)
        return Compiled(
            side.model, self.rules, source, columns, self.touches(), self.matching, self.params | self.writer.params,
            self.past.given,
        )  # fmt: skip

    def compared(self) -> Compared:
        steps = self.steps()
        return Compared(self.sides, steps, self.past.given, self.params | self.writer.params, self)

    def _past(self, also: Iterable[Attribute], given: Mapping[str, str]) -> Past:
        asked = {
            name: attribute
            for rule in self.rules
            for name, attribute in tree.attributes_of(tree.read(rule.condition)).items()
        }
        wanted = {attribute.name: attribute for attribute in [*asked.values(), *also] if attribute.name not in given}
        found = past.looked_up(wanted.values())
        return Past(found.steps, found.given | given)

    # --- rules -------------------------------------------------------------------------------------------------

    def condition(self, i: int, rule: Rule) -> str:
        """Whether the rule's condition holds; NULL = unknown."""
        moment = "then" if self.then else "now"
        condition = conditions.compile(rule.condition, prefix=f"r{i}", moment=moment, given=self.past.given)
        self.params |= condition.params
        return condition.text

    def fit(self, i: int, rule: Rule) -> None:
        self.points.append(f"({self.condition(i, rule)})::int * {units(rule.points)} AS r{i}")

    def each_touch(self, i: int, rule: Rule) -> None:
        matches = touch_filter.matches(rule.touches, self.bind)
        worth = faded(rule, "t.age", self.bind)
        self.matching[i] = (matches, worth)
        self.aggregates.append(f"COALESCE(sum({worth}) FILTER (WHERE {matches}), 0) AS e{i}")
        given = f"e.e{i}"
        if rule.condition:
            given = f"CASE WHEN {given} <> 0 AND ({self.condition(i, rule)}) THEN {given} ELSE 0 END"
        self.points.append(f"{given} AS r{i}")
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
            anchor = (
                f"(SELECT max(u.at) FROM unnest(e.t{i}, e.k{i}) AS u(at, key) "
                f"GROUP BY u.key ORDER BY 1 DESC OFFSET {k - 1} LIMIT 1)"
            )
        else:
            if touch_filter.counts_reloads(rule.touches):
                counted.append("t.fresh")
            only = f"FILTER (WHERE {' AND '.join(counted)})"
            self.aggregates.append(f"(array_agg(t.occurred_at {newest}) {only})[{k}] AS t{i}")
            anchor = f"e.t{i}"
        if rule.condition:
            anchor = f"CASE WHEN e.t{i} IS NOT NULL AND ({self.condition(i, rule)}) THEN {anchor} END"
        self.anchors.append(f"{anchor} AS a{i}")
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

    def steps(self) -> str:
        """Everything behind p, c and l. OFFSET 0 keeps a step a step: folded into the next one, its expressions would
        be computed once a mention."""
        steps = list(self.past.steps)
        if self.aggregates:
            steps.append(f"(SELECT {', '.join(self.aggregates)} FROM {self.touches()}) e")
        if self.anchors:
            steps.append(f"(SELECT {', '.join(self.anchors)} OFFSET 0) a")
        if self.points:
            steps.append(f"(SELECT {', '.join(self.points)} OFFSET 0) r")
        for side in self.sides:
            sums = ", ".join(f"{self.total(side, kind)} AS {kind}" for kind in KINDS)
            steps.append(f"(SELECT {sums} OFFSET 0) s{side.name}")
            kept = ", ".join(f"{clamped(side.of(f'raw.{kind}'))} AS {kind}" for kind in KINDS)
            steps.append(f"(SELECT {kept} OFFSET 0) z{side.name}")
        return " ".join(f"CROSS JOIN LATERAL {step}" for step in steps)

    def total(self, side: Side, kind: str, *, without: int | None = None) -> str:
        """Σ over the groups of min(cap, Σ of its rules), before the clamp."""
        groups: dict[int | None, list[int]] = {}
        caps: dict[int, float] = {}
        for i, rule in enumerate(side.rules):
            if rule.kind == kind and i != without:
                capped = rule.group is not None and rule.group.cap is not None
                groups.setdefault(rule.group_id if capped else None, []).append(side.places[i])
                if capped:
                    caps[rule.group_id] = rule.group.cap
        sums = []
        for group, members in groups.items():
            added = " + ".join(f"COALESCE(r.r{place}, 0)" for place in members)
            sums.append(f"LEAST({units(caps[group])}, {added})" if group in caps else added)
        return f"({' + '.join(sums) or '0'})::bigint"

    def pql(self, side: Side, *, without: int | None = None) -> str:
        usage = [
            side.places[i]
            for i, rule in enumerate(side.rules)
            if rule.kind == Rule.Kind.USAGE and i != without
        ]  # fmt: skip
        holds = (" AND " if side.model.pql_all else " OR ").join(f"a.a{place} IS NOT NULL" for place in usage)
        return f"({holds})" if usage else "FALSE"

    def scores(self, side: Side, *, without: int | None = None) -> list[str]:
        """[fit, engagement, usage, pql, cell]; see Compared.scores."""
        kinds = {kind: side.of(kind) for kind in KINDS}
        if without is not None:
            gone = side.rules[without].kind  # the others are as they were
            kinds[gone] = clamped(self.total(side, gone, without=without))
        letter = graded(kinds["fit"], "A", side.model.fit_a, "B", side.model.fit_b, "C")
        digit = graded(kinds["engagement"], "1", side.model.engagement_1, "2", side.model.engagement_2, "3")
        return [
            *(f"{kinds[kind]} / {UNIT}.0::float8" for kind in KINDS),
            self.pql(side, without=without),
            f"{letter} || {digit}",
        ]

    def columns(self, side: Side) -> str:
        anchored = [
            f"a.a{i}" if rule.kind != Rule.Kind.FIT and is_frequency(rule) else "NULL"
            for i, rule in enumerate(self.rules)
        ]
        due = list(self.leaving)
        if self.fading:
            moving = f"{' + '.join(self.fading)} >= {STILL_MOVING}"
            due.append(f"CASE WHEN {moving} THEN %(as_of)s::timestamptz + {REFRESH} END")
        fit, engagement, usage, pql, cell = self.scores(side)
        return ", ".join([
            f"ARRAY[{', '.join(f'r.r{i}' for i in range(len(self.rules)))}]::bigint[] AS points",
            f"ARRAY[{', '.join(anchored)}]::timestamptz[] AS anchors",
            *(f"{side.of(f'raw.{kind}')} AS {kind}_raw" for kind in KINDS),
            f"{fit} AS fit", f"{engagement} AS engagement", f"{usage} AS usage",
            f"{pql} AS pql",
            f"{cell} AS cell",
            f"LEAST(NULL::timestamptz{''.join(', ' + moment for moment in due)}) AS due",
        ])  # fmt: skip


def _joined(models: Sequence[tuple[ScoringModel, tuple[Rule, ...]]]) -> tuple[tuple[Rule, ...], tuple[Side, ...]]:
    """The different rules of all models, and where each model finds its own; a model alone keeps every rule it has."""
    found: list[Rule] = []
    places: dict[tuple, int] = {}
    sides = []
    for n, (model, rules) in enumerate(models):
        mine = []
        for i, rule in enumerate(rules):
            key = what_it_does(rule) if len(models) > 1 else (i,)
            if key not in places:
                places[key] = len(found)
                found.append(rule)
            mine.append(places[key])
        sides.append(Side(model, rules, tuple(mine), str(n) if n else ""))
    return tuple(found), tuple(sides)


def clamped(score: str) -> str:
    return f"LEAST(GREATEST({score}, 0), {FULL})"


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
