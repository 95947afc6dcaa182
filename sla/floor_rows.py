"""An open clock as a row of the floor: its countdown, who waits for it, who answers for it, and the verb."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sla import floor_notes, panels, queue_rows
from sla.models import Clock
from teams import access


def of(clocks: Sequence[Clock], user: Any, *, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """{id, clock, name, about, href, score, owner, note, give: {href, label} or None}, in the order of `clocks`; four
    statements whatever the length."""
    notes = floor_notes.of(clocks, now=now, zone=zone)
    return [_row(clock, user, notes[clock.pk], now=now, zone=zone) for clock in clocks]


def face(clock: Clock, user: Any, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The clock as the countdown component takes it, whatever its subject is."""
    return queue_rows.faced(panels.shown(clock, now=now), clock.lead or clock.deal, user, now=now, zone=zone)


def name_of(clock: Clock) -> str:
    return str(clock.lead.person) if clock.lead else clock.deal.name if clock.deal else ""


def company_of(clock: Clock) -> str:
    subject = clock.lead or clock.deal
    return str(subject.company) if subject and subject.company else ""


def href_of(clock: Clock) -> str:
    return f"/leads/{clock.lead_id}/" if clock.lead_id else f"/deals/{clock.deal_id}/"


def _row(clock: Clock, user: Any, note: floor_notes.Note, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    subject = clock.lead or clock.deal
    # A next step is owed by whoever promised it, which may be somebody else than the owner.
    owner = clock.owner if clock.target == "next_step" else subject.owner if subject else None
    give = None
    if clock.lead and clock.lead.is_open and access.can_work(user, clock.lead, "reassign"):
        give = {"href": f"/floor/leads/{clock.lead_id}/giving/", "label": "Reassign…" if owner else "Give…"}
        if note.stuck:
            give["label"] = "Take or give…"
    return {
        "id": clock.pk,
        "clock": face(clock, user, now=now, zone=zone),
        "name": name_of(clock),
        "about": company_of(clock),
        "href": href_of(clock),
        "lead": clock.lead,
        "owner": owner,
        "note": note.text,
        "give": give,
    }
