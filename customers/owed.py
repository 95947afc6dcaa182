"""What a success manager owes beside clocks of their own: handovers to accept, steps that are late, calls to hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.rights import CARERS
from revops.lib import bulk, words
from teams.models import Organisation

# Won deals whose customer is theirs and whose call nobody held yet; a deal of no firm stays with who accepted it.
CALLS = """
    SELECT d.id FROM deals_deal d
     WHERE d.stage = 'won' AND d.kind = 'new' AND NOT d.history AND d.id IN (
           SELECT w.id FROM customers_customer c JOIN deals_deal w ON w.company_id = c.company_id
            WHERE c.csm_id = %(csm)s
            UNION ALL
           SELECT h.deal_id FROM customers_handover h JOIN deals_deal w ON w.id = h.deal_id
             LEFT JOIN customers_customer c ON c.company_id = w.company_id
            WHERE h.csm_id = %(csm)s AND c.csm_id IS NULL)
       AND NOT EXISTS (SELECT FROM deals_handovercall k
                        WHERE k.deal_id = d.id AND k.rep AND k.customer AND k.csm AND k.held_at >= d.closed_at)"""
ROWS = """
    SELECT 'accept', d.id, d.name, o.name, u.name, h.opened_at, 0, NULL
      FROM customers_handover h JOIN deals_deal d ON d.id = h.deal_id
      LEFT JOIN leads_company o ON o.id = d.company_id LEFT JOIN teams_user u ON u.id = d.owner_id
     WHERE h.csm_id = %(csm)s AND h.state = 'open' AND d.stage = 'open'
     UNION ALL
    SELECT 'steps', c.id, o.name, o.name, NULL, min(s.due_on)::timestamp AT TIME ZONE %(zone)s, count(*),
           (array_agg(s.title ORDER BY s.due_on, s.position, s.id))[1]
      FROM customers_onboardingstep s JOIN customers_customer c ON c.id = s.customer_id
      JOIN leads_company o ON o.id = c.company_id
     WHERE COALESCE(s.owner_id, c.csm_id) = %(csm)s AND s.done_at IS NULL AND s.dropped_at IS NULL
       AND s.due_on < %(today)s AND c.status <> 'churned'
     GROUP BY c.id, o.name
     ORDER BY 6, 2 LIMIT %(limit)s"""


@dataclass(slots=True)
class Owed:
    """`kind`: accept (a handover of a deal) or steps (late ones of a customer). `since`: asked then, or the day the
    oldest step was due. `href`: where one does it. `why`, `note`: in words."""

    kind: str
    id: int
    name: str
    company: str
    since: datetime
    href: str
    why: str
    note: str = ""
    late: bool = False


def of(user: Any, *, now: datetime, limit: int = 50) -> list[Owed]:
    """Oldest first, one row a handover and one a customer; a query, none for who can't look after customers."""
    if user.role not in CARERS:
        return []
    organisation = Organisation.get()
    asked = {"csm": user.pk, "today": organisation.today(now), "zone": organisation.timezone, "limit": limit}
    found = []
    for kind, pk, name, company, seller, since, count, title in bulk.query(ROWS, asked):
        if kind == "accept":
            said = f"{seller} asks you to take the customer over" if seller else "You are asked to take them over"
            found.append(Owed(kind, pk, name, company or "", since, f"/deals/{pk}/#handover", said))
        else:
            said = words.plural(count, "late step of the onboarding", "late steps of the onboarding")
            more = f" and {count - 1} more" if count > 1 else ""
            found.append(Owed(kind, pk, name, "", since, f"/customers/{pk}/#plan", said, f"{title}{more}", True))
    return found


def calls(user: Any) -> Sequence[int]:
    """The deals whose hand-over call this success manager has to see held; a query, none for others."""
    return [pk for (pk,) in bulk.query(CALLS, {"csm": user.pk})] if user.role in CARERS else []
