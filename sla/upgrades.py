"""A waiting lead asks again, and for more: the hotter promise takes the place of the one that runs (DOMAIN 1.6).

An upgrade buys no time: the lead's hot clock starts at the event and is due no later than the clock it replaces. One
that is late already stays a miss, and the hot one then has its own time. What is answered, or as hot already, stays as
it is.
"""

from collections.abc import Sequence
from datetime import datetime

from journal.record import Fact
from sla import clocks
from sla.clocks import Start, Stop
from sla.models.policy import Target, Tier
from sla.targets.news import News

FR = Target.FIRST_RESPONSE.value
HEAT = {Tier.HOT.value: 3, Tier.INTENT.value: 2, Tier.STANDARD.value: 1, Tier.NONE.value: 0}
HEARD = frozenset(["lead.raised"])


def apply(news: News, facts: Sequence[Fact], *, now: datetime, via: str) -> set[int]:
    """What `lead.raised` ends and begins; answers the leads concerned."""
    raised = {fact.subject_id: fact for fact in facts if fact.kind in HEARD}
    running = clocks.unanswered(list(raised)) if raised else []
    stops, starts = [], []
    for clock in running:
        fact, promised = raised[clock.lead_id], news.terms[clock.lead_id]
        line = promised.lines.get(FR)
        if line is None or HEAT[line.tier] <= HEAT[clock.tier]:
            continue
        # Told late, it is hot for the buyer since the event and for the owner since we heard; what runs ran until now.
        at = max(fact.at, clock.started_at) if clock.scope == "lead" else now
        stops.append(Stop(clock.lead_id, (FR,), now, fulfil=False, reason="superseded", scope=clock.scope))
        no_later = clock.due_at if clock.due_at is not None and clock.due_at >= now else None
        starts.append(
            Start(clock.lead_id, line, promised.calendar(line), at, scope=clock.scope, run=clock.run + 1,
                  owner_id=clock.owner_id, no_later=no_later)
        )  # fmt: skip
    clocks.stop(stops, now=now, via=via)
    clocks.start(starts, now=now, via=via)
    return {stop.lead_id for stop in stops if stop.lead_id is not None}
