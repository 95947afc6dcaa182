"""How long deals that were won in the last twelve months stood in each stage: all their stays there added up, skipped
stages left out (DOMAIN 6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from revops.lib import bulk

LOOKS_BACK = timedelta(days=365)
# Of deals `since` <= won < `now`; a relation for other statements to join.
MEDIANS = """
SELECT stage_id, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median
  FROM (SELECT s.stage_id, s.deal_id, sum(extract(epoch FROM s.left_at - s.entered_at))::float8 AS seconds
          FROM deals_deal d JOIN deals_stint s ON s.deal_id = d.id AND s.left_at IS NOT NULL AND NOT s.skipped
         WHERE d.stage = 'won' AND d.closed_at >= %(since)s AND d.closed_at < %(now)s AND NOT d.undated
         GROUP BY s.stage_id, s.deal_id) stays
 GROUP BY stage_id"""


@dataclass(frozen=True, slots=True)
class Median:
    n: int
    seconds: float


def medians(now: datetime) -> dict[int, Median]:
    """{stage: what is usual there}; a stage no won deal stood in is absent. One query."""
    rows = bulk.query(MEDIANS, {"since": now - LOOKS_BACK, "now": now})
    return {stage: Median(n, float(seconds)) for stage, n, seconds in rows}
