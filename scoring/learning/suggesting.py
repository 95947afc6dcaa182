"""Points as the outcomes suggest them, rule by rule, and what each change would do to the order of the leads held out.

One regression over all rules at once: what a rule gave at the hand-off, as a share of its full points, against what
became of the lead. Under FEWEST_LEADS on either side of a rule, or without an interval that leaves nought out, nothing
is suggested and the reason is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from revops.lib import words
from scoring.learning import fitting, honesty, points
from scoring.learning.honesty import FEWEST_CONVERSIONS, FEWEST_LEADS, Auc, Verdict
from scoring.learning.leads_table import Leads
from scoring.models import Rule
from scoring.replay import evaluation

HALF = 0.5  # a lead has a rule when at least half of its points are still there


@dataclass(frozen=True, slots=True)
class Suggested:
    """`low`, `high`: of the points, 95%. `auc`, `lift`: on the leads held out, were this the only change."""

    line: UUID
    name: str
    points_now: float
    points: float
    low: float
    high: float
    beta: float
    leads_with: int
    leads_without: int
    conversions: int
    auc: float | None
    lift: float | None


@dataclass(slots=True)
class Advice:
    """`rules`: how well all rules tell the outcome, weighed anew; `today` and `after`: the priority with today's points
    and with all suggestions. `kept`: (line, name, why nothing is suggested)."""

    rules: Auc | None = None
    today: Auc | None = None
    after: Auc | None = None
    lift_today: float | None = None
    lift_after: float | None = None
    suggested: list[Suggested] = field(default_factory=list)
    kept: list[tuple[UUID, str, str]] = field(default_factory=list)
    refusal: str = ""


def advise(leads: Leads) -> Advice:
    """Learned from the older leads, judged on the newest fifth."""
    older, newer = leads.table.split()
    outcome = leads.table.outcome
    held = [outcome[i] for i in newer]
    refusal = honesty.too_few([outcome[i] for i in older], held, what=leads.table.outcome_name)
    if refusal:
        return Advice(refusal=refusal)
    sides = [_sides(leads, j, older) for j in range(len(leads.rules))]
    usable = [j for j, (n, rest, hits) in enumerate(sides) if not _too_few(n, rest, hits)]
    estimates, _, expected = fitting.regression(
        [[leads.fired[i][j] for j in usable] for i in older], [outcome[i] for i in older],
        [[leads.fired[i][j] for j in usable] for i in newer],
    )  # fmt: skip
    now = {rule.line: rule.points for rule in leads.rules}
    advice = Advice(honesty.auc(expected, held))
    advice.today, advice.lift_today = _judge(leads, newer, held, now)
    if honesty.verdict(advice.rules) != Verdict.SIGNAL:
        advice.refusal = honesty.sentence(advice.rules)
        return advice
    found: dict[UUID, tuple[float, points.Estimate]] = {}
    for j, rule in enumerate(leads.rules):
        n, rest, hits = sides[j]
        if j not in usable:
            advice.kept.append((rule.line, rule.name, _too_few(n, rest, hits)))
            continue
        estimate = estimates[usable.index(j)]
        wanted = points.capped(points.of(estimate.beta), cap=rule.group.cap if rule.group else None)
        if not estimate.sure:
            advice.kept.append((rule.line, rule.name, _unsure(estimate)))
        elif not wanted or abs(wanted - rule.points) < 1:
            advice.kept.append((rule.line, rule.name, "Its points fit what became of the leads."))
        else:
            found[rule.line] = (wanted, estimate)
    for j, rule in enumerate(leads.rules):
        if rule.line in found:
            wanted, estimate = found[rule.line]
            alone, lift = _judge(leads, newer, held, now | {rule.line: wanted})
            low, high = (round(points.FACTOR * one, 1) for one in (estimate.low, estimate.high))
            advice.suggested.append(
                Suggested(
                    rule.line, rule.name, rule.points, wanted, low, high, estimate.beta, *sides[j], alone.value, lift
                )
            )
    every = now | {line: wanted for line, (wanted, _) in found.items()}
    advice.after, advice.lift_after = _judge(leads, newer, held, every)
    return advice


def priority(rules: Sequence[Rule], weights: dict[UUID, float], fired: Sequence[float]) -> float:
    """Fit plus engagement of a lead with these points: groups under their caps, each kind within 0 and 100."""
    sums: dict[tuple[str, int | None], float] = {}
    caps: dict[int, float] = {}
    for rule, share in zip(rules, fired, strict=True):
        capped = rule.group is not None and rule.group.cap is not None
        if capped:
            caps[rule.group_id] = rule.group.cap
        place = (str(rule.kind), rule.group_id if capped else None)
        sums[place] = sums.get(place, 0.0) + weights[rule.line] * share
    kinds = dict.fromkeys((str(Rule.Kind.FIT), str(Rule.Kind.ENGAGEMENT), str(Rule.Kind.USAGE)), 0.0)
    for (kind, group), got in sums.items():
        kinds[kind] += min(got, caps[group]) if group is not None else got
    return sum(max(0.0, min(100.0, kinds[str(kind)])) for kind in (Rule.Kind.FIT, Rule.Kind.ENGAGEMENT))


def as_json(advice: Advice) -> dict[str, Any]:
    def told(found: Auc | None) -> dict[str, Any] | None:
        return None if found is None else {
            "value": found.value, "low": found.low, "high": found.high, "said": found.said,
            "positives": found.positives, "negatives": found.negatives,
        }  # fmt: skip

    return {
        "rules": told(advice.rules), "today": told(advice.today), "after": told(advice.after),
        "lift_today": advice.lift_today, "lift_after": advice.lift_after, "refusal": advice.refusal,
        "each": {str(one.line): {"name": one.name, "auc": one.auc, "lift": one.lift} for one in advice.suggested},
        "kept": [{"line": str(line), "name": name, "why": why} for line, name, why in advice.kept],
    }  # fmt: skip


def _sides(leads: Leads, j: int, older: Sequence[int]) -> tuple[int, int, int]:
    """(leads with the rule, without it, conversions of both)."""
    having = sum(leads.fired[i][j] >= HALF for i in older)
    return having, len(older) - having, sum(leads.table.outcome[i] for i in older)


def _too_few(having: int, rest: int, conversions: int) -> str:
    if min(having, rest) >= FEWEST_LEADS and conversions >= FEWEST_CONVERSIONS:
        return ""
    return (
        f"Too few: {words.number(having)} leads with it and {words.number(rest)} without, {words.number(conversions)} "
        f"conversions; it takes {FEWEST_LEADS}, {FEWEST_LEADS} and {FEWEST_CONVERSIONS}."
    )


def _unsure(estimate: points.Estimate) -> str:
    low, high = points.of(estimate.low), points.of(estimate.high)
    return f"No association to be seen: the points would lie between {words.signed(low)} and {words.signed(high)}."


def _judge(
    leads: Leads, rows: Sequence[int], held: Sequence[bool], weights: dict[UUID, float]
) -> tuple[Auc, float | None]:
    scores = [priority(leads.rules, weights, leads.fired[i]) for i in rows]
    return honesty.auc(scores, held), evaluation.lift(list(zip(scores, held, strict=True)))
