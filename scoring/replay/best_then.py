"""The cut of the best share as it would have been (DOMAIN 3.3), once a week of the past.

A pool is what was an inquiry that week, opened within 90 days and meeting all else that the definition asks; its k-th
priority and that lead's fit are the week's cut. Of a large pool POOL leads are looked at, the same ones each time. Who
the model itself would have taken out of the pool earlier is still in it: the cut is an estimate, and a little high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from psycopg2.extensions import AsIs

from leads.conditions import tree
from leads.conditions.tree import Node
from scoring import cuts as taken
from scoring.compiling import Compared, Side
from scoring.replay.asking import asked_of, named
from scoring.replay.population import MAY_CROSS, STORY, Population

EVERY = timedelta(days=7)
POOL = 500


@dataclass(frozen=True, slots=True)
class Cuts:
    """`rows`: (since when, priority, fit), both None for an empty pool; none at all where nobody asks. `model`: whose
    scores are compared."""

    rows: Sequence[tuple[datetime, float | None, float | None]] = ()
    model: int = 0

    @property
    def nights(self) -> list[datetime]:
        return [at for at, _, _ in self.rows]

    def text(self, name: str, *, real: bool) -> str:
        """SQL over v and m whether a score reaches the cut; `real`: one that was taken of its model comes first."""
        if not self.rows:
            return "NULL::boolean"
        estimated = (
            "(SELECT k.priority IS NOT NULL AND (v.fit + v.engagement, v.fit) >= (k.priority, k.fit) FROM "
            f"unnest(%({name}_at)s::timestamptz[], %({name}_priority)s::float8[], %({name}_fit)s::float8[]) "
            "AS k(at, priority, fit) WHERE k.at <= m.at ORDER BY k.at DESC LIMIT 1)"
        )
        if not real:
            return estimated
        cut = taken.passes(priority="(v.fit + v.engagement)", fit="v.fit", then=f"%({name}_model)s")
        return f"COALESCE({cut}, {estimated})"

    def params(self, name: str) -> dict[str, Any]:
        if not self.rows:
            return {}
        at, priority, fit = (list(column) for column in zip(*self.rows, strict=True))
        return {f"{name}_at": at, f"{name}_priority": priority, f"{name}_fit": fit, f"{name}_model": self.model}


def cuts(rules: Compared, side: Side, node: Node | None, over: Population | None) -> Cuts:
    """One statement when the definition asks for the best share, else none."""
    if node is None or over is None or "score.top" not in tree.attributes_of(node):
        return Cuts()
    asked = asked_of(node, "best", rules.given, top="TRUE")
    once = f"CROSS JOIN LATERAL (SELECT {', '.join(asked.kept)} OFFSET 0) q" if asked.kept else ""
    text = f"""
    WITH nights AS (SELECT at FROM generate_series(%(from)s::timestamptz, %(until)s::timestamptz, %(step)s) AS at),
    pool AS (
        SELECT m.at, v.fit, v.fit + v.engagement AS priority, l.id
          FROM nights m
         CROSS JOIN LATERAL (
               SELECT x.* FROM leads_lead x
                WHERE x.created_at <= m.at AND x.created_at > m.at - interval '90 days' AND NOT x.undated
                  AND x.stage <> 'merged' AND (x.mql_at IS NULL OR x.mql_at > m.at)
                ORDER BY hashint8(x.id), x.id LIMIT {POOL}) l
          JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id
          {STORY}
          {rules.steps}
          {once}
         CROSS JOIN LATERAL (SELECT {named(rules.scores(side))} OFFSET 0) v
         WHERE o.opened <= m.at AND o.ended > m.at AND ({asked.meets}) IS TRUE AND {MAY_CROSS}),
    placed AS (
        SELECT at, priority, fit, row_number() OVER (PARTITION BY at ORDER BY priority DESC, fit DESC, id) AS place,
               count(*) OVER (PARTITION BY at) AS n FROM pool)
    SELECT nights.at, k.priority, k.fit
      FROM nights LEFT JOIN placed k ON k.at = nights.at AND k.place = ceil(k.n * %(share)s / 100.0)
     ORDER BY 1"""
    params = {**rules.params, **asked.params, **over.params, "step": EVERY, "share": side.model.top_share}
    with connection.cursor() as cursor:
        cursor.execute(text, {**params, "as_of": AsIs("m.at")})
        return Cuts(tuple(cursor.fetchall()), side.model.pk)
