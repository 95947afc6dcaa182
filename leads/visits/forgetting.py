"""What nobody was known by for a year is deleted: it could no longer become anybody's (DOMAIN 5.1)."""

from datetime import datetime

from leads.visits.stitching import LOOK_BACK
from revops.lib import bulk

EVENTS = "DELETE FROM leads_visitevent WHERE person_id IS NULL AND occurred_at <= %s"
VISITS = """DELETE FROM leads_visit v USING leads_visitor o
             WHERE o.id = v.visitor_id AND (o.person_id IS NULL OR o.is_ambiguous) AND v.ended_at <= %s
               AND NOT EXISTS (SELECT FROM leads_visitevent e WHERE e.visitor_id = o.id AND e.visit_id = v.id)"""
# An id of two people stays known as such, for good; one of one person is theirs.
VISITORS = """DELETE FROM leads_visitor o
               WHERE o.person_id IS NULL AND NOT o.is_ambiguous AND o.last_seen_at <= %s
                 AND NOT EXISTS (SELECT FROM leads_visitevent e WHERE e.visitor_id = o.id)
                 AND NOT EXISTS (SELECT FROM leads_visit v WHERE v.visitor_id = o.id)"""


def forget(now: datetime) -> None:
    """Anonymous reports a year old, then the visits and the ids that nothing is left of."""
    bulk.run([(statement, [now - LOOK_BACK]) for statement in (EVENTS, VISITS, VISITORS)])
