"""Which leads a replay looks at, what became of them, and the moments at which they are judged.

A lead's story begins when it opened (or when we heard of it, if that was later) and ends when it was really handed
over, taken, set aside or today. Between, it is judged whenever something became known: a touch when it was recorded,
however long before it happened; an attribute when its fact was written; a raised hand when it was said. What an import
brought as history was known at no other moment than it happened.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.attributes import IMPORTED
from leads.models.stage import Stage
from revops.lib import bulk
from scoring.replay.result import SQL_WITHIN, WON_WITHIN
from scoring.rescore import cool_down_ends

MOST = 100_000
LOT = 2_000
MOMENTS = 100
RAISING = "'demo_request', 'contact_request', 'trial_start'"

# A number that is even over ids, the same today and tomorrow.
PICKED = "(hashint8(l.id) & 2147483647) %% %(every)s::int = 0"
REPLAYED = (
    f"l.created_at >= %(from)s AND l.created_at < %(until)s AND NOT l.undated AND l.stage <> '{Stage.MERGED.value}' "
    f"AND (%(every)s = 1 OR {PICKED})"
)

KNOWN_AT = "CASE WHEN l.history THEN x.occurred_at ELSE greatest(x.occurred_at, x.recorded_at) END"

# Behind the aliases l and p. `o.opened`, `o.raised`, `o.ended`; `w.wait_until`: a recycled person's cool-down.
STORY = f"""
  LEFT JOIN LATERAL (
      SELECT {cool_down_ends()} AS wait_until FROM leads_lead prev
       WHERE prev.person_id = p.id AND prev.cycle = l.cycle - 1 AND prev.stage = '{Stage.RECYCLED.value}'
       ) w ON l.cycle > 1
 CROSS JOIN LATERAL (
      SELECT CASE WHEN l.history THEN l.created_at ELSE greatest(l.created_at, (
                 SELECT min(s.recorded_at) FROM leads_submission s WHERE s.lead_id = l.id)) END AS opened OFFSET 0) o1
 CROSS JOIN LATERAL (
      SELECT o1.opened,
             greatest(o1.opened, CASE WHEN l.hand_raise <> '' AND NOT l.history THEN coalesce(
                 (SELECT min(s.recorded_at) FROM leads_submission s WHERE s.lead_id = l.id
                     AND coalesce(s.payload ->> 'hand_raise', 'false') NOT IN ('', 'false')),
                 (SELECT min(greatest(x.occurred_at, x.recorded_at)) FROM leads_touch x
                   WHERE x.person_id = p.id AND x.lead_id = l.id AND x.kind IN ({RAISING}))) END) AS raised,
             greatest(o1.opened, least(l.mql_at, l.sal_at, l.sql_at, l.opportunity_at, l.won_at, l.lost_at,
                 l.rejected_at, l.recycled_at, l.disqualified_at, %(until)s)) AS ended OFFSET 0) o
"""
# And behind those: `m.at`. `nights`: when a cut was taken, for definitions that ask for the best of a pool.
MOMENT = f"""
 CROSS JOIN LATERAL (
      SELECT counted.at FROM (
          SELECT known.at, row_number() OVER (ORDER BY known.at) AS n, count(*) OVER () AS total FROM (
              SELECT o.opened AS at
              UNION SELECT o.ended
              UNION SELECT o.raised WHERE o.raised < o.ended
              UNION SELECT n.at FROM unnest(%(nights)s::timestamptz[]) n(at) WHERE n.at > o.opened AND n.at < o.ended
              UNION SELECT w.wait_until WHERE w.wait_until > o.opened AND w.wait_until < o.ended
              UNION SELECT y.at FROM leads_touch x CROSS JOIN LATERAL (SELECT {KNOWN_AT} AS at) y
                     WHERE x.person_id = p.id AND x.occurred_at < o.ended AND y.at > o.opened AND y.at < o.ended
              UNION SELECT f.at FROM leads_attributefact f
                     WHERE f.subject_kind = 'person' AND f.subject_id = p.id
                       AND NOT {IMPORTED} AND f.at > o.opened AND f.at < o.ended
              UNION SELECT f.at FROM leads_attributefact f
                     WHERE f.subject_kind = 'company' AND f.subject_id = p.company_id
                       AND NOT {IMPORTED} AND f.at > o.opened AND f.at < o.ended) known) counted
       WHERE counted.n IN (1, counted.total)
          OR counted.n %% ceil(counted.total / {MOMENTS - 2}.0)::int = 0) m
"""

# What the product keeps no history of, but a replay knows better: at these moments every lead was an inquiry.
KNOWN = {
    "lead.stage": f"'{Stage.INQUIRY.value}'::text",
    "lead.hand_raise": "CASE WHEN o.raised <= m.at THEN NULLIF(l.hand_raise, '') END",
    "person.suppressed": "(p.suppressed AND l.mql_at IS NULL)",
}
# As scoring.rescore asks at a crossing. Who was handed over could be contacted until then, whatever came later.
MAY_CROSS = (
    "((l.hand_raise <> '' AND o.raised <= m.at) OR w.wait_until IS NULL OR w.wait_until <= m.at) "
    "AND (NOT p.suppressed OR l.mql_at IS NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Population:
    """Leads opened in [from_at, until): wide enough that outcomes of `days` days are old enough to be judged."""

    days: int
    until: datetime
    every: int = 1

    @property
    def since(self) -> datetime:
        """When the period begins whose hand-overs are counted."""
        return self.until - timedelta(days=self.days)

    @property
    def from_at(self) -> datetime:
        return self.since - timedelta(days=WON_WITHIN)

    def old(self, within: int) -> tuple[datetime, datetime]:
        """[opened from, opened before) of the leads whose outcome within so many days is known."""
        return self.since - timedelta(days=within), self.until - timedelta(days=within)

    @property
    def params(self) -> dict[str, object]:
        sql_from, sql_until = self.old(SQL_WITHIN)
        won_from, won_until = self.old(WON_WITHIN)
        return {
            "from": self.from_at, "since": self.since, "until": self.until, "every": self.every,
            "sql_from": sql_from, "sql_until": sql_until, "won_from": won_from, "won_until": won_until,
            "sql_within": SQL_WITHIN, "won_within": WON_WITHIN,
        }  # fmt: skip


def of(*, days: int, until: datetime) -> tuple[Population, int]:
    """(the population, how many leads are looked at): every n-th when there are more than MOST."""
    whole = Population(days, until)
    total = _count(whole)
    if total <= MOST:
        return whole, total
    some = Population(days, until, every=-(-total // MOST))
    return some, _count(some)


def lot(population: Population, *, after: int) -> list[int]:
    """The next ids in order."""
    rows = bulk.query(
        f"SELECT l.id FROM leads_lead l WHERE l.id > %(after)s AND {REPLAYED} ORDER BY l.id LIMIT {LOT}",
        {**population.params, "after": after},
    )
    return [pk for (pk,) in rows]


def left_out(population: Population) -> int:
    """Leads without real dates, opened in the same time."""
    [(n,)] = bulk.query(
        "SELECT count(*) FROM leads_lead l WHERE l.created_at >= %(from)s AND l.created_at < %(until)s AND l.undated",
        population.params,
    )
    return n


def _count(population: Population) -> int:
    [(n,)] = bulk.query(f"SELECT count(*) FROM leads_lead l WHERE {REPLAYED}", population.params)
    return n
