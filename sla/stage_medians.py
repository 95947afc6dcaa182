"""How long leads and deals usually stay where they are: of those that went on from there in the last twelve months.

Worked out once an hour of `now` in each process; a limit that moves more often than that would be no promise.
"""

from datetime import datetime

from deals import stage_times
from deals.stage_times import LOOKS_BACK, Median
from revops.lib import bulk

MEDIANS = """
SELECT 'sal', count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sql_at - sal_at))
  FROM leads_lead WHERE sql_at >= %(since)s AND sql_at < %(now)s AND sal_at <= sql_at AND NOT undated
UNION ALL
SELECT 'sql', count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM opportunity_at - sql_at))
  FROM leads_lead WHERE opportunity_at >= %(since)s AND opportunity_at < %(now)s AND sql_at <= opportunity_at
   AND NOT undated
"""

_kept: tuple[datetime, dict[str, Median]] | None = None


def of(now: datetime) -> dict[str, Median]:
    """{"sal", "sql", or the id of a deals' stage: median time there}; a stage nobody has left forward is absent."""
    global _kept
    hour = now.replace(minute=0, second=0, microsecond=0)
    if _kept is None or _kept[0] != hour:
        rows = bulk.query(MEDIANS, {"since": now - LOOKS_BACK, "now": now})
        leads = {stage: Median(n, float(median)) for stage, n, median in rows if n}
        _kept = (hour, leads | {str(stage): usual for stage, usual in stage_times.medians(now).items()})
    return _kept[1]


def forget() -> None:
    """Between tests."""
    global _kept
    _kept = None
