"""How long deals that were won in the last twelve months stood in each stage: all their stays there added up, skipped
stages left out (DOMAIN 6).

Worked out once an hour of `now` in each process, as of the beginning of that hour: every process says the same, and no
page waits for a year of deals.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from revops.lib import bulk

LOOKS_BACK = timedelta(days=365)
# Of deals `since` <= won < `until`.
MEDIANS = """
SELECT stage_id, count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median
  FROM (SELECT s.stage_id, s.deal_id, sum(extract(epoch FROM s.left_at - s.entered_at))::float8 AS seconds
          FROM deals_deal d JOIN deals_stint s ON s.deal_id = d.id AND s.left_at IS NOT NULL AND NOT s.skipped
         WHERE d.stage = 'won' AND d.closed_at >= %(since)s AND d.closed_at < %(until)s AND NOT d.undated
         GROUP BY s.stage_id, s.deal_id) stays
 GROUP BY stage_id"""


@dataclass(frozen=True, slots=True)
class Median:
    n: int
    seconds: float


_kept: tuple[datetime, dict[int, Median]] | None = None


def medians(now: datetime) -> dict[int, Median]:
    """{stage: what is usual there}; a stage no won deal stood in is absent. At most one query."""
    global _kept
    hour = now.replace(minute=0, second=0, microsecond=0)
    if _kept is None or _kept[0] != hour:
        rows = bulk.query(MEDIANS, {"since": hour - LOOKS_BACK, "until": hour})
        _kept = (hour, {stage: Median(n, float(seconds)) for stage, n, seconds in rows})
    return _kept[1]


def forget() -> None:
    """Between tests."""
    global _kept
    _kept = None
