"""Start, stop, cancel and reinstate clocks: many at a time, each change a row or a guarded UPDATE with its entry.

What a stop means is decided in SQL against the row as it then is, so a stop and the pulse that race for one clock give
one story: in time is met, strictly later is met_late with the breach dated at due (DOMAIN 1.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journal import record
from journal.record import Fact
from revops.lib import bulk
from sla.models import Clock, Policy
from sla.planner import Marks, Planner
from teams.models.calendar import CalendarVersion

Subject = tuple[str, int]  # ("lead", id) or ("deal", id)


@dataclass(slots=True)
class Start:
    """A clock to be, of a lead or of a deal. `stopped_at`: already kept when it starts (an owner set at once), so it
    never runs.

    `no_later`: it is due then at the latest, whatever its line gives: the promise it takes the place of was.
    `amount`: instead of the line's own; `due_at`: agreed with somebody, not computed.
    """

    lead_id: int | None
    line: Policy
    calendar: CalendarVersion | None
    at: datetime
    scope: str = "lead"
    run: int = 1
    owner_id: int | None = None
    stopped_at: datetime | None = None
    history: bool = False
    reason: str = ""
    no_later: datetime | None = None
    amount: int | None = None
    due_at: datetime | None = None
    deal_id: int | None = None

    @property
    def subject(self) -> Subject:
        return subject_of(self.lead_id, self.deal_id)


@dataclass(slots=True)
class Stop:
    """What ends a lead's or a deal's clocks: of which targets (and scope, "" = both), when, as fulfilment or
    cancellation. `outcome` not_required: what it asks for is no longer needed; it counts neither way unless it was
    late already."""

    lead_id: int | None
    targets: tuple[str, ...]
    at: datetime
    fulfil: bool
    reason: str = ""
    scope: str = ""
    by: int | None = None
    deal_id: int | None = None
    outcome: str = ""


def subject_of(
    lead_id: int | None, deal_id: int | None, request_id: int | None = None, content_id: int | None = None
) -> Subject:
    if content_id is not None:
        return ("content_request", content_id)
    if request_id is not None:
        return ("request", request_id)
    return ("deal", deal_id) if deal_id is not None else ("lead", lead_id or 0)


CLOCK = {
    "lead_id": "bigint", "deal_id": "bigint", "target": "text", "tier": "text", "scope": "text", "run": "int",
    "owner_id": "bigint", "policy_id": "bigint", "calendar_version_id": "bigint", "started_at": "timestamptz",
    "seconds": "int", "due_at": "timestamptz", "phase": "text", "stopped_at": "timestamptz", "outcome": "text",
    "reason": "text", "breached_at": "timestamptz", "next_at": "timestamptz", "next_level": "int", "levels": "text",
    "marks": "text", "history": "bool",
}  # fmt: skip


def start(
    starts: Sequence[Start], *, now: datetime, via: str = "rule", tell: bool = True
) -> dict[int, datetime | None]:
    """Insert clocks and one `clock.started` entry a subject; at most once for (subject, target, scope, run).

    Answers {lead: the soonest due of its clocks begun here}; None where all were kept at once. `tell` False: no entry,
    for clocks of the past.
    """
    if not starts:
        return {}
    planner, rows = Planner(), []
    told: dict[Subject, list[dict[str, Any]]] = {}
    soonest: dict[int, datetime | None] = {}
    for s in starts:
        marks = planner.marks(s.line, s.calendar, s.at, amount=s.amount, due_at=s.due_at, no_later=s.no_later)
        rows.append(_row(s, marks, now))
        if s.lead_id is not None:
            running = [marks.due_at] if s.stopped_at is None and not s.history else []
            before = soonest.get(s.lead_id)
            soonest[s.lead_id] = min([*running, *([before] if before else [])], default=None)
        told.setdefault(s.subject, []).append({
            "target": s.line.target, "scope": s.scope, "tier": s.line.tier, "due": marks.due_text
        })  # fmt: skip
    relation, params = bulk.source(CLOCK, rows)
    picked = (
        bulk.selected(CLOCK).replace("v.levels", "v.levels::smallint[]").replace("v.marks", "v.marks::timestamptz[]")
    )
    insert = f"INSERT INTO sla_clock ({', '.join(CLOCK)}) SELECT {picked} FROM {relation} ON CONFLICT DO NOTHING"
    facts = [Fact("clock.started", *subject, now, via=via, data={"clocks": begun}) for subject, begun in told.items()]
    bulk.run([(insert, params), *([record.statement(facts, now=now)] if tell else [])])
    return soonest


def _row(s: Start, marks: Marks, now: datetime) -> tuple:
    phase, outcome, breached_at, next_at, next_level = "running", "", None, None, None
    if s.stopped_at is not None:
        phase, outcome = "stopped", "met" if s.stopped_at <= marks.due_at else "met_late"
        breached_at = marks.due_at if outcome == "met_late" else None
    elif not s.history:
        # Rungs that passed before the clock was begun are not told one by one: the drain tells the highest.
        next_at, next_level = marks.at[0], marks.levels[0]
    # Of what was due before we heard of it nobody is blamed: a breach is charged to the owner at due (DOMAIN 1.6).
    unheard = s.line.target == "first_response" and s.scope == "lead" and marks.due_at < now and not s.history
    return (
        s.lead_id, s.deal_id, s.line.target, s.line.tier, s.scope, s.run, None if unheard else s.owner_id, s.line.pk,
        s.calendar.pk if s.calendar and not marks.always else None, s.at, marks.seconds, marks.due_at, phase,
        s.stopped_at, outcome, s.reason, breached_at, next_at, next_level, *marks.texts, s.history,
    )  # fmt: skip


STOP = {
    "lead_id": "bigint", "deal_id": "bigint", "targets": "text", "scope": "text", "at": "timestamptz",
    "fulfil": "bool", "reason": "text", "by_id": "bigint", "outcome": "text",
}  # fmt: skip
# `now` twice. A paused clock has no due, so whatever ends it is in time; the pause ends with it.
STOPPING = """
    asked AS (
        SELECT v.*, c.id FROM v JOIN sla_clock c ON c.lead_id = v.lead_id WHERE c.phase <> 'stopped'
               AND c.target = ANY (string_to_array(v.targets, ',')) AND (v.scope = '' OR c.scope = v.scope)
               AND (NOT v.fulfil OR v.at >= c.started_at)
        UNION ALL
        SELECT v.*, c.id FROM v JOIN sla_clock c ON c.deal_id = v.deal_id WHERE c.phase <> 'stopped'
               AND c.target = ANY (string_to_array(v.targets, ',')) AND (v.scope = '' OR c.scope = v.scope)
               AND (NOT v.fulfil OR v.at >= c.started_at)),
    wanted AS (SELECT DISTINCT ON (id) * FROM asked ORDER BY id, fulfil DESC, outcome DESC, at),
    locked AS (
        SELECT c.id FROM sla_clock c JOIN wanted w ON w.id = c.id
         WHERE c.phase <> 'stopped' ORDER BY c.id FOR NO KEY UPDATE OF c),
    stopped AS (
        UPDATE sla_clock c SET
               phase = 'stopped', stopped_at = greatest(w.at, c.started_at), next_at = NULL, next_level = NULL,
               resume_at = NULL,
               reason = CASE WHEN w.fulfil AND w.at <= c.due_at AND c.breached_at IS NOT NULL THEN 'late_evidence'
                             ELSE w.reason END,
               outcome = CASE WHEN w.fulfil THEN CASE WHEN w.at > c.due_at THEN 'met_late' ELSE 'met' END
                              WHEN w.reason = 'answered' THEN 'cancelled'
                              WHEN w.outcome <> '' AND w.at <= c.due_at THEN w.outcome
                              WHEN coalesce(c.breached_at, CASE WHEN w.at > c.due_at THEN c.due_at END) IS NOT NULL
                              THEN 'breached_cancelled'
                              WHEN w.outcome <> '' THEN w.outcome ELSE 'cancelled' END,
               breached_at = CASE WHEN (w.fulfil OR w.reason = 'answered' OR w.outcome <> '') AND w.at <= c.due_at
                                  THEN NULL
                                  WHEN w.at > c.due_at THEN coalesce(c.breached_at, c.due_at)
                                  ELSE c.breached_at END,
               detected_at = CASE WHEN w.at > c.due_at THEN coalesce(c.detected_at, %s) ELSE c.detected_at END
          FROM wanted w, locked k
         WHERE c.id = w.id AND k.id = c.id AND c.phase <> 'stopped'
        RETURNING c.id, c.lead_id, c.deal_id, c.target, c.tier, c.scope, c.owner_id, c.outcome, c.reason, c.due_at,
                  c.breached_at, c.stopped_at, w.by_id),
    unpaused AS (
        UPDATE sla_pause p SET to_at = greatest(p.from_at, s.stopped_at)
          FROM stopped s WHERE p.clock_id = s.id AND p.to_at IS NULL),
    released AS (
        -- Nothing is left to fire; a move that it asked for may still be set aside.
        DELETE FROM sla_parked p USING stopped s WHERE p.clock_id = s.id
           AND NOT EXISTS (SELECT FROM sla_hop h WHERE h.clock_id = s.id AND h.done_at IS NULL)),
    effects AS (
        INSERT INTO sla_effect (clock_id, event, level, effective_at, detected_at)
        SELECT id, 'breach', 100, due_at, %s FROM stopped WHERE breached_at IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING clock_id)
    SELECT s.*, s.id IN (SELECT clock_id FROM effects) FROM stopped s"""


def stop(stops: Sequence[Stop], *, now: datetime, via: str = "rule") -> list[int]:
    """End open clocks; answers the leads concerned. A late stop appends the breach, dated at due, if none was noticed.

    A fulfilment dated before the clock's start is not its fulfilment and changes nothing. Reason `answered`: what the
    clock asks for was there before it began, so it never had to be kept.
    """
    if not stops:
        return []
    rows = [
        (s.lead_id, s.deal_id, ",".join(s.targets), s.scope, s.at, s.fulfil, s.reason, s.by, s.outcome) for s in stops
    ]
    relation, params = bulk.source(STOP, rows)
    stopped = bulk.query(f"WITH v AS (SELECT * FROM {relation}),{STOPPING}", [*params, now, now])
    facts = []
    for pk, lead, deal, target, tier, scope, owner, outcome, reason, due, _, at, by, newly in stopped:
        subject = subject_of(lead, deal)
        data = {"clock": pk, "target": target, "tier": tier, "scope": scope, "owner": owner}
        if newly:
            facts.append(Fact("clock.breached", *subject, due, via=via, data={**data, "level": 100}))
        kind = "clock.cancelled" if outcome in ("cancelled", "breached_cancelled") else f"clock.{outcome}"
        extra = {"outcome": outcome, "reason": reason} if reason or kind == "clock.cancelled" else {}
        facts.append(Fact(kind, *subject, at, by=by, via=via, data={**data, **extra}))
    record.append(facts, now=now)
    _date([row[0] for row in stopped if row[7] == "met" and row[9] is None])
    return sorted({row[1] for row in stopped if row[1] is not None})


def _date(paused: Sequence[int]) -> None:
    """A promise kept while its clock was paused is due when it would have been, so that a period can count it."""
    if not paused:
        return
    planner = Planner()
    for clock in Clock.objects.filter(pk__in=paused).select_related("policy", "calendar_version"):
        if clock.policy is None:
            continue
        pauses = [(pause.from_at, pause.to_at) for pause in clock.pauses.all() if not pause.stands]
        marks = planner.again(clock.policy, clock.calendar_version, clock.started_at, clock.seconds, pauses)
        Clock.objects.filter(pk=clock.pk).update(due_at=marks.due_at)


def reinstate(undone: dict[int, tuple[datetime, tuple[str, ...]]], *, now: datetime, via: str = "rule") -> list[int]:
    """A decision was taken back: the clocks it stopped ({lead: its moment and the targets}) run on as if it had never
    been; one that was paused then is paused again.

    The next level is the first one not yet told; a breach that was told stays told.
    """
    if not undone:
        return []
    rows = [(lead_id, at, ",".join(targets)) for lead_id, (at, targets) in undone.items()]
    relation, params = bulk.source({"lead_id": "bigint", "at": "timestamptz", "targets": "text"}, rows)
    back = bulk.query(
        f"""
        WITH back AS (
            SELECT c.id, n.at, n.level, p.id AS pause_id, p.until
              FROM {relation} JOIN sla_clock c ON c.lead_id = v.lead_id AND c.phase = 'stopped'
                   AND c.stopped_at = v.at AND c.target = ANY (string_to_array(v.targets, ',')) AND NOT c.history
              LEFT JOIN sla_pause p ON p.clock_id = c.id AND p.to_at = c.stopped_at AND p.ended_by_id IS NULL
              LEFT JOIN LATERAL (
                  SELECT m.at, m.level FROM unnest(c.marks, c.levels) AS m(at, level)
                   WHERE m.level > coalesce((SELECT max(e.level) FROM sla_effect e WHERE e.clock_id = c.id), 0)
                   ORDER BY m.level LIMIT 1) n ON true
             ORDER BY c.id FOR NO KEY UPDATE OF c),
        paused AS (UPDATE sla_pause p SET to_at = NULL FROM back b WHERE p.id = b.pause_id)
        UPDATE sla_clock c SET phase = CASE WHEN b.pause_id IS NULL THEN 'running' ELSE 'paused' END,
               stopped_at = NULL, outcome = '', reason = '', resume_at = b.until,
               due_at = CASE WHEN b.pause_id IS NULL THEN c.due_at END,
               next_at = CASE WHEN b.pause_id IS NULL THEN b.at END,
               next_level = CASE WHEN b.pause_id IS NULL THEN b.level END
          FROM back b WHERE c.id = b.id
        RETURNING c.id, c.lead_id""",
        params,
    )
    facts = [Fact("clock.reinstated", "lead", lead, now, via=via, data={"clock": pk}) for pk, lead in back]
    record.append(facts, now=now)
    return sorted({lead for _, lead in back})


@dataclass(slots=True)
class Running:
    """An open response clock; `due_at` null while it is paused."""

    lead_id: int
    scope: str
    tier: str
    due_at: datetime | None
    owner_id: int | None
    run: int
    started_at: datetime


def unanswered(lead_ids: Sequence[int]) -> list[Running]:
    """The response clocks of these leads that still run."""
    rows = bulk.query(
        """SELECT lead_id, scope, tier, due_at, owner_id, run, started_at FROM sla_clock
            WHERE lead_id = ANY (%s::bigint[]) AND target = 'first_response' AND phase <> 'stopped' ORDER BY id""",
        [list(lead_ids)],
    )
    return [Running(*row) for row in rows]


def charge(owners: dict[int, int], *, now: datetime, of: str = "lead") -> None:
    """The own clocks of leads (or deals) run on under a new owner, who answers for them unless they are late already.

    A next step stays with whoever promised it, a decision on a discount with whoever was asked.
    """
    if not owners:
        return
    relation, params = bulk.source({"subject_id": "bigint", "owner_id": "bigint"}, list(owners.items()))
    column = {"lead": "lead_id", "deal": "deal_id"}[of]
    bulk.run([(
        f"""UPDATE sla_clock c SET owner_id = v.owner_id FROM {relation}
             WHERE c.{column} = v.subject_id AND c.scope = 'lead' AND c.phase <> 'stopped'
               AND c.target NOT IN ('next_step', 'discount') AND (c.due_at >= %s OR c.due_at IS NULL)""",
        [*params, now],
    )])  # fmt: skip


def answered(lead_ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these leads was first answered; those that were not are left out."""
    return dict(
        bulk.query(
            """SELECT id, first_response_at FROM leads_lead
                WHERE id = ANY (%s::bigint[]) AND first_response_at IS NOT NULL""",
            [list(lead_ids)],
        )
    )


def soonest(lead_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When each lead's next open clock is due; None when no clock runs."""
    found = dict(
        bulk.query(
            """SELECT lead_id, min(due_at) FROM sla_clock
                WHERE lead_id = ANY (%s::bigint[]) AND phase <> 'stopped' AND NOT history GROUP BY lead_id""",
            [list(lead_ids)],
        )
    )
    return {lead_id: found.get(lead_id) for lead_id in lead_ids}
