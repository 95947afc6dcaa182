"""What a manager wants to know of a row beside its clock: from whom it came, who was told, what was tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from leads import why_now
from revops.lib import bulk, words
from sla import state
from sla.models import Clock

HOPS = {1: "one hop used", 2: "two hops used", 3: "three hops used"}


@dataclass(slots=True)
class Note:
    """`stuck`: no rule moves it any further, so the manager does."""

    parts: list[str]
    stuck: bool = False

    @property
    def text(self) -> str:
        return " · ".join(self.parts)


def of(clocks: Sequence[Clock], *, now: datetime, zone: ZoneInfo) -> dict[int, Note]:
    """{clock id: note}; four statements whatever the length, none for an empty list."""
    if not clocks:
        return {}
    leads = sorted({clock.lead_id for clock in clocks if clock.lead_id})
    late = [clock for clock in clocks if state.of(clock, now) == state.OVERDUE]
    from_whom, hops, tried = _from(leads), _hops(leads), why_now.attempts(leads) if leads else {}
    told = _monitor_told([clock.pk for clock in late])
    notes = {}
    for clock in clocks:
        note = Note([])
        waiting = clock.target == "first_response" and clock.lead_id in hops and state.of(clock, now) == state.OVERDUE
        if waiting:
            turn, outcome = hops[clock.lead_id]
            note.stuck = outcome in ("limit", "nobody")
            if outcome == "limit":
                note.parts.append(f"{HOPS.get(turn, words.plural(turn, 'hop') + ' used')}: yours")
            elif outcome == "nobody":
                note.parts.append("nobody else could take it: yours")
        if not note.stuck and clock.lead_id in from_whom:
            note.parts.append(f"from {from_whom[clock.lead_id]}")
        if clock.pk in told and not note.stuck:
            note.parts.append(f"monitor told {words.moment(told[clock.pk], now, zone).removeprefix('today ')}")
        if clock.lead_id in tried and clock.target != "assignment":
            note.parts.append(tried[clock.lead_id])
        notes[clock.pk] = note
    return notes


def _from(leads: Sequence[int]) -> dict[int, str]:
    """{lead: the name of whoever had it before}, where a breach or a person moved it."""
    rows = bulk.query(
        """SELECT n.lead_id, u.name
             FROM leads_ownership n
             JOIN LATERAL (SELECT o.owner_id FROM leads_ownership o WHERE o.lead_id = n.lead_id AND o.id < n.id
                            ORDER BY o.id DESC LIMIT 1) former ON true
             JOIN teams_user u ON u.id = former.owner_id
            WHERE n.lead_id = ANY (%s::bigint[]) AND n.to_at IS NULL AND n.cause IN ('breach', 'manual', 'handover')""",
        [list(leads)],
    )
    return dict(rows)


def _hops(leads: Sequence[int]) -> dict[int, tuple[int, str]]:
    """{lead: (how many hops were used, what became of the last one)}."""
    rows = bulk.query(
        """SELECT h.lead_id, count(*) FILTER (WHERE h.outcome = 'moved'),
                  (array_agg(h.outcome ORDER BY h.at DESC, h.clock_id DESC))[1]
             FROM sla_hop h JOIN sla_clock c ON c.id = h.clock_id
            WHERE h.lead_id = ANY (%s::bigint[]) AND h.done_at IS NOT NULL GROUP BY h.lead_id""",
        [list(leads)],
    )
    return {lead: (turns, outcome) for lead, turns, outcome in rows}


def _monitor_told(clocks: Sequence[int]) -> dict[int, datetime]:
    """{clock: when a hand-off monitor was told that it is late}. A response tells through the owner's clock."""
    rows = bulk.query(
        """SELECT c.id, min(n.at)
             FROM sla_clock c
             JOIN LATERAL (SELECT c.id UNION ALL
                           SELECT x.id FROM sla_clock x WHERE x.lead_id = c.lead_id AND x.target = c.target
                              AND x.scope = 'owner' AND c.scope = 'lead') o ON true
             JOIN teams_user u ON u.watches_handoffs
             JOIN notify_notice n ON n.user_id = u.id
                  AND n.key = ANY (SELECT 'clock:' || o.id || ':' || level FROM generate_series(100, 105) AS level)
            WHERE c.id = ANY (%s::bigint[]) GROUP BY c.id""",
        [list(clocks)],
    )
    return dict(rows)
