"""Scores for leads that came as history: computed as of now, nobody is told."""

from collections.abc import Sequence
from datetime import datetime

from revops.lib import bulk
from scoring.rescore import rescore


def score(lead_ids: Sequence[int], *, now: datetime) -> None:
    """Score the people of these leads; the leads, closed ones too, carry the copy."""
    people = [
        row[0] for row in bulk.query("SELECT DISTINCT person_id FROM leads_lead WHERE id = ANY (%s)", [list(lead_ids)])
    ]
    rescore(people, now=now, crossings=False)
    bulk.run([
        (
            """UPDATE leads_lead l
                  SET fit = p.fit, engagement = p.engagement, usage = p.usage, pql = p.pql, cell = p.cell
                 FROM leads_person p WHERE p.id = l.person_id AND l.id = ANY (%s)
                  AND (l.fit, l.engagement, l.usage, l.pql, l.cell)
                      IS DISTINCT FROM (p.fit, p.engagement, p.usage, p.pql, p.cell)""",
            [list(lead_ids)],
        )
    ])
