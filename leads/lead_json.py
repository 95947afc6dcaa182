"""A lead as JSON: one query for any number of leads, and one per panel."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from revops.lib import bulk
from revops.lib.prepared import Prepared

CLOCK = ("id", "target", "tier", "scope", "state", "started_at", "due_at")
STAMPS = (
    "created_at", "updated_at", "stage_at", "mql_at", "assigned_at", "sal_at", "sql_at", "opportunity_at", "won_at",
    "lost_at", "rejected_at", "recycled_at", "disqualified_at", "first_response_at", "last_touch_at", "next_due_at",
)  # fmt: skip
SELECT = f"""
SELECT l.id, l.person_id, l.company_id, l.cycle, l.stage, l.owner_id, l.fit, l.engagement, l.usage, l.cell,
       p.score_version, p.first_name, p.last_name, p.email, p.phone, p.title, p.country, c.name, u.name, l.source_id,
       g.code, l.product_interest, l.hand_raise, l.reason, l.track, l.revisit_on, l.history, l.undated,
       {", ".join(f"l.{name}" for name in STAMPS)}
  FROM leads_lead l JOIN leads_person p ON p.id = l.person_id
  LEFT JOIN leads_company c ON c.id = l.company_id LEFT JOIN teams_user u ON u.id = l.owner_id
  LEFT JOIN marketing_campaign g ON g.id = l.campaign_id
 WHERE l.id = ANY (%s)"""
BRIEF = Prepared(
    """SELECT l.id, l.person_id, l.company_id, l.cycle, l.stage, l.owner_id, l.fit, l.engagement, l.usage, l.cell,
              p.score_version, l.mql_at FROM leads_lead l JOIN leads_person p ON p.id = l.person_id
        WHERE l.id = ANY (%(ids)s)""",
    types={"ids": "bigint[]"},
    constants={},
)
FEW = 200  # up to here planning costs more than running, so the plan is kept
MQL_AT = STAMPS.index("mql_at") - len(STAMPS)
MORE = """
SELECT l.message, l.reason_note, l.flags::text, l.attributes::text, p.attributes::text, c.attributes::text,
       p.consent::text, c.domain, c.industry, c.employees, c.country,
       (SELECT json_object_agg(q.item, json_build_object('value', q.value, 'evidence', q.evidence, 'confirmed_at',
                               q.confirmed_at, 'confirmed_by', q.confirmed_by_id))::text
          FROM leads_qualification q WHERE q.lead_id = l.id)
  FROM leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = l.company_id
 WHERE l.id = %s"""


def many(lead_ids: Sequence[int], *, now: datetime, base: str) -> dict[int, dict[str, Any]]:
    """{id: the lead as lists show it}; ids nobody has are absent. `base`: scheme and host, no slash at the end."""
    ids = list(dict.fromkeys(lead_ids))
    if not ids:
        return {}
    rows = bulk.query(SELECT, [ids])
    clocks = _clocks_of([row[0] for row in rows if row[MQL_AT] is not None], now=now)
    return {row[0]: _listed(row, clocks.get(row[0]) or [], base) for row in rows}


def brief(lead_ids: Sequence[int], *, now: datetime, base: str) -> dict[int, dict[str, Any]]:
    """{id: what a sender needs to know of a lead}: the answer of intake."""
    ids = list(dict.fromkeys(lead_ids))
    if not ids:
        return {}
    rows = BRIEF.rows({"ids": ids}, planned_once=len(ids) <= FEW)
    clocks = _clocks_of([row[0] for row in rows if row[-1] is not None], now=now)
    return {row[0]: _brief(row[:11], clocks.get(row[0]) or [], base) for row in rows}


def one(lead_id: int, *, now: datetime, base: str) -> dict[str, Any]:
    """Everything of one lead, with the panels the other rooms add to it."""
    lead = many([lead_id], now=now, base=base)[lead_id]
    [(message, note, flags, own, persons, companys, consent, domain, industry, employees, country, bant)] = bulk.query(
        MORE, [lead_id]
    )
    lead |= {
        "message": message,
        "reason_note": note,
        "flags": bulk.loads(flags),
        "consent": bulk.loads(consent),
        "attributes": {"person": bulk.loads(persons), "company": bulk.loads(companys), "lead": bulk.loads(own)},
        "firm": None
        if lead["company"] is None
        else {"domain": domain, "industry": industry, "employees": employees, "country": country},
        "qualification": bulk.loads(bant),
    }
    return lead | {
        name: panel(name)([lead_id], now=now).get(lead_id) for name in settings.LEAD_PANELS if name not in lead
    }


@cache
def panel(name: str) -> Any:
    """What another room says of leads: callable(lead_ids, now=) → {lead id: data}."""
    return import_string(settings.LEAD_PANELS[name])


@cache
def _clocks() -> Any:
    return import_string(settings.LEAD_CLOCKS)


def url_of(lead_id: int, base: str) -> str:
    return f"{base}/api/v1/leads/{lead_id}/"


def _clocks_of(handed_over: list[int], *, now: datetime) -> dict[int, list[dict[str, Any]]]:
    """Clocks start with the hand-over; nobody is asked about the many that are still inquiries."""
    return _clocks()(handed_over, now=now) if handed_over else {}


def _brief(row: tuple, clocks: Iterable[dict[str, Any]], base: str) -> dict[str, Any]:
    pk, person, company, cycle, stage, owner, fit, engagement, usage, cell, version = row
    return {
        "id": pk,
        "url": url_of(pk, base),
        "person": person,
        "company": company,
        "cycle": cycle,
        "stage": stage,
        "score": {"fit": fit, "engagement": engagement, "usage": usage, "cell": cell, "version": version},
        "owner": owner,
        "clocks": [{name: clock.get(name) for name in CLOCK} for clock in clocks],
    }


def _listed(row: tuple, clocks: Iterable[dict[str, Any]], base: str) -> dict[str, Any]:
    (first, last, email, phone, title, country, company_name, owner_name, source, campaign, interest, hand_raise,
     reason, track, revisit_on, history, undated, *stamps) = row[11:]  # fmt: skip
    return {
        **_brief(row[:11], clocks, base),
        "person_name": f"{first} {last}".strip(),
        "email": email,
        "phone": phone,
        "title": title,
        "country": country,
        "company_name": company_name,
        "owner_name": owner_name,
        "source": source,
        "campaign": campaign,
        "product_interest": interest,
        "hand_raise": hand_raise,
        "reason": reason,
        "track": track,
        "revisit_on": revisit_on,
        "history": history,
        "undated": undated,
        **dict(zip(STAMPS, stamps, strict=True)),
    }
