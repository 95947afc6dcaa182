"""Clocks of the past, for reports: what an import tells of hand-overs, timed as it would have been (DOMAIN 1.6).

They fire nothing and nobody is told; attainment leaves them out unless asked to count them in.
"""

from collections.abc import Sequence
from datetime import datetime

from revops.lib import bulk
from sla import clocks, policies
from sla.clocks import Start
from sla.models.policy import Target


def keep_time(person_ids: Sequence[int], lead_ids: Sequence[int], *, now: datetime) -> None:
    """Response and disposition clocks of imported leads that say when they became MQLs and how it ended.

    Undated leads have no times to keep. A promise whose end the import doesn't know gets no clock: it would be late for
    ever. Set-based; call it per lot.
    """
    found = bulk.query(
        """
        SELECT l.id, l.mql_at, l.first_response_at, l.owner_id,
               least(l.sal_at, l.rejected_at, l.recycled_at)
          FROM leads_lead l
         WHERE l.id = ANY (%s::bigint[]) AND l.history AND NOT l.undated AND l.mql_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM sla_clock c WHERE c.lead_id = l.id)
         ORDER BY l.id""",
        [list(lead_ids)],
    )
    if not found:
        return
    terms = policies.terms([row[0] for row in found], as_of=now)
    starts = []
    for lead_id, mql_at, answered_at, owner_id, decided_at in found:
        promised = terms[lead_id]
        ends = {Target.FIRST_RESPONSE.value: answered_at, Target.DISPOSITION.value: decided_at}
        for target, ended_at in ends.items():
            line = promised.lines.get(target)
            if line is not None and ended_at is not None and ended_at >= mql_at:
                starts.append(
                    Start(lead_id, line, promised.calendar(line), mql_at, owner_id=owner_id, stopped_at=ended_at,
                          history=True)
                )  # fmt: skip
    clocks.start(starts, now=now, via="import", tell=False)
