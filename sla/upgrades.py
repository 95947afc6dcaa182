"""A waiting lead asks again, and for more: the hotter promise takes the place of the one that runs (DOMAIN 1.6).

An upgrade buys no time: the hot clock starts at the event and is due no later than the clock it replaces. One that is
late already stays a miss, and the hot one then has its own time. What is answered, or as hot already, stays as it is.
"""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from sla import clocks, policies
from sla.clocks import Start, Stop
from sla.models.policy import Target, Tier

FR = Target.FIRST_RESPONSE.value
HEAT = {Tier.HOT.value: 3, Tier.INTENT.value: 2, Tier.STANDARD.value: 1, Tier.NONE.value: 0}


def of(facts: Sequence[Fact], *, now: datetime) -> tuple[list[Stop], list[Start]]:
    """What `lead.raised` ends and begins; two statements when anything runs."""
    raised = {fact.subject_id: fact for fact in facts if fact.kind == "lead.raised"}
    running = clocks.unanswered(list(raised)) if raised else []
    if not running:
        return [], []
    terms = policies.terms(sorted({clock.lead_id for clock in running}), as_of=now)
    stops, starts = [], []
    for clock in running:
        fact, promised = raised[clock.lead_id], terms[clock.lead_id]
        line = promised.lines.get(FR)
        if line is None or HEAT[line.tier] <= HEAT[clock.tier]:
            continue
        stops.append(Stop(clock.lead_id, (FR,), fact.at, fulfil=False, reason="superseded", scope=clock.scope))
        starts.append(
            Start(clock.lead_id, line, promised.calendar(line), fact.at, scope=clock.scope, run=clock.run + 1,
                  owner_id=clock.owner_id, no_later=clock.due_at if clock.due_at >= fact.at else None)
        )  # fmt: skip
    return stops, starts
