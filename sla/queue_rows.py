"""Rows of the queue in words: what is owed, why now, what was promised or tried, and what stands still."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from leads import clock_words, why_now
from leads.models import Lead
from revops.lib import words
from revops.lib.frame import reader_zone
from sla import next_steps, state, touch_progress
from sla.models import Target
from sla.queue import Group, Row


def of(groups: Sequence[Group], request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with the words of each row. Five queries at most."""
    rows = [row for group in groups for row in group.rows]
    leads = [row.lead for row in rows if row.lead]
    ids = [lead.pk for lead in leads]
    now, zone = request.now, reader_zone(request)
    reasons = why_now.reasons(leads, now=now) if leads else {}
    tried = why_now.attempts(ids) if leads else {}
    touched = _shown_with(rows, Target.TOUCH_MINIMUM)
    pace = touch_progress.of_leads(touched, now=now) if touched else {}
    stepped = _shown_with(rows, Target.NEXT_STEP)
    steps = {pk: step.what for pk, step in next_steps.open_step(stepped).items()} if stepped else {}
    deals = [row.deal.pk for row in rows if row.deal and row.clock and row.clock["target"] == Target.NEXT_STEP]
    of_deals = {pk: step.what for pk, step in next_steps.open_steps_of_deals(deals).items()} if deals else {}

    def one(row: Row) -> dict[str, Any]:
        if row.owed is not None:
            owed = row.owed
            return {"id": f"{owed.kind}-{owed.id}", "lead": None, "deal": None, "clock": None, "owed": owed,
                    "why": owed.why, "note": owed.note}  # fmt: skip
        lead, subject = row.lead, row.lead or row.deal
        clock = faced(row.clock, subject, request.user, now=now, zone=zone) if row.clock else None
        notes = [row.note]
        if lead and clock and clock["target"] == Target.TOUCH_MINIMUM and lead.pk in pace:
            progress = pace[lead.pk]
            clock["what"] = f"touch {min(progress['counted'] + 1, progress['needed'])} of {progress['needed']} · " + (
                clock["promise"]
            )
            notes.append(_behind(progress))
        elif clock and clock["target"] == Target.NEXT_STEP:
            notes.append((steps.get(lead.pk) if lead else of_deals.get(row.deal.pk) if row.deal else "") or "")
        if lead:
            notes.append(tried.get(lead.pk, ""))
        notes += [f"{c['name']} {_until(c, now, zone)}" for c in row.paused]
        return {
            "id": lead.pk if lead else f"deal-{row.deal.pk if row.deal else 0}",
            "lead": lead,
            "deal": row.deal,
            "clock": clock,
            "why": (reasons.get(lead.pk) or "No touch in 30 days") if lead else "Won" if _won(row) else "Deal",
            "note": " · ".join(part for part in notes if part),
        }

    return [
        {"key": group.key, "title": group.title, "said": group.promises, "rows": [one(row) for row in group.rows]}
        for group in groups
    ]


def faced(
    clock: dict[str, Any], subject: Any, user: Any, *, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:  # fmt: skip
    """The clock as the countdown component takes it; a paused one says until when."""
    face = clock_words.face(clock, subject, user)
    if not isinstance(subject, Lead):
        face["who"] = str(subject)
    if clock["target"] == Target.NEXT_STEP:
        face["what"] = "next step"  # its moment was agreed, nobody promised a length of time
    if clock["state"] == state.PAUSED:
        face["text"] = _until(clock, now, zone)
    return face


def _until(clock: dict[str, Any], now: datetime, zone: ZoneInfo) -> str:
    until = clock.get("resumes")
    return f"paused until {words.moment(until, now, zone, 'full')}" if until else "paused"


def _behind(progress: dict[str, Any]) -> str:
    """Whole touches behind an even pace."""
    missing = int(progress["expected"]) - progress["counted"]
    return f"{words.plural(missing, 'touch', 'touches')} behind the pace line" if missing > 0 else ""


def _shown_with(rows: Sequence[Row], target: str) -> list[int]:
    return [row.lead.pk for row in rows if row.lead and row.clock and row.clock["target"] == target]


def _won(row: Row) -> bool:
    return row.deal is not None and row.deal.stage == "won"
