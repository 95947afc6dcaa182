"""The score over time: the compiled SQL evaluated at some forty moments of a person's past, in one statement.

The live model looks back with what was known then; the mark of the hand-over is what the snapshot kept, so a past MQL
stands where it stood, whatever the rules say today.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg2.extensions import AsIs

from revops.lib import bulk
from revops.lib.words import moment, number, rounded
from scoring import current, cuts, words
from scoring.models import ScoringModel

LONGEST = timedelta(days=180)
EVEN = 16  # moments spread over the time, for what fades
NEWEST = 11  # touches, each just before and at it
JUMP = timedelta(seconds=1)
HEIGHT, TOP, FLOOR = 86, 10.0, 66.0

# Of person p with the open lead l: from the first touch, at most LONGEST ago, to now.
MOMENTS = """
    span AS MATERIALIZED (
        SELECT p.id AS person, l.mql_at, COALESCE(l.history, FALSE) AS history,
               LEAST(GREATEST(COALESCE(p.first_touch_at, l.created_at), %(now)s - %(longest)s),
                     %(now)s - interval '1 hour') AS since
          FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE l.id = %(lead)s),
    touched AS (
        SELECT CASE WHEN s.history THEN t.occurred_at ELSE GREATEST(t.occurred_at, t.recorded_at) END AS at
          FROM span s JOIN leads_touch t ON t.person_id = s.person AND t.occurred_at <= %(now)s
         ORDER BY t.occurred_at DESC LIMIT %(newest)s),
    m AS MATERIALIZED (
        SELECT DISTINCT x.at, s.person FROM span s CROSS JOIN LATERAL (
            SELECT s.since + (%(now)s - s.since) * (i / %(even)s::float8) FROM generate_series(0, %(even)s) i
            UNION ALL SELECT unnest(ARRAY[t.at - %(jump)s, t.at]) FROM touched t
            UNION ALL SELECT s.mql_at) x(at)
         WHERE x.at BETWEEN s.since AND %(now)s)"""


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    fit: float
    engagement: float
    cell: str

    @property
    def priority(self) -> float:
        return self.fit + self.engagement


def of(lead_id: int, *, now: datetime, model: ScoringModel) -> list[Point]:
    """The person's score at up to about forty moments until now, oldest first; [] for no such lead. One query."""
    compiled = current.of_model(model, moment="then")
    rows = bulk.query(
        f"""WITH {MOMENTS}
        SELECT x.at, x.fit, x.engagement, x.cell FROM (
            SELECT m.at, {compiled.columns} FROM m CROSS JOIN {compiled.source} WHERE p.id = m.person) x
         ORDER BY x.at""",
        {
            **compiled.params, "as_of": AsIs("m.at"), "lead": lead_id, "now": now, "longest": LONGEST, "even": EVEN,
            "newest": NEWEST, "jump": JUMP,
        },
    )  # fmt: skip
    return [Point(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Drawing:
    """For `scoring/_score_line.html`. `line`: points in a box of 100 × HEIGHT; x in percent, y in pixels. `levels`:
    [{y, text}]; `mark`: {x, y, text, anchor} of the hand-over, if it lies within."""

    line: str
    levels: list[dict[str, Any]]
    mark: dict[str, Any] | None
    begins: str
    finding: str
    height: int = HEIGHT
    floor: float = FLOOR
    more: dict[str, Any] = field(default_factory=dict)


def drawn(
    points: Sequence[Point], model: ScoringModel, *, now: datetime, zone: ZoneInfo, mode: str = cuts.CELLS,
    cut: float | None = None, handed: tuple[datetime, float, float] | None = None,
) -> Drawing | None:  # fmt: skip
    """The line of the number that decides: engagement by cells, else the priority. `handed`: (at, fit, engagement) of
    the hand-over's snapshot. None for fewer than two points."""
    if len(points) < 2:
        return None
    by_cells = mode == cuts.CELLS
    values = [one.engagement if by_cells else one.priority for one in points]
    if by_cells:
        levels = [(model.engagement_2, "level 2"), (model.engagement_1, "level 1")]
    else:
        levels = [(cut, "cut")] if cut is not None else []
    marked = None
    if handed is not None and points[0].at <= handed[0] <= points[-1].at:
        marked = handed[2] if by_cells else handed[1] + handed[2]
    top = max([*values, *(level for level, _ in levels), *([marked] if marked is not None else []), 1.0])
    began, long = points[0].at, (points[-1].at - points[0].at).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return float(round((at - began).total_seconds() / long * 100, 2))

    def y(value: float) -> float:
        return float(round(FLOOR - (FLOOR - TOP) * value / top, 1))

    name = "Engagement" if by_cells else "Priority"
    mark = None
    if marked is not None and handed is not None:
        place = x(handed[0])
        mark = {
            "x": f"{place}%", "y": y(marked), "text": f"MQL {number(marked, 1)}", "above": max(9.0, y(marked) - 6),
            "anchor": "end" if place > 50 else "start",
        }  # fmt: skip
    best = max(values)
    since = moment(began, now, zone, "day")
    return Drawing(
        " ".join(f"{x(one.at)},{y(value)}" for one, value in zip(points, values, strict=True)),
        [{"y": y(level), "text": f"{words.plain(level)}: {said}"} for level, said in levels],
        mark,
        since[:1].upper() + since[1:],
        f"{name} since {since}: at most {rounded(best, 1)}, now {rounded(values[-1], 1)}"
        + (f"; {rounded(marked, 1)} when it became an MQL" if marked is not None else ""),
    )
