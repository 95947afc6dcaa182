"""Which rule let the rejected leads in, and what a month would have been without it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection

from dashboards import arithmetic
from dashboards.kpis import say
from dashboards.kpis.populations import HANDOFFS
from dashboards.kpis.scan import only, source_of
from dashboards.scoreboard.crossing import HAND_RAISE, Blame, Crossed, Rules, blamed
from dashboards.sheet import Sheet
from leads.conditions import tree
from leads.models import Lead
from revops.lib import words
from scoring.models import Definition, Rule, ScoringModel
from scoring.points import units

OUTCOMES = ("accepted", "rejected", "recycled", "pending")
FEWEST = 5  # rejected leads behind a rule before it is named


@dataclass(frozen=True, slots=True)
class Culprit:
    """A rule without which some leads would not have crossed. `rejected` of `all_rejected` hang on it alone, `accepted`
    of `all_accepted` too: what taking it out would cost. `line`: the rule's, through all versions."""

    key: str
    name: str
    points: str
    rejected: int
    all_rejected: int
    accepted: int
    all_accepted: int
    anchor: str
    line: UUID | None = None

    @property
    def share(self) -> Fraction:
        return arithmetic.ratio(self.rejected, self.all_rejected) or Fraction(0)

    @property
    def excess(self) -> Fraction:
        """How much more of the rejected than of the accepted hang on it: what makes it the one to look at."""
        return self.share - (arithmetic.ratio(self.accepted, self.all_accepted) or 0)

    @property
    def sentence(self) -> str:
        return (
            f"{words.number(self.rejected)} of the {words.number(self.all_rejected)} "
            f"({words.share(say.exact(self.share, 9), 0)}) crossed the line only through one rule:"
        )

    @property
    def called(self) -> str:
        return f"“{self.name}{', ' + self.points if self.points else ''}”"


@dataclass(slots=True)
class Found:
    """`culprits`: the one to look at first. `blames` by key, `handed`: leads by what became of them; `crossed`: the
    hand-overs whose trace could be read, by lead."""

    culprits: list[Culprit]
    blames: dict[str, Blame]
    handed: dict[str, int]
    crossed: dict[int, Crossed] = field(default_factory=dict)

    @property
    def first(self) -> Culprit | None:
        """The rule to name: it lets in more of the rejected than of the accepted, and not just a few."""
        return next((one for one in self.culprits if one.rejected >= FEWEST and one.excess > 0), None)

    def by_key(self, key: str) -> Culprit | None:
        return next((one for one in self.culprits if one.key == key), None)


def of(sheet: Sheet) -> Found:
    """Computed from the traces of the month's hand-overs, once a sheet. Six queries."""
    return sheet.once("culprits", lambda: _found(sheet))


def _found(sheet: Sheet) -> Found:
    rows = _handed(sheet)
    models = _models({row[4] for row in rows if row[4]})
    definitions = _definitions({row[3] for row in rows if row[3]})
    crossed = [
        Crossed(lead, trace, hand, outcome, models[model][0], definitions[definition])
        for lead, outcome, trace, definition, model, hand in rows
        if trace is not None and model in models and definition in definitions
    ]
    handed = {outcome: sum(row[1] == outcome for row in rows) for outcome in OUTCOMES}
    blames = blamed(crossed)
    names = {str(rule.pk): rule for _, rules in models.values() for rule in rules}
    culprits = [_culprit(blame, names.get(key), handed) for key, blame in blames.items()]
    culprits.sort(key=lambda one: (-one.excess, -one.rejected, one.name))
    return Found(culprits, blames, handed, {one.lead_id: one for one in crossed})


def _culprit(blame: Blame, rule: Rule | None, handed: dict[str, int]) -> Culprit:
    return Culprit(
        blame.key, rule.name if rule else "raised a hand", f"+{rule.points:g}" if rule else "",
        blame.n("rejected"), handed["rejected"], blame.n("accepted"), handed["accepted"],
        f"/scoring/rules/{rule.line}/" if rule else "/definitions/#mql", rule.line if rule else None,
    )  # fmt: skip


def _handed(sheet: Sheet) -> list[tuple]:
    """(lead, disposition, trace, definition version, model version, hand raised) of the period's hand-overs."""
    only_text, params = only(HANDOFFS, sheet.filters, sheet.owners)
    text, bound = source_of(HANDOFFS, sheet.windows(HANDOFFS)[0], "now", only_text)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, p.disposition, s.trace::text, s.definition_version, s.model_version, l.hand_raise "
            f"FROM ({text}) p JOIN leads_lead l ON l.id = p.id "
            "LEFT JOIN leads_snapshot s ON s.lead_id = p.id AND s.because NOT IN ('import', 'override') "
            "WHERE NOT p.undated AND p.disposition <> 'disqualified'",
            params | bound,
        )
        rows = cursor.fetchall()
    return [(lead, what, None if trace is None else loads(trace), *rest) for lead, what, trace, *rest in rows]


def _models(versions: set[int]) -> dict[int, tuple[Rules, list[Rule]]]:
    found = {}
    for model in ScoringModel.objects.filter(version__in=versions).prefetch_related("rules__group"):
        rules = list(model.rules.all())
        found[model.version] = (
            Rules(
                kind={str(rule.pk): str(rule.kind) for rule in rules},
                group={str(rule.pk): rule.group_id for rule in rules},
                caps={r.group_id: units(r.group.cap) for r in rules if r.group is not None and r.group.cap is not None},
                fit_a=model.fit_a, fit_b=model.fit_b, engagement_1=model.engagement_1,
                engagement_2=model.engagement_2, pql_all=model.pql_all,
            ),
            rules,
        )  # fmt: skip
    return found


def _definitions(versions: set[int]) -> dict[int, tree.Node]:
    found = Definition.objects.filter(stage="mql", version__in=versions).values_list("version", "predicate")
    return {version: tree.read(predicate) for version, predicate in found}


# --- a month without one rule -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Without:
    """`before` and `after`: leads by what became of them. `rate`: rejected of decided, before and after."""

    culprit: Culprit
    before: dict[str, int]
    after: dict[str, int]
    ids: dict[int, str]

    @property
    def gone(self) -> int:
        return len(self.ids)

    def decided(self, which: dict[str, int]) -> int:
        return which["accepted"] + which["rejected"] + which["recycled"]

    def rate(self, which: dict[str, int]) -> str:
        return words.fraction(which["rejected"], self.decided(which))

    @property
    def lines(self) -> list[tuple[str, int, int]]:
        handed = ("Handed over", sum(self.before.values()), sum(self.after.values()))
        return [handed] + [(name.capitalize(), self.before[name], self.after[name]) for name in OUTCOMES]

    @property
    def rate_before(self) -> str:
        return self.rate(self.before)

    @property
    def rate_after(self) -> str:
        return self.rate(self.after)


def without(found: Found, key: str) -> Without | None:
    culprit, blame = found.by_key(key), found.blames.get(key)
    if culprit is None or blame is None:
        return None
    after = {outcome: found.handed[outcome] - blame.n(outcome) for outcome in OUTCOMES}
    ids = {lead: outcome for outcome in OUTCOMES for lead in blame.leads.get(outcome, [])}
    return Without(culprit, found.handed, after, ids)


def leads_of(ids: Sequence[int]) -> list[Lead]:
    """Newest hand-over first, with names. One query."""
    return list(Lead.objects.with_names().filter(pk__in=ids).order_by("-mql_at", "-id"))


def as_json(one: Culprit) -> dict[str, Any]:
    return {"rule": None if one.key == HAND_RAISE else int(one.key), "name": one.name, "rejected": one.rejected,
            "of_rejected": one.all_rejected, "accepted": one.accepted, "of_accepted": one.all_accepted}  # fmt: skip

