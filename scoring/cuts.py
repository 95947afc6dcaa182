"""Top-share mode (DOMAIN 3.3): last night's pool sets the day's cut, and exactly the best k of it pass.

The pool: inquiries that only the cut decides about: scored, contactable, active in 90 days, out of their cool-down, and
meeting everything else that the definition asks. In order of priority, fit, latest high-intent event and id; what the
last who passed had is the day's cut, and whoever reaches it during the day passes too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F

from leads import conditions
from leads.conditions import tree
from leads.conditions.tree import Compare, Group
from revops.lib import bulk
from scoring.models import Cut, Definition
from teams.models import Organisation

ACTIVE = timedelta(days=90)
HIGH_INTENT = ("demo_request", "contact_request", "trial_start")
CELLS, THRESHOLD, TOP = "cells", "threshold", "top"
LOT = 5_000
LOCK = 770_020  # one taking at a time

INTENT = (
    "(SELECT max(i.occurred_at) FROM leads_touch i WHERE i.person_id = p.id AND i.kind IN "
    f"({', '.join(repr(kind) for kind in HIGH_INTENT)}))"
)
# A statement that knows who of the night's pool passed binds them here; all others are compared with the cut.
PASSING = "passing"


def mode(predicate: Mapping[str, Any]) -> str:
    """How a definition uses the score: `cells`, `threshold` or `top`; drafts that ask for both of the latter are
    refused (definition_fields)."""
    names = tree.attributes_of(tree.read(predicate))
    return TOP if "score.top" in names else THRESHOLD if "score.priority" in names else CELLS


def threshold(predicate: Mapping[str, Any]) -> float | None:
    """The lowest priority that a definition asks for; None when it names none."""
    found = [
        float(leaf.value)
        for leaf in _leaves(tree.read(predicate))
        if leaf.attribute.name == "score.priority" and leaf.op == "at_least"
    ]
    return min(found, default=None)


def passes(*, priority: str, fit: str, intent: str = INTENT, lead: str = "l.id", then: str = "") -> str:
    """SQL whether a score reaches the cut; NULL where none was taken yet, false where nobody was in the pool.

    The cut is the newest of the published model; with `then`, SQL of a model's id, the newest of that model there was
    at %(as_of)s: the points of another model are no measure.
    """
    newest = (
        f"FROM scoring_cut k WHERE k.at <= %(as_of)s AND k.model_id = {then}"
        if then
        else "FROM scoring_cut k JOIN scoring_scoringmodel km ON km.id = k.model_id AND km.state = 'published'"
    )
    return (
        f"(SELECT CASE WHEN k.priority IS NULL THEN FALSE WHEN {priority} <> k.priority THEN {priority} > k.priority "
        f"WHEN {fit} <> k.fit THEN {fit} > k.fit "
        f"ELSE (COALESCE({intent}, '-infinity'), -{lead}) >= (COALESCE(k.intent_at, '-infinity'), -k.lead_id) END "
        f"{newest} ORDER BY k.at DESC LIMIT 1)"
    )


NOW = passes(priority="(p.fit + p.engagement)", fit="p.fit")
# For the statement that scores: those of the night's pool pass whatever an hour of fading took from them since.
WHILE_SCORING = {"score.top": f"(l.id = ANY(%({PASSING})s::bigint[]) OR {NOW})"}
# The number that was compared with, for the snapshot.
COMPARED_WITH = (
    "(SELECT k.priority FROM scoring_cut k JOIN scoring_scoringmodel km ON km.id = k.model_id "
    "AND km.state = 'published' ORDER BY k.at DESC LIMIT 1)"
)


def cut_of(definition: Definition | None) -> str:
    """SQL of the priority that scores are compared with under a definition; NULL by cells."""
    if definition is None:
        return "NULL::float8"
    how = mode(definition.predicate)
    if how == TOP:
        return COMPARED_WITH
    line = threshold(definition.predicate) if how == THRESHOLD else None
    return "NULL::float8" if line is None else f"{line!r}::float8"


class Line(NamedTuple):
    """Where a score begins to qualify. `cut`: the priority compared with, None by cells or while no cut was taken;
    `cells`: those that the definition names."""

    mode: str
    cut: float | None
    cells: frozenset[str]


def line(*, at: datetime) -> Line:
    """Of the MQL definition in force; one query, two by the top share."""
    from scoring.definitions import current

    definition = current("mql", at=at)
    if definition is None:
        return Line(CELLS, None, frozenset())
    how = mode(definition.predicate)
    if how == THRESHOLD:
        return Line(how, threshold(definition.predicate), frozenset())
    if how == TOP:
        newest = newest_cut()
        return Line(how, newest.priority if newest else None, frozenset())
    named = [leaf for leaf in _leaves(tree.read(definition.predicate)) if leaf.attribute.name == "score.cell"]
    values = {
        value
        for leaf in named
        if leaf.op in ("is", "in")
        for value in (leaf.value if isinstance(leaf.value, tuple) else (leaf.value,))
    }
    return Line(how, None, frozenset(values))


def newest_cut() -> Cut | None:
    """Of the published model."""
    return Cut.objects.filter(model__state="published").order_by("-at").first()


def take(now: datetime) -> Cut | None:
    """The day's cut, and the best of the pool handed over; None when it was taken today or nothing asks for it.

    May be asked as often as one likes: the first look after midnight in the organisation's zone takes it. The pool's
    scores are brought up to date in lots; the cut and who passes by it are one transaction.
    """
    from scoring.current import published

    model, definition = published(at=now)
    if model is None or definition is None or mode(definition.predicate) != TOP or _taken(model.pk, now):
        return None
    where, params = pool(definition, now)
    _freshen(where, params, now)
    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if _taken(model.pk, now) or published(at=now) != (model, definition):
            return None
        ids, best = ranked(where, params, share=model.top_share)
        last = best[-1] if best else None
        cut = Cut.objects.create(
            at=now, model=model, share=model.top_share, pool=ids, k=len(best),
            **({} if last is None else dict(zip(("priority", "fit", "intent_at", "lead_id"), last[1:], strict=True))),
        )  # fmt: skip
        _hand_over([person for person, *_ in best], [lead for *_, lead in best], cut, now)
    return cut


def pool(definition: Definition, now: datetime) -> tuple[str, dict[str, Any]]:
    """(FROM … WHERE …, parameters) of the inquiries that only the cut decides about; aliases p, c and l."""
    from scoring.rescore import cool_down_ends

    meets = conditions.compile(definition.predicate, prefix="q", given={"score.top": "TRUE"})
    return (
        f"""leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = p.company_id
        WHERE l.stage = 'inquiry' AND NOT l.history AND NOT p.suppressed AND p.score_version IS NOT NULL
          AND p.last_touch_at > %(active)s AND ({meets.text}) IS TRUE
          AND NOT EXISTS (SELECT 1 FROM scoring_waiting w WHERE w.lead_id = l.id)
          AND NOT EXISTS (SELECT 1 FROM leads_lead prev WHERE prev.person_id = p.id AND prev.cycle = l.cycle - 1
                             AND prev.stage = 'recycled' AND l.hand_raise = '' AND {cool_down_ends()} > %(as_of)s)""",
        {**meets.params, "as_of": now, "active": now - ACTIVE},
    )


def ranked(where: str, params: Mapping[str, Any], *, share: int) -> tuple[int, list[tuple]]:
    """(how many are in the pool, its best k in order as (person, priority, fit, latest high intent, lead))."""
    rows = bulk.query(
        f"""SELECT n, id, priority, fit, intent, lead FROM (
            SELECT count(*) OVER () AS n, p.id, p.fit + p.engagement AS priority, p.fit, {INTENT} AS intent,
                   l.id AS lead,
                   row_number() OVER (ORDER BY p.fit + p.engagement DESC, p.fit DESC, {INTENT} DESC NULLS LAST, l.id)
                       AS place
              FROM {where}) x
            WHERE place <= ceil(%(share)s * n / 100.0) ORDER BY place""",
        {**params, "share": share},
    )
    return (rows[0][0] if rows else 0), [row[1:] for row in rows]


def _hand_over(people: list[int], leads: list[int], cut: Cut, now: datetime) -> None:
    from scoring import rescoring
    from scoring.rescore import rescore

    if rescoring.keeps_back(cut, now):
        rescoring.wait(leads, now)
    else:
        rescore(_hold(people), now=now, news=False, passing=leads)


def _hold(people: list[int], *, skip: bool = False) -> list[int]:
    """To the end of the transaction nobody else writes them: a score worked out beside a touch that is not yet
    committed would miss it, and take the place of the one that counts it. `skip`: leave out whom somebody has."""
    how = "SKIP LOCKED" if skip else ""
    rows = bulk.query(f"SELECT id FROM leads_person WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE {how}", [people])
    return [pk for (pk,) in rows]


def _freshen(where: str, params: Mapping[str, Any], now: datetime) -> None:
    from scoring.rescore import rescore

    after = 0
    while True:
        rows = bulk.query(
            f"SELECT p.id FROM {where} AND p.id > %(after)s ORDER BY p.id LIMIT {LOT}", {**params, "after": after}
        )
        if not rows:
            return
        with transaction.atomic():  # who is held by somebody else is being scored by them
            rescore(_hold([pk for (pk,) in rows], skip=True), now=now, crossings=False)
        after = rows[-1][0]


def _taken(model: int, now: datetime) -> bool:
    organisation = Organisation.get()
    newest = Cut.objects.filter(model=model).order_by(F("at").desc()).values_list("at", flat=True).first()
    return newest is not None and organisation.today(newest) >= organisation.today(now)


def _leaves(node: tree.Node) -> list[Compare]:
    """Those that should hold; what stands under “none of” says where a score does not qualify."""
    if isinstance(node, Compare):
        return [node]
    if isinstance(node, Group) and node.kind == "none":
        return []
    return [leaf for part in getattr(node, "parts", ()) for leaf in _leaves(part)]
