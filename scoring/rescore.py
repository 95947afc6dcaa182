"""Scores of persons and of their open leads, and who crosses the line: one statement for one person or thousands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction

from leads import handoff
from leads.models import Person
from leads.models.stage import COOL_DOWN_DAYS, Stage
from revops.lib import bulk
from revops.lib.prepared import Prepared
from scoring.compiling import OPEN, REFRESH
from scoring.current import DEFINITION_IN_FORCE, MODEL_IN_FORCE, InForce, in_force
from scoring.points import UNIT

LOT = 5_000
FEW = 200  # up to here planning costs more than running, so the plan is kept
VARYING = {
    "as_of": "timestamptz", "ids": "bigint[]", "crossings": "boolean", "news": "boolean", "passing": "bigint[]",
}  # fmt: skip
SCORES = ["fit", "engagement", "usage", "pql", "cell"]
KEPT = ", ".join(
    f"p.{field.column}"
    for field in Person._meta.concrete_fields
    if field.column not in {*SCORES, "score_version", "scored_at", "score_due_at"}
)

_latest: InForce | None = None


class Judged(NamedTuple):
    """An inquiry that meets the definition. `waits`: kept back already (Waiting); `ahead`: new rules came and a run
    that keeps back whom they alone qualify has not reached this person yet."""

    crossing: handoff.Crossing
    waits: bool
    ahead: bool


def rescore(
    person_ids: Iterable[int], *, now: datetime, crossings: bool = True, news: bool = True, passing: Sequence[int] = (),
    since: Mapping[int, datetime] | None = None,
) -> list[handoff.Crossing]:  # fmt: skip
    """Write the scores as of `now` where they changed, then hand over the inquiries that meet the MQL definition.

    `crossings=False` only scores (history mode: nobody is told). `news=False`: time alone moved the scores, so leads
    that came as history are left in inquiry, and so are those that only new rules qualify (Waiting). `passing`: leads
    of the night's pool that pass (cuts). `since`: {lead: when that happened which we hear of now}. Answers with the
    crossings handed over. One statement a lot of 5,000, and those of `handoff.qualify` when somebody crosses.
    """
    ids = sorted(set(person_ids))
    if not ids:
        return []
    found: list[Judged] = []
    with transaction.atomic(savepoint=False):
        for start in range(0, len(ids), LOT):
            found += judged(ids[start : start + LOT], now=now, crossings=crossings, news=news, passing=passing)
        made = [one for one in found if news or not (one.waits or one.ahead)]
        if not news:
            wait([one.crossing.lead_id for one in found if one.ahead and not one.waits], now)
        if made:
            go_on([one.crossing.lead_id for one in made if one.waits])
            handoff.qualify([one.crossing for one in made], now=now, since=since)
    return [one.crossing for one in made]


def judged(
    ids: Sequence[int], *, now: datetime, crossings: bool = True, news: bool = True, passing: Sequence[int] = ()
) -> list[Judged]:
    """Write the scores of one lot and answer who meets the definition, handing over nobody."""
    global _latest
    for _ in range(3):
        rules = _latest or in_force(at=now)
        if rules is None:
            return []
        _latest = rules
        rows = statement(rules).rows(
            {"as_of": now, "ids": ids, "crossings": crossings, "news": news, "passing": list(passing)},
            planned_once=len(ids) <= FEW,
        )
        if rows[0][0]:
            return [_judged(rules, row[1:]) for row in rows if row[1] is not None]
        # Somebody published since this process last looked; the statement noticed and did nothing.
        _latest = None
    raise RuntimeError("The published model changed three times while scoring.")


def wait(leads: Sequence[int], now: datetime) -> None:
    """These meet the definition only because the rules changed: something new must happen first. Twice is once."""
    if leads:
        bulk.run([(
            "INSERT INTO scoring_waiting (lead_id, since) SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING",
            [list(leads), now],
        )])  # fmt: skip


def go_on(leads: Sequence[int]) -> None:
    if leads:
        bulk.run([("DELETE FROM scoring_waiting WHERE lead_id = ANY (%s)", [list(leads)])])


def _judged(rules: InForce, row: tuple) -> Judged:
    lead_id, because, fit, engagement, usage, cell, points, cut, waits, ahead = row
    trace = {str(rule.pk): units / UNIT for rule, units in zip(rules.scoring.rules, points, strict=True) if units}
    definition = rules.definition.version if rules.definition else None
    crossing = handoff.Crossing(
        lead_id, because, fit, engagement, usage, cell, definition, rules.scoring.model.version, trace=trace, cut=cut
    )
    return Judged(crossing, waits, ahead)


def cool_down_ends() -> str:
    """SQL over `prev`, the cycle before: when a recycled person may qualify again without raising a hand."""
    days = " ".join(f"WHEN '{reason.value}' THEN {days}" for reason, days in COOL_DOWN_DAYS.items())
    zone = "COALESCE((SELECT o.timezone FROM teams_organisation o WHERE o.id = 1), 'UTC')"
    return (
        f"COALESCE(prev.revisit_on::timestamp AT TIME ZONE {zone}, "
        f"prev.recycled_at + CASE prev.reason {days} ELSE 90 END * interval '24 hours')"
    )


@lru_cache(maxsize=8)
def statement(rules: InForce) -> Prepared:
    """The whole statement for a model and a definition, kept as long as they are the ones in force."""
    source, columns, meets, because, window = (
        rules.scoring.source, rules.scoring.columns, rules.meets, rules.because, rules.window,
    )  # fmt: skip
    watched = (
        f"CASE WHEN p.last_touch_at > %(as_of)s::timestamptz - {window} * interval '24 hours' "
        f"THEN %(as_of)s::timestamptz + {REFRESH} END"
        if window
        else "NULL::timestamptz"
    )
    written = ", ".join(f"{name} = s.{name}" for name in SCORES)
    scores, olds, copied = (", ".join(f"{alias}.{name}" for name in SCORES) for alias in "suo")
    text = f"""
    WITH in_force AS MATERIALIZED (
        SELECT (EXISTS ({MODEL_IN_FORCE} AND m.id = %(model)s AND m.published_at IS NOT DISTINCT FROM %(published_at)s)
                AND ({DEFINITION_IN_FORCE.format(stage="'mql'")}) IS NOT DISTINCT FROM %(definition)s) AS same),
    scored AS MATERIALIZED (
        SELECT {KEPT}, {columns}, {watched} AS watched, l.id AS lead_id, w.wait_until
          FROM {source}
          LEFT JOIN LATERAL (
               SELECT {cool_down_ends()} AS wait_until FROM leads_lead prev
                WHERE prev.person_id = p.id AND prev.cycle = l.cycle - 1 AND prev.stage = '{Stage.RECYCLED.value}'
               ) w ON l.stage = '{Stage.INQUIRY.value}' AND l.cycle > 1
         WHERE p.id = ANY(%(ids)s::bigint[]) AND (SELECT same FROM in_force)),
    timed AS (
        SELECT s.*, LEAST(s.due, s.watched, CASE WHEN s.wait_until > %(as_of)s THEN s.wait_until END) AS score_due_at
          FROM scored s),
    people AS (
        UPDATE leads_person u
           SET {written}, score_version = %(version)s, scored_at = %(as_of)s,
               score_due_at = s.score_due_at
          FROM timed s
         WHERE u.id = s.id
           AND ({olds}, u.score_version, u.score_due_at)
               IS DISTINCT FROM ({scores}, %(version)s::int, s.score_due_at)),
    copies AS (
        UPDATE leads_lead o SET {written}
          FROM scored s
         WHERE o.id = s.lead_id AND o.stage IN ({OPEN})
           AND ({copied}) IS DISTINCT FROM ({scores}))
    SELECT in_force.same, x.* FROM in_force LEFT JOIN (
        SELECT l.id, {because} AS because, p.fit, p.engagement, p.usage, p.cell, p.points, {rules.cut} AS cut,
               EXISTS (SELECT 1 FROM scoring_waiting w WHERE w.lead_id = l.id) AS waits,
               NOT %(news)s AND EXISTS (
                   SELECT 1 FROM scoring_rescoring n WHERE n.state = 'running' AND NOT n.hand_over
                      AND n.started_at <= %(as_of)s AND n.cursor >= 0 AND n.cursor < p.id) AS ahead
          FROM scored p
          JOIN leads_lead l ON l.id = p.lead_id AND l.stage = '{Stage.INQUIRY.value}'
          LEFT JOIN leads_company c ON c.id = p.company_id
         WHERE %(crossings)s AND (%(news)s OR NOT l.history) AND NOT p.suppressed
           AND (l.hand_raise <> '' OR p.wait_until IS NULL OR p.wait_until <= %(as_of)s)
           AND ({meets}) IS TRUE
         ORDER BY l.created_at, l.id) x ON TRUE"""
    model, definition = rules.scoring.model, rules.definition
    constants = {
        "model": model.pk, "published_at": model.published_at, "version": model.version,
        "definition": definition.pk if definition else None,
    }  # fmt: skip
    return Prepared(text, types=VARYING, constants={**rules.scoring.params, **rules.params, **constants})
