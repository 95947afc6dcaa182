"""Touches after accepting: so many, by so many channels, within so many days, unless the buyer answers first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from journal.record import Fact
from leads.models.touch import ANSWERING_KINDS, COUNTED
from revops.lib import bulk
from sla import policies
from sla.clocks import Start, Stop
from sla.counted_touches import Rule, Touched, reached_at
from sla.models import Target
from sla.targets.news import News

TOUCHES = Target.TOUCH_MINIMUM.value
BEGINS = frozenset(["lead.sal"])
TOUCHED = frozenset(["touch.logged", "touch.approved"])
# Nobody has to be chased any more: no one kept it and no one missed it.
ENDED = frozenset(["lead.sql", "lead.rejected", "lead.recycled", "lead.opportunity", "lead.won", "lead.lost"])
HEARD = BEGINS | TOUCHED | ENDED | {"lead.disqualified", "lead.undone"}


def stops(fact: Fact) -> Iterable[Stop]:
    if fact.kind in ENDED:
        yield Stop(fact.subject_id, (TOUCHES,), fact.at, fulfil=False, reason=fact.kind.removeprefix("lead."),
                   by=fact.by, outcome="not_required")  # fmt: skip
    elif fact.kind == "lead.disqualified" or (fact.kind == "lead.undone" and fact.data.get("kind") == "lead.sal"):
        reason = fact.kind.removeprefix("lead.")
        yield Stop(fact.subject_id, (TOUCHES,), fact.at, fulfil=False, reason=reason, by=fact.by)


def ends(news: News) -> list[Stop]:
    """What this batch's touches end: fulfilled by the last one needed, counted from the rows since one fact can't say
    how many there are; not required any more by a reply or a meeting after accepting."""
    touched = [f for f in news.facts if f.kind in TOUCHED and f.data.get("counts") and f.subject_id not in news.fresh]
    found, running = [], efforts(sorted({f.subject_id for f in touched}))
    for fact in touched:
        effort = running.get(fact.subject_id)
        if effort is None or not effort.running:
            continue
        reached = reached_at(effort.touches, effort.rule, effort.zone)
        if reached is not None:
            found.append(Stop(fact.subject_id, (TOUCHES,), reached, fulfil=True, by=fact.by))
        at = datetime.fromisoformat(fact.data["occurred_at"])
        if (fact.data["outcome"] == "two_way" or fact.data["kind"] == "meeting") and at >= effort.started_at:
            found.append(Stop(fact.subject_id, (TOUCHES,), at, fulfil=False, reason="replied", by=fact.by,
                              outcome="not_required"))  # fmt: skip
    return found


def starts(news: News) -> list[Start]:
    over = {f.subject_id for f in news.facts if f.kind in ENDED}
    begun: list[Start] = []
    for lead, fact in news.of("lead.sal").items():
        if lead not in over:
            begun += news.begin(TOUCHES, lead, fact.at)
    return begun


def needed(lead_ids: Sequence[int], *, at: datetime) -> dict[int, int]:
    """{lead id: how many attempts the line in force asks for}: before that nobody is unreachable (DOMAIN 1.3)."""
    lines = {lead: terms.lines.get(TOUCHES) for lead, terms in policies.terms(lead_ids, as_of=at).items()}
    return {lead: Rule.of(line.terms).touches for lead, line in lines.items() if line is not None}


@dataclass(slots=True)
class Effort:
    """The newest clock of a lead and every touch since it began; `due_at` is null while it is paused."""

    clock_id: int
    started_at: datetime
    due_at: datetime | None
    phase: str
    outcome: str
    zone: str
    rule: Rule
    touches: list[Touched] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.phase != "stopped"


def efforts(lead_ids: Sequence[int]) -> dict[int, Effort]:
    """{lead id: its touches so far}; leads that were never accepted are left out. One query for any number of leads.

    Touches of a person that count (DOMAIN 1.2): what we did, or a conversation; not what waits for approval, was
    declined or is still to come.
    """
    if not lead_ids:
        return {}
    found: dict[int, Effort] = {}
    rows = bulk.query(
        """
        WITH newest AS (
            SELECT DISTINCT ON (c.lead_id) c.* FROM sla_clock c
             WHERE c.lead_id = ANY (%s::bigint[]) AND c.target = 'touch_minimum' AND NOT c.history
             ORDER BY c.lead_id, c.run DESC)
        SELECT c.lead_id, c.id, c.started_at, c.due_at, c.phase, c.outcome, coalesce(v.tz, 'UTC'), l.terms::text,
               t.occurred_at, t.kind
          FROM newest c JOIN sla_policy l ON l.id = c.policy_id
          LEFT JOIN teams_calendarversion v ON v.id = c.calendar_version_id
          LEFT JOIN leads_touch t ON t.lead_id = c.lead_id AND t.side = 'sales' AND NOT t.automatic
               AND t.occurred_at >= c.started_at AND t.kind = ANY (%s) AND t.standing = ANY (%s)
               AND (t.direction = 'out' OR t.outcome = 'two_way')
         ORDER BY c.lead_id, t.occurred_at, t.id""",
        [list(lead_ids), ANSWERING_KINDS, COUNTED],
    )
    for lead, clock, started, due, phase, outcome, zone, terms, occurred, kind in rows:
        effort = found.get(lead)
        if effort is None:
            effort = found[lead] = Effort(clock, started, due, phase, outcome, zone, Rule.of(bulk.loads(terms)))
        if occurred is not None:
            effort.touches.append((occurred, kind))
    return found
