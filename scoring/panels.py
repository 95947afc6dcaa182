"""The score of many leads at once, for lists and JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leads.models.stage import OPEN_STAGES
from revops.lib import bulk

COLUMNS = "l.fit, l.engagement, l.usage, l.pql, l.cell"


def score(lead_ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    """{lead id: {fit, engagement, usage, priority, pql, cell, version, as_of, person}}; one query.

    An open lead carries its person's score; a closed one keeps what it had when it closed. `as_of`: the moment a
    receipt of this score must be asked for. Unscored: version and as_of are None.
    """
    rows = bulk.query(
        f"""SELECT l.id, {COLUMNS}, p.score_version, p.scored_at, p.id, l.stage
              FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE l.id = ANY (%s::bigint[])""",
        [list(lead_ids)],
    )
    return {
        pk: {
            "fit": fit, "engagement": engagement, "usage": usage, "priority": round(fit + engagement, 4), "pql": pql,
            "cell": cell, "version": version, "as_of": as_of if stage in OPEN_STAGES else None, "person": person,
        }
        for pk, fit, engagement, usage, pql, cell, version, as_of, person, stage in rows
    }  # fmt: skip
