"""What the rows of a replay say, in SQL: a replay of a hundred thousand leads brings a few dozen rows to Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import bulk
from scoring.models import Rule
from scoring.points import UNIT
from scoring.replay import evaluation
from scoring.replay.population import Population
from scoring.replay.result import Day, RuleEffect, Side, Threshold

STEP = 10  # of the table of thresholds, in points of priority

# Outcomes are counted from the opening. Who was worked: handed over, or further without having been (imports).
LEADS = """
    SELECT r.*, l.opened, l.worked, l.sql_so_far, l.sql, l.won,
           r.opened_at >= %(since)s AS in_period,
           r.opened_at >= %(sql_from)s AND r.opened_at < %(sql_until)s AS sql_old,
           r.opened_at >= %(won_from)s AND r.opened_at < %(won_until)s AS won_old,
           r.live_at >= %(since)s IS TRUE AS live_in, r.draft_at >= %(since)s IS TRUE AS draft_in
      FROM scoring_replaylead r
      JOIN (SELECT x.id, x.created_at AS opened, y.sql_at IS NOT NULL AS sql_so_far,
                   coalesce(x.mql_at, x.sal_at, y.sql_at) IS NOT NULL AS worked,
                   y.sql_at <= x.created_at + %(sql_within)s * interval '24 hours' IS TRUE AS sql,
                   x.won_at <= x.created_at + %(won_within)s * interval '24 hours' IS TRUE AS won
              FROM leads_lead x
             CROSS JOIN LATERAL (SELECT least(x.sql_at, x.opportunity_at, x.won_at) AS sql_at) y) l ON l.id = r.lead_id
     WHERE r.run_id = %(run)s"""


@dataclass(slots=True)
class Totals:
    """Of the leads looked at. `side`: those numbers of each side that are counted, by name."""

    leads: int
    first_at: datetime | None
    judged_sql: int
    sqls: int
    judged_won: int
    wins: int
    young_sql: int
    young_won: int
    entering: int
    entering_sql: int
    entering_unknown: int
    leaving: int
    leaving_sql: int
    side: dict[str, dict[str, int]]


def totals(run_id: int, population: Population) -> Totals:
    sides = ", ".join(
        f"""count(*) FILTER (WHERE {side}_in), count(*) FILTER (WHERE {side}_at IS NOT NULL AND sql_old),
            count(*) FILTER (WHERE {side}_at IS NOT NULL AND sql_old AND worked),
            count(*) FILTER (WHERE {side}_at IS NOT NULL AND sql_old AND worked AND sql),
            count(*) FILTER (WHERE {side}_at IS NOT NULL AND won_old AND worked),
            count(*) FILTER (WHERE {side}_at IS NOT NULL AND won_old AND worked AND won)"""
        for side in ("live", "draft")
    )
    came, left = "draft_in AND live_at IS NULL", "live_in AND draft_at IS NULL"
    [row] = bulk.query(
        f"""
        SELECT count(*), min(opened_at), count(*) FILTER (WHERE sql_old), count(*) FILTER (WHERE sql_old AND sql),
               count(*) FILTER (WHERE won_old), count(*) FILTER (WHERE won_old AND won),
               count(*) FILTER (WHERE opened_at >= %(sql_until)s), count(*) FILTER (WHERE opened_at >= %(won_until)s),
               count(*) FILTER (WHERE {came}), count(*) FILTER (WHERE {came} AND sql_so_far),
               count(*) FILTER (WHERE {came} AND NOT worked),
               count(*) FILTER (WHERE {left}), count(*) FILTER (WHERE {left} AND sql_so_far), {sides}
          FROM ({LEADS}) r""",
        _params(run_id, population),
    )
    names = ("handed", "old_handed", "known", "sql", "won_known", "won")
    live, draft = row[13:19], row[19:25]
    side = {"live": dict(zip(names, live, strict=True)), "draft": dict(zip(names, draft, strict=True))}
    return Totals(*row[:13], side=side)


def judged(side: Side, name: str, run_id: int, population: Population) -> None:
    """Fill in what ranking by the best priority says. `name`: live or draft."""
    side.unknown = side.old_handed - side.known
    side.precision = evaluation.ratio(side.sql, side.known)
    params = _params(run_id, population)
    area, top, hits, n = _ranked(name, "sql", params)
    side.auc, side.top_fifth_sqls = area, top
    side.lift = top * n / evaluation.cut(n, 0.2) if top is not None else None
    side.top_fifth_wins = _ranked(name, "won", params)[1]
    side.thresholds = _thresholds(name, params)
    caught = bulk.query(
        f"SELECT count(*) FILTER (WHERE {name}_at IS NOT NULL) FROM ({LEADS}) r WHERE sql_old AND sql", params
    )[0][0]
    side.recall = evaluation.ratio(caught, hits)


def _ranked(name: str, outcome: str, params: dict[str, Any]) -> tuple[float | None, float | None, int, int]:
    """(AUC, share of the positives in the top fifth, positives, leads); as `evaluation` says it."""
    [row] = bulk.query(
        f"""
        WITH groups AS (
            SELECT {name}_best AS score, count(*) AS n, count(*) FILTER (WHERE {outcome}) AS hits
              FROM ({LEADS}) r WHERE {outcome}_old GROUP BY 1),
        placed AS (
            SELECT n, hits, sum(n - hits) OVER (ORDER BY score) - (n - hits) AS below,
                   sum(n) OVER (ORDER BY score DESC) - n AS better, sum(n) OVER () AS total
              FROM groups)
        SELECT sum(hits * (below + (n - hits) / 2.0)) / NULLIF(sum(hits) * sum(n - hits), 0),
               sum(hits * least(n, greatest(0, ceil(total * 0.2) - better)) / n) / NULLIF(sum(hits), 0),
               coalesce(sum(hits), 0), coalesce(sum(n), 0)
          FROM placed""",
        params,
    )
    area, top, hits, n = row
    return None if area is None else float(area), None if top is None else float(top), int(hits), int(n)


def _thresholds(name: str, params: dict[str, Any]) -> list[Threshold]:
    """Every ten points of priority, from the first that says no to somebody to the last that says yes to somebody."""
    rows = bulk.query(
        f"SELECT floor({name}_best / {STEP})::int, count(*) FILTER (WHERE sql), count(*) FILTER (WHERE NOT sql) "
        f"FROM ({LEADS}) r WHERE sql_old GROUP BY 1 ORDER BY 1",
        params,
    )
    if not rows:
        return []
    counts = {band: (hits, others) for band, hits, others in rows}
    positives, negatives = sum(hits for hits, _ in counts.values()), sum(others for _, others in counts.values())
    found, fn, tn = [], 0, 0
    for band in range(min(counts), max(counts)):
        hits, others = counts.get(band, (0, 0))
        fn, tn = fn + hits, tn + others
        found.append(evaluation.rated(Threshold((band + 1) * STEP, positives - fn, negatives - tn, fn, tn)))
    return found


def effects(
    rules: Sequence[Rule], side: str, run_id: int, population: Population, *, marginal: bool
) -> list[RuleEffect]:
    """One per rule, in order. `marginal`: with what hangs on it."""
    params = {**_params(run_id, population), "month": population.until - timedelta(days=30), "unit": UNIT}
    given = bulk.query(
        f"""
        SELECT x.place, count(*) FILTER (WHERE in_period), count(*) FILTER (WHERE sql_old AND worked),
               count(*) FILTER (WHERE sql_old AND worked AND sql), count(*) FILTER (WHERE won_old AND worked),
               count(*) FILTER (WHERE won_old AND worked AND won),
               coalesce(sum(x.points) FILTER (WHERE opened_at >= %(month)s), 0) / %(unit)s::float8
          FROM ({LEADS}) r CROSS JOIN LATERAL unnest(r.{side}_points) WITH ORDINALITY AS x(points, place)
         WHERE x.points <> 0 GROUP BY 1""",
        params,
    )
    of = bulk.query(f"SELECT count(*) FROM ({LEADS}) r WHERE in_period", params)[0][0]
    found = [RuleEffect(str(rule.line), rule.name, rule.kind, rule.points, of=of * population.every) for rule in rules]
    for place, fires, sql_known, sql, known, won, points in given:
        one = found[place - 1]
        one.fires, one.points_30d = fires * population.every, points * population.every
        one.sql_known, one.sql, one.known, one.won = sql_known, sql, known, won
    if marginal:
        for i, needed, needed_sql, held_back in bulk.query(
            f"""
            SELECT x.i, count(*) FILTER (WHERE x.needed AND draft_in),
                   count(*) FILTER (WHERE x.needed AND draft_in AND sql_so_far),
                   count(*) FILTER (WHERE NOT x.needed AND in_period)
              FROM ({LEADS}) r CROSS JOIN LATERAL (
                   SELECT i, true AS needed FROM unnest(r.needed) AS i
                   UNION ALL SELECT i, false FROM unnest(r.held_back) AS i) x GROUP BY 1""",
            params,
        ):
            every = population.every
            found[i].needed, found[i].needed_sql, found[i].held_back = (
                needed * every,
                needed_sql * every,
                held_back * every,
            )
    return found


def by_day(run_id: int, population: Population, zone: ZoneInfo) -> list[Day]:
    """Every day of the period, those without anybody too."""
    rows = bulk.query(
        f"""
        SELECT (x.at AT TIME ZONE %(zone)s)::date, count(*) FILTER (WHERE x.live), count(*) FILTER (WHERE NOT x.live)
          FROM ({LEADS}) r CROSS JOIN LATERAL (VALUES (r.live_at, true), (r.draft_at, false)) AS x(at, live)
         WHERE x.at >= %(since)s GROUP BY 1""",
        {**_params(run_id, population), "zone": zone.key},
    )
    counted = {day: (live, draft) for day, live, draft in rows}
    day, last = population.since.astimezone(zone).date(), population.until.astimezone(zone).date()
    days = []
    while day <= last:
        live, draft = counted.get(day, (0, 0))
        days.append(Day(day.isoformat(), live * population.every, draft * population.every))
        day += timedelta(days=1)
    return days


def _params(run_id: int, population: Population) -> dict[str, Any]:
    return {**population.params, "run": run_id}
