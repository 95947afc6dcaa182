"""How many hand-offs of the last 90 days each line takes, counted while somebody edits: quickly, or "about".

The same population and the same reading of the past as the replay (sla/replay_history.py), without working out a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction

from revops.lib import bulk
from sla.models import Policy, Target
from sla.replay_history import Conditions

DAYS = 90
# Every lead for so many milliseconds, else every tenth for so many: a page waits no longer than 300 in all.
PATIENCE_MS = {1: 200, 10: 100}
COUNTED = frozenset(Target.values) - {Target.NEXT_STEP, Target.HANDOFF_SCHEDULED, Target.HANDOFF_HELD}
POPULATION = """
  FROM (SELECT y.*, y.mql_at AS started_at FROM leads_lead y
         WHERE y.mql_at >= %(since)s AND y.mql_at < %(until)s AND NOT y.history AND NOT y.undated
           AND y.id %% %(step)s = 0) past
  JOIN leads_lead l ON l.id = past.id
  JOIN leads_person p ON p.id = l.person_id
  LEFT JOIN leads_company c ON c.id = p.company_id
  LEFT JOIN leads_snapshot s ON s.lead_id = l.id"""


@dataclass(slots=True)
class Hits:
    """`taken`: {line: hand-offs it is the first to match}; `match`: {line: those its own condition matches}.

    `about`: counted on every tenth and multiplied, since the whole took too long. `known`: False when even that did.
    """

    of: int = 0
    taken: dict[UUID, int] = field(default_factory=dict)
    match: dict[UUID, int] = field(default_factory=dict)
    about: bool = False
    known: bool = True


def of(lines: Sequence[Policy], *, now: datetime) -> Hits:
    """`lines` of one target, in order. One statement; a second one on a tenth of the leads when the first is slow."""
    if not lines or lines[0].target not in COUNTED:
        return Hits(known=False)
    for step in PATIENCE_MS:
        try:
            return _counted(lines, now=now, step=step)
        except OperationalError:  # cancelled when its time is over
            continue
    return Hits(known=False)


def matching(line: Policy, lines: Sequence[Policy], *, now: datetime, limit: int = 50) -> list[int]:
    """Ids of the newest leads that `line` is the first of `lines` to match."""
    asked = Conditions(lines)
    first = _first(asked, lines)
    rows = bulk.query(
        f"SELECT past.id {POPULATION} WHERE ({first}) = %(place)s "
        "ORDER BY past.mql_at DESC, past.id DESC LIMIT %(limit)s",
        {**asked.params, **_period(now, 1), "place": [one.pk for one in lines].index(line.pk), "limit": limit},
    )
    return [pk for (pk,) in rows]


def _counted(lines: Sequence[Policy], *, now: datetime, step: int) -> Hits:
    asked = Conditions(lines)
    first = _first(asked, lines)
    sums = ", ".join(f"count(*) FILTER (WHERE {text})" for text in asked.texts)
    with transaction.atomic():
        [(usual,)] = bulk.query("SELECT current_setting('statement_timeout')")
        bulk.query("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS[step])])
        rows = bulk.query(
            f"SELECT {first} AS place, count(*), {sums} {POPULATION} GROUP BY 1",
            {**asked.params, **_period(now, step)},
        )
        bulk.query("SELECT set_config('statement_timeout', %s, true)", [usual])
    hits = Hits(of=sum(row[1] for row in rows) * step, about=step > 1)
    by_place = {row[0]: row[1] for row in rows}
    for place, (which, line) in enumerate(asked.of(lines)):
        hits.taken[line.line] = by_place.get(place, 0) * step
        hits.match[line.line] = sum(row[2 + which] for row in rows) * step
    return hits


def _first(asked: Conditions, lines: Sequence[Policy]) -> str:
    whens = " ".join(f"WHEN {asked.texts[which]} THEN {place}" for place, (which, _) in enumerate(asked.of(lines)))
    return f"CASE {whens} END"


def _period(now: datetime, step: int) -> dict[str, object]:
    return {"since": now - timedelta(days=DAYS), "until": now, "step": step}
