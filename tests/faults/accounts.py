"""The accounting: what fell due against what was set off, what was set off against what arrived (invariants I1 to I6)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.management import call_command
from django.db import connection

# Clocks that a merge ended answer for nothing any more, and rows that were poisoned on purpose were late on purpose.
DUE = """sla_clock c WHERE NOT c.history AND c.reason <> 'merged' AND c.due_at IS NOT NULL
     AND c.due_at < coalesce(c.stopped_at, %(end)s)"""
LOST = f"""SELECT count(*) FROM {DUE} AND NOT EXISTS (
    SELECT 1 FROM sla_effect e WHERE e.clock_id = c.id AND e.event = 'breach')"""
CHAIN = """SELECT count(*) FROM sla_clock c, unnest(c.levels, c.marks) AS m(level, at)
   WHERE c.phase = 'running' AND m.level > 100 AND m.at < %(end)s
     AND NOT EXISTS (SELECT 1 FROM sla_effect e WHERE e.clock_id = c.id AND e.level = m.level)"""
EARLY = "SELECT count(*) FROM sla_effect WHERE detected_at <= effective_at"
FALSE = """SELECT count(*) FROM sla_clock c LEFT JOIN sla_effect e ON e.clock_id = c.id AND e.event = 'breach'
   WHERE NOT c.history AND c.reason <> 'merged' AND (
         c.outcome = 'met' AND (c.stopped_at > c.due_at OR c.breached_at IS NOT NULL
                                OR (e.clock_id IS NOT NULL AND c.reason <> 'late_evidence'))
      OR c.outcome = 'met_late' AND (c.stopped_at <= c.due_at OR c.breached_at IS DISTINCT FROM c.due_at
                                     OR e.clock_id IS NULL)
      OR c.outcome = 'breached_cancelled' AND c.breached_at IS NULL)"""
TWICE = """SELECT count(*) FROM (
    SELECT 1 FROM journal_entry WHERE kind IN ('clock.breached', 'clock.warned')
     GROUP BY data ->> 'clock', data ->> 'level', kind HAVING count(*) > 1) AS twice"""
UNTOLD = "SELECT count(*) FROM notify_notice WHERE planned_at IS NULL"
DELIVERIES = "SELECT state, count(*) FROM notify_delivery WHERE channel <> 'browser' GROUP BY state"
UNKNOWN = """SELECT count(*) FROM notify_delivery d JOIN notify_notice n ON n.id = d.notice_id
   WHERE d.state = 'dead' AND d.last_error = ''"""
LATENESS = """SELECT extract(epoch FROM e.detected_at - e.effective_at)::float8, e.effective_at
    FROM sla_effect e JOIN sla_clock c ON c.id = e.clock_id
   WHERE e.event = 'breach' AND e.clock_id NOT IN (SELECT clock_id FROM poison) AND e.clock_id <> ALL (%(poisoned)s)"""


@dataclass
class Accounts:
    """Every number of a run; `clean` when nothing was lost, doubled, early or contradictory."""

    clocks: int = 0
    due: int = 0
    effects: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    early: int = 0
    false: int = 0
    twice: int = 0
    notices: int = 0
    unplanned: int = 0
    deliveries: dict[str, int] = field(default_factory=dict)
    silent_deaths: int = 0
    acked: int = 0
    acked_lost: int = 0
    arrived: int = 0
    repeats: int = 0
    never_sent: int = 0
    rebuild: str = ""
    lateness: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        nothing = (self.lost, self.early, self.false, self.twice, self.unplanned, self.silent_deaths, self.acked_lost,
                   self.never_sent, self.deliveries.get("waiting", 0))  # fmt: skip
        return not any(nothing) and not self.rebuild and not self.odd

    def lines(self) -> list[tuple[str, str]]:
        effects = sum(self.effects.values())
        return [
            ("clocks", f"{self.clocks:,}"),
            ("fell due", f"{self.due:,}, of which lost {self.lost}"),
            ("effects", f"{effects:,} ({', '.join(f'{n:,} {kind}' for kind, n in sorted(self.effects.items()))})"),
            ("early · false · twice", f"{self.early} · {self.false} · {self.twice}"),
            ("notices", f"{self.notices:,}, not passed on {self.unplanned}"),
            ("deliveries", ", ".join(f"{n:,} {state}" for state, n in sorted(self.deliveries.items())) or "none"),
            ("arrived", f"{self.arrived:,} messages, {self.repeats} came again under the same id, "
                        f"{self.never_sent} said to be sent never came"),
            ("REST answers", f"{self.acked:,} leads acknowledged, {self.acked_lost} of them lost"),
            ("stored against journal", self.rebuild or "equal"),
            ("lateness", spread(self.lateness)),
            ("lateness, database up", spread(self.calm)),
        ]  # fmt: skip


def settle(*, end: datetime, acked: set[int], poisoned: list[int], down: list[tuple[datetime, datetime]],
           ids: dict[str, int], sent_ids: Any, odd: list[str]) -> Accounts:  # fmt: skip
    """`ids`: what the receivers counted; `sent_ids`: callable() → ids of what is said to be sent."""
    found = Accounts(odd=odd, acked=len(acked))
    asked = {"end": end, "poisoned": poisoned}
    with connection.cursor() as cursor:

        def one(text: str) -> int:
            cursor.execute(text, asked)
            return int(cursor.fetchone()[0])

        found.clocks = one("SELECT count(*) FROM sla_clock")
        found.due = one(f"SELECT count(*) FROM {DUE}")
        found.lost = one(LOST) + one(CHAIN)
        found.early, found.false, found.twice = one(EARLY), one(FALSE), one(TWICE)
        cursor.execute("SELECT event, count(*) FROM sla_effect GROUP BY event")
        found.effects = dict(cursor.fetchall())
        found.notices, found.unplanned = one("SELECT count(*) FROM notify_notice"), one(UNTOLD)
        cursor.execute(DELIVERIES)
        found.deliveries = dict(cursor.fetchall())
        found.silent_deaths = one(UNKNOWN)
        cursor.execute("SELECT count(*) FROM leads_lead WHERE id = ANY (%s)", [list(acked)])
        found.acked_lost = len(acked) - cursor.fetchone()[0]
        cursor.execute(LATENESS, asked)
        rows = cursor.fetchall()
    found.lateness = sorted(late for late, _ in rows)
    found.calm = sorted(late for late, at in rows if not any(start <= at <= finish for start, finish in down))
    expected = sent_ids()
    found.arrived, found.repeats = len(ids), sum(ids.values()) - len(ids)
    missing = sorted(expected - set(ids))
    found.never_sent = len(missing)
    found.odd += [f"said to be sent, never came: {one}" for one in missing[:5]]
    found.rebuild = _rebuilt()
    return found


def _rebuilt() -> str:
    from io import StringIO

    said = StringIO()
    try:
        call_command("sla_rebuild", stdout=said, stderr=said)
    except (SystemExit, Exception) as error:
        return f"{said.getvalue().strip()} {error}".strip()
    return ""


def spread(values: list[float]) -> str:
    if not values:
        return "nothing"

    def at(share: float) -> float:
        return values[min(len(values) - 1, int(share * len(values)))]

    return f"p50 {at(0.5):.2f} s, p99 {at(0.99):.2f} s, max {values[-1]:.2f} s"
