"""A lost lead, deal or clock as a row: who, since when, and the verb that finds it a place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deals.models import Deal
from leads.models import Lead
from leads.models.stage import Reason, Stage
from revops.lib import words
from sla.limbo import Lost
from sla.models import Target
from teams import access

CLEAR = 24 * 3_600  # up to a day the age is said, from then on the day it began


def of(rows: Sequence[Lost], user: Any, *, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """{id, kind, name, about, why, since, age, owner, href, verb: {href, label, dialog} or None}; two statements."""
    leads = {
        lead.pk: lead
        for lead in Lead.objects.select_related("person", "company", "owner__team").filter(
            pk__in=[row.lead for row in rows if row.lead]
        )
    }
    deals = {
        deal.pk: deal
        for deal in Deal.objects.select_related("company", "owner__team").filter(
            pk__in=[row.deal for row in rows if row.deal]
        )
    }
    return [_row(row, leads.get(row.lead or 0), deals.get(row.deal or 0), user, now, zone) for row in rows]


def _row(
    row: Lost, lead: Lead | None, deal: Deal | None, user: Any, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:  # fmt: skip
    subject = lead or deal
    href = f"/leads/{row.lead}/" if row.lead else f"/deals/{row.deal}/"
    return {
        "id": f"{row.kind.key}-{row.clock or row.lead or row.deal}",
        "kind": row.kind.key,
        "name": str(lead.person) if lead else deal.name if deal else "",
        "about": str(subject.company) if subject and subject.company else "",
        "why": _why(row),
        "stage": row.stage if row.kind.key != "parked" else "",
        "note": _note(row),
        "since": row.since,
        "age": _age(row.since, now, zone),
        "owner": subject.owner if subject else None,
        "href": href,
        "verb": _verb(row, subject, user, href),
    }


def _why(row: Lost) -> str:
    stage = "" if row.kind.key == "parked" else Stage(row.stage).label if row.stage in Stage.values else ""
    if row.kind.key == "parked":
        return f"{Target(row.stage).label.lower()} {row.kind.why}" if row.stage in Target.values else row.kind.why
    return f"{stage}, {row.kind.why}"


def _note(row: Lost) -> str:
    if row.kind.key == "date" and row.note in Reason.values:
        return Reason(row.note).label.lower()
    return row.note


def _age(since: datetime, now: datetime, zone: ZoneInfo) -> str:
    """1 h 12, and from a day on: since Mon."""
    seconds = (now - since).total_seconds()
    if seconds < CLEAR:
        return words.duration(max(seconds, 0))
    at = words.moment(since, now, zone)
    return f"since {at.rpartition(' ')[0] if ':' in at else at}"


def _verb(row: Lost, subject: Any, user: Any, href: str) -> dict[str, Any] | None:
    kind = row.kind.verb
    if kind == "give" and row.lead and access.can_work(user, subject, "reassign"):
        return {"href": f"/floor/leads/{row.lead}/giving/", "label": "Give…", "dialog": True, "key": "g"}
    if kind == "step" and row.lead and access.can_work(user, subject, "plan"):
        return {"href": f"/leads/{row.lead}/next-step/", "label": "Set step…", "dialog": True, "key": "s"}
    if kind == "book" and row.deal:
        return {"href": href, "label": "Open", "dialog": False, "key": ""}
    return None
