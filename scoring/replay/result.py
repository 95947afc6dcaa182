"""What a replay found, as pages and REST show it and as JSON keeps it.

`live`: the published model with the definition in force; `draft`: the draft, None when the live model ran alone. With
`every` > 1 only each n-th lead was looked at: what flows (handed, a_day, entering, leaving, by_day, load, and of rules
fires, of, points_30d, needed, held_back) is multiplied by it, an estimate; what is judged is of the leads looked at.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

SQL_WITHIN, WON_WITHIN = 60, 180  # days from the opening in which an outcome counts


@dataclass(slots=True)
class Threshold:
    """Everybody with `at_least` priority or more taken for a yes; precision, recall, f1 None where nobody divides."""

    at_least: float
    tp: int
    fp: int
    fn: int
    tn: int
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


@dataclass(slots=True)
class Side:
    """One model. `handed`: leads it hands over in the period; `a_day`: by the days of it that there is history of.

    Judged over the leads opened long enough ago: `old_handed` of them it hands over; `known` of these were worked,
    `sql` of those became SQL within 60 days; `unknown` were never worked, so nobody knows. `precision` = sql ÷ known;
    `recall` = share of all SQLs that it hands over. `auc` (0–1, None with one class only), `lift` at 20% and the shares
    of all SQLs and wins in its top fifth rank all old leads by their best priority before the real hand-over; who was
    never worked counts as not converted there. `won_known`, `won`: of those it hands over, old enough for a win and
    worked; won so far within 180 days. `thresholds`: by priority, for SQL.
    """

    version: int = 0
    definition: int | None = None
    handed: int = 0
    a_day: float = 0.0
    old_handed: int = 0
    known: int = 0
    sql: int = 0
    unknown: int = 0
    won_known: int = 0
    won: int = 0
    precision: float | None = None
    recall: float | None = None
    auc: float | None = None
    lift: float | None = None
    top_fifth_sqls: float | None = None
    top_fifth_wins: float | None = None
    thresholds: list[Threshold] = field(default_factory=list)


@dataclass(slots=True)
class RuleEffect:
    """One rule: it gave points to `fires` of the `of` leads opened in the period. Of those who got points, were worked
    and are old enough: `sql` of `sql_known` became SQL, `won` of `known` were won. `points_30d`: what it gave in all to
    the leads opened in the last 30 days.

    Marginal, of the draft only: `needed` hand-overs of the period hang on it (`needed_sql`: that became SQL so far),
    `held_back` are kept out by it.
    """

    line: str
    name: str
    kind: str
    points: float
    fires: int = 0
    of: int = 0
    sql: int = 0
    sql_known: int = 0
    won: int = 0
    known: int = 0
    points_30d: float = 0.0
    needed: int = 0
    needed_sql: int = 0
    held_back: int = 0


@dataclass(slots=True)
class RepLoad:
    """Leads a working day on one person's desk. `capacity`: what they answered a working day at their busiest (95th
    percentile of 90 days), None = too little to say. `user` None: nobody could take them."""

    user: int | None
    name: str
    team: str
    live: float
    draft: float
    capacity: float | None = None


@dataclass(slots=True)
class HourLoad:
    """Response clocks begun in an average working day's hour (0–23 in `Load.zone`), people on shift in it, and how many
    they can answer in an hour (None = too little history)."""

    hour: int
    live: float
    draft: float
    on_shift: float
    can_answer: float | None = None


@dataclass(slots=True)
class Load:
    reps: list[RepLoad] = field(default_factory=list)
    hours: list[HourLoad] = field(default_factory=list)
    zone: str = "UTC"
    note: str = ""


@dataclass(slots=True)
class Excluded:
    """Left out: leads opened in the last 60 (180) days, too young for an SQL (a win) to be judged; without dates."""

    young_sql: int = 0
    young_won: int = 0
    undated: int = 0


@dataclass(slots=True)
class Day:
    """`date`: ISO, in the organisation's zone."""

    date: str
    live: int
    draft: int


@dataclass(slots=True)
class Result:
    """The period is [since, until), `days` long; `short_of`: days of history when there are fewer. `leads`: looked at;
    `sqls`, `wins`: among those old enough to be judged (`judged_sql`, `judged_won` of them).

    `entering`: handed over in the period under the draft but not live; `leaving` the other way; `entering_unknown` of
    those were never worked, `entering_sql` and `leaving_sql` became SQL all the same. `rules`: the draft's (the live
    model's when it ran alone), in order; `live_rules`: the live model's. `without_history`: labels of attributes that
    count as unknown because their past is kept nowhere. `best_estimated`: a definition asks for the best share of a
    pool, and its cuts in the past were estimated week by week. `took`: seconds of counting. `missing`: why there is
    nothing to see, else "".
    """

    days: int
    since: datetime
    until: datetime
    zone: str = "UTC"
    short_of: int | None = None
    leads: int = 0
    every: int = 1
    live: Side = field(default_factory=Side)
    draft: Side | None = None
    judged_sql: int = 0
    sqls: int = 0
    judged_won: int = 0
    wins: int = 0
    entering: int = 0
    entering_sql: int = 0
    entering_unknown: int = 0
    leaving: int = 0
    leaving_sql: int = 0
    by_day: list[Day] = field(default_factory=list)
    rules: list[RuleEffect] = field(default_factory=list)
    live_rules: list[RuleEffect] = field(default_factory=list)
    load: Load = field(default_factory=Load)
    excluded: Excluded = field(default_factory=Excluded)
    without_history: list[str] = field(default_factory=list)
    best_estimated: bool = False
    took: float = 0.0
    missing: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Result":
        kept = dict(data)
        for name in ("since", "until"):
            kept[name] = datetime.fromisoformat(kept[name])
        kept["live"] = _side(kept["live"])
        kept["draft"] = _side(kept["draft"]) if kept["draft"] else None
        kept["by_day"] = [Day(**one) for one in kept["by_day"]]
        for name in ("rules", "live_rules"):
            kept[name] = [RuleEffect(**one) for one in kept[name]]
        load = dict(kept["load"])
        load["reps"] = [RepLoad(**one) for one in load["reps"]]
        load["hours"] = [HourLoad(**one) for one in load["hours"]]
        kept["load"] = Load(**load)
        kept["excluded"] = Excluded(**kept["excluded"])
        return cls(**kept)


def _side(data: Mapping[str, Any]) -> Side:
    return Side(**{**data, "thresholds": [Threshold(**one) for one in data["thresholds"]]})
