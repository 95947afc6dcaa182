"""Both models over one lot of leads: one INSERT … SELECT, every moment of a lead judged with what was known then.

leads of the lot × their moments × the steps of both models × the definition asked of each model's scores, and of the
draft's without each rule that gave points there. What a definition asks besides scores is worked out once a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg2.extensions import AsIs

from leads.attributes import Attribute
from leads.conditions import tree
from scoring.compiling import Compared, Side, compared
from scoring.models import Definition, Rule, ScoringModel
from scoring.replay import best_then
from scoring.replay.asking import Asked, asked_of, named, of_score
from scoring.replay.population import KNOWN, MAY_CROSS, MOMENT, STORY, Population


@dataclass(frozen=True, slots=True)
class Engine:
    """One statement for every lot. `definitions`: versions asked with, by side; `without_history`: labels."""

    text: str
    params: dict[str, Any]
    live: Side
    draft: Side | None
    without_history: list[str]
    definitions: dict[str, int | None]
    best_estimated: bool

    def count(self, run_id: int, ids: Sequence[int], population: Population) -> None:
        with_ids = {**self.params, **population.params, "as_of": AsIs("m.at"), "run": run_id, "ids": list(ids)}
        with connection.cursor() as cursor:
            cursor.execute(self.text, with_ids)


def engine(
    live: tuple[ScoringModel, Sequence[Rule]], draft: tuple[ScoringModel, Sequence[Rule]] | None, *,
    definitions: tuple[Definition | None, Definition | None], over: Population | None = None,
) -> Engine:  # fmt: skip
    """`definitions`: what live and what the draft is asked with. `over`: where the cuts of the best are looked up that
    a definition may ask for; None only checks. Raises Invalid for a broken condition."""
    nodes = [tree.read(one.predicate) if one is not None else None for one in definitions]
    asked = {name: one for node in nodes if node is not None for name, one in tree.attributes_of(node).items()}
    both = [live] if draft is None else [live, draft]
    rules = compared(both, also=[one for name, one in asked.items() if not of_score(name)], given=KNOWN)
    for _, mine in both:
        for rule in mine:
            asked |= tree.attributes_of(tree.read(rule.condition))
    tops = [best_then.cuts(rules, side, node, over) for side, node in zip(rules.sides, nodes, strict=False)]
    questions = [
        asked_of(node, f"d{i}", rules.given, top=top.text(f"best{i}", real=i == 0))
        for i, (node, top) in enumerate(zip(nodes, tops, strict=False))
    ]
    params = {"nights": sorted({at for top in tops for at in top.nights}), **rules.params}
    for i, (question, top) in enumerate(zip(questions, tops, strict=True)):
        params |= {**question.params, **top.params(f"best{i}")}
    first, second = rules.sides[0], rules.sides[1] if draft is not None else None
    versions = {
        side: one.version if one is not None else None for side, one in zip(("live", "draft"), definitions, strict=True)
    }
    return Engine(
        _statement(rules, questions, first, second),
        params,
        first,
        second,
        _without_history(asked),
        versions,
        bool(params["nights"]),
    )


def _statement(rules: Compared, questions: Sequence[Asked], live: Side, draft: Side | None) -> str:
    kept = ", ".join(text for question in questions for text in question.kept)
    once = f"CROSS JOIN LATERAL (SELECT {kept} OFFSET 0) q" if kept else ""
    sides = _side("live", rules.scores(live), rules.points(live), questions[0])
    if draft is not None:
        sides += _side("draft", rules.scores(draft), rules.points(draft), questions[1])
        sides += _variants(rules, draft, questions[1])
    mine = "draft" if draft is not None else "live"
    tried = (
        "without.tried, without.holds" if draft is not None else "NULL::smallint[] AS tried, NULL::boolean[] AS holds"
    )
    return f"""
    WITH seen AS MATERIALIZED (
        SELECT l.id AS lead_id, l.created_at, m.at, {_seen("live", "live")}, {_seen("draft", mine)}, {tried}
          FROM leads_lead l
          JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id
          {STORY}
          {MOMENT}
          {rules.steps}
          {once}
          {sides}
         WHERE l.id = ANY (%(ids)s::bigint[])),
    outcome AS (
        SELECT lead_id, min(created_at) AS opened_at, max(live_priority) AS live_best,
               max(draft_priority) AS draft_best,
               min(at) FILTER (WHERE live_meets) AS live_at, min(at) FILTER (WHERE draft_meets) AS draft_at,
               count(*) FILTER (WHERE draft_meets) AS met
          FROM seen GROUP BY lead_id),
    variants AS (
        SELECT s.lead_id, x.i, bool_or(x.holds) AS holds, count(*) FILTER (WHERE s.draft_meets) AS beside
          FROM seen s CROSS JOIN LATERAL unnest(s.tried, s.holds) AS x(i, holds) GROUP BY s.lead_id, x.i),
    effects AS (
        SELECT v.lead_id,
               array_agg(v.i ORDER BY v.i) FILTER (WHERE o.met > 0 AND NOT v.holds AND v.beside = o.met) AS needed,
               array_agg(v.i ORDER BY v.i) FILTER (WHERE o.met = 0 AND v.holds) AS held_back
          FROM variants v JOIN outcome o USING (lead_id) GROUP BY v.lead_id),
    live_then AS ({_then("live")}),
    draft_then AS ({_then("draft")})
    INSERT INTO scoring_replaylead (run_id, lead_id, opened_at, live_at, draft_at, live_best, draft_best, live_cell,
                                    draft_cell, live_points, draft_points, needed, held_back)
    SELECT %(run)s, o.lead_id, o.opened_at, o.live_at, o.draft_at, o.live_best, o.draft_best, a.cell, b.cell,
           a.points, b.points, coalesce(e.needed, '{{}}'), coalesce(e.held_back, '{{}}')
      FROM outcome o JOIN live_then a USING (lead_id) JOIN draft_then b USING (lead_id)
      LEFT JOIN effects e USING (lead_id)"""


def _side(name: str, scores: Sequence[str], points: str, question: Asked) -> str:
    """`<name>`: its scores, its points, and whether it holds."""
    return f"""
          CROSS JOIN LATERAL (
              SELECT v.*, {points} AS points, ({question.meets}) IS TRUE AND {MAY_CROSS} AS meets
                FROM (SELECT {named(scores)} OFFSET 0) v OFFSET 0) {name}"""


def _variants(rules: Compared, draft: Side, question: Asked) -> str:
    """`without.tried`: places of the rules that mattered there; `holds`: whether the draft would without each."""
    branches = []
    for i, rule in enumerate(draft.rules):
        place = draft.places[i]
        matters = f"r.r{place} <> 0"
        if rule.kind == Rule.Kind.USAGE:
            # A usage rule makes a product-qualified lead whatever its points; where all must hold, its absence counts.
            matters = "TRUE" if draft.model.pql_all else f"({matters} OR a.a{place} IS NOT NULL)"
        branches.append(f"SELECT {i}::smallint AS i, {named(rules.scores(draft, without=i))} WHERE {matters}")
    if not branches:
        return " CROSS JOIN (VALUES (NULL::smallint[], NULL::boolean[])) without(tried, holds)"
    return f"""
          CROSS JOIN LATERAL (
              SELECT array_agg(v.i) AS tried, array_agg(({question.meets}) IS TRUE AND {MAY_CROSS}) AS holds
                FROM ({" UNION ALL ".join(branches)}) v) without"""


def _seen(side: str, source: str) -> str:
    return (
        f"{source}.fit + {source}.engagement AS {side}_priority, {source}.cell AS {side}_cell, "
        f"{source}.points AS {side}_points, {source}.meets AS {side}_meets"
    )


def _then(side: str) -> str:
    """Each lead's first moment at which the side holds, else the one with its best priority."""
    return (
        f"SELECT DISTINCT ON (lead_id) lead_id, {side}_cell AS cell, {side}_points AS points FROM seen "
        f"ORDER BY lead_id, {side}_meets DESC, CASE WHEN {side}_meets THEN at END, {side}_priority DESC, at"
    )


def _without_history(asked: dict[str, Attribute]) -> list[str]:
    """Attributes whose past is kept nowhere: they count as unknown, and the reader is told."""
    return sorted(
        one.label
        for name, one in asked.items()
        if name not in KNOWN
        and not of_score(name)
        and one.past is None
        # Facts are kept of people and firms; what a lead carries is written over.
        and (one.fact is None or one.fact[0] == "lead")
    )
