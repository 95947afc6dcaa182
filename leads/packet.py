"""The hand-off packet: what marketing knows, on one card, so that the first call needs no other page (DOMAIN 1.3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leads import touch_words, why_now
from leads.attributes import registry
from leads.models import Lead, Snapshot
from leads.models.stage import Reason
from revops.lib import bulk

# What a complete packet has; what is missing is named.
PARTS = {
    "name": "name", "reach": "mail or phone", "title": "title", "company": "company", "industry": "industry",
    "employees": "size", "place": "place", "technologies": "technologies", "source": "source", "content": "content",
    "words": "their own words", "snapshot": "why it qualified",
}  # fmt: skip
ASK = {
    "budget": "Is there a budget for this, and whose is it?",
    "authority": "Who else decides, and who signs?",
    "need": "What does it cost them today not to solve this?",
    "timeline": "By when must it work, and what happens then?",
}


@dataclass(slots=True)
class Packet:
    """`have` of `total` parts; `missing` names the others. Texts are ready to show; "" where nothing is known."""

    why_now: str = ""
    words: str = ""
    words_from: str = ""
    content: list[str] = field(default_factory=list)
    came_from: list[str] = field(default_factory=list)
    firm: list[str] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    have: int = 0
    total: int = len(PARTS)


def of(lead: Lead, *, now: datetime, confirmed: set[str], cycles: list[Lead]) -> Packet:
    """`lead` with names loaded; `confirmed`: BANT items that are settled; `cycles`: the person's other cycles. Four
    queries."""
    person, company = lead.person, lead.company
    content = _content(person.pk)
    came_from = _came_from(lead, now)
    snapshot = Snapshot.objects.filter(lead=lead).first()
    have = {
        "name": bool(person.first_name or person.last_name), "reach": bool(person.email or person.phone),
        "title": bool(person.title), "company": company is not None,
        "industry": bool(company and company.industry), "employees": bool(company and company.employees),
        "place": bool(person.country or person.region or (company and company.country)),
        "technologies": bool(company and company.technologies), "source": lead.source_id is not None,
        "content": bool(content), "words": bool(lead.message), "snapshot": snapshot is not None,
    }  # fmt: skip
    return Packet(
        why_now=_why_now(lead, why_now.reasons([lead], now=now)[lead.pk], cycles),
        words=lead.message,
        words_from=touch_words.hand_raise(lead.hand_raise) or "Enquiry",
        content=content,
        came_from=came_from,
        firm=_firm(lead),
        ask=[question for item, question in ASK.items() if item not in confirmed],
        missing=[name for part, name in PARTS.items() if not have[part]],
        have=sum(have.values()),
    )


def _why_now(lead: Lead, did: str, cycles: list[Lead]) -> str:
    said = f"{did}." if did else ""
    before = [cycle for cycle in cycles if cycle.cycle < lead.cycle]
    if before:
        last = max(before, key=lambda cycle: cycle.cycle)
        reason = f" for {Reason(last.reason).label.lower()}" if last.reason in Reason.values else ""
        said += f" Cycle {lead.cycle}: the last one ended {last.get_stage_display().lower()}{reason}."
    if lead.product_interest:
        said += f" Interested in {lead.product_interest}."
    return said.strip()


def _content(person_id: int) -> list[str]:
    """What they read, watched and tried: each once, the newest first."""
    rows = bulk.query(
        """SELECT kind, asset, max(url), count(*) FROM leads_touch
            WHERE person_id = %s AND side <> 'sales' AND direction = 'in' AND kind NOT IN ('email_open', 'ad_click')
            GROUP BY kind, asset, split_part(url, '?', 1) ORDER BY max(occurred_at) DESC LIMIT 6""",
        [person_id],
    )
    return [touch_words.title(kind, asset, url) + (f" ×{n}" if n > 1 else "") for kind, asset, url, n in rows]


def _came_from(lead: Lead, now: datetime) -> list[str]:
    rows = bulk.query(
        """WITH own AS (SELECT t.occurred_at, ch.name, ca.code FROM leads_touch t
                          LEFT JOIN marketing_channel ch ON ch.code = t.channel_id
                          LEFT JOIN marketing_campaign ca ON ca.id = t.campaign_id
                         WHERE t.person_id = %s AND t.side = 'marketing' AND t.channel_id IS NOT NULL)
           (SELECT 'First' AS which, * FROM own ORDER BY occurred_at LIMIT 1)
           UNION ALL (SELECT 'Last', * FROM own ORDER BY occurred_at DESC LIMIT 1)
           UNION ALL SELECT 'Colleagues', NULL, count(DISTINCT p.id)::text, NULL
                       FROM leads_person p JOIN leads_touch t ON t.person_id = p.id
                      WHERE p.company_id = %s AND p.id <> %s AND t.occurred_at > %s""",
        [lead.person_id, lead.company_id, lead.person_id, now - timedelta(days=30)],
    )
    said, seen = [], set()
    for which, at, name, campaign in rows:
        if which == "Colleagues":
            if int(name):
                said.append(f"{name} {'colleague' if name == '1' else 'colleagues'} active in the last 30 days")
        elif (at, name) not in seen:
            seen.add((at, name))
            day = f", {at.day} {at:%b}" if at.year == now.year else f", {at.day} {at:%b %Y}"
            said.append(f"{which}: {name.lower()}{f', {campaign}' if campaign else ''}{day}")
    return said


def _firm(lead: Lead) -> list[str]:
    company = lead.company
    if company is None:
        return []
    said = [f"{company.employees:,} people"] if company.employees else []
    said += [company.industry.lower()] if company.industry else []
    said += [company.region or company.country] if company.region or company.country else []
    said += [f"uses {', '.join(company.technologies[:4])}"] if company.technologies else []
    standing = _standing(lead.pk)
    if standing:
        said += [
            "has an open deal" if standing[0] else "no open deal",
            "a customer" if standing[1] else "not a customer",
        ]
    return said


def _standing(lead_id: int) -> tuple[Any, ...]:
    """(has an open deal, is a customer), as the rooms above offer it to conditions; () when nobody does."""
    offered = [registry().get(name) for name in ("company.has_open_deal", "company.is_customer")]
    if not all(offered):
        return ()
    columns = ", ".join(f"({attribute.sql})" for attribute in offered if attribute)
    rows = bulk.query(
        f"SELECT {columns} FROM leads_lead l JOIN leads_person p ON p.id = l.person_id "
        "LEFT JOIN leads_company c ON c.id = p.company_id WHERE l.id = %s",
        [lead_id],
    )
    return rows[0] if rows else ()
