"""The open next step of leads and deals, as pages and REST show it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sla.models import NextStep
from sla.next_steps import open_step, open_steps_of_deals


def of_leads(lead_ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    """{lead id: its open step}; leads without one are left out. One query."""
    return {lead: shown(step, now=now) for lead, step in open_step(lead_ids).items()}


def of_deals(deal_ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    return {deal: shown(step, now=now) for deal, step in open_steps_of_deals(deal_ids).items()}


def shown(step: NextStep, *, now: datetime) -> dict[str, Any]:
    """`late`: open and past its moment; due itself is still in time."""
    return {
        "id": step.pk,
        "what": step.what,
        "by_when": step.by_when,
        "owner": step.owner_id,
        "owner_name": step.owner.name,
        "state": step.state,
        "late": step.state == "open" and now > step.by_when,
        "clock": step.clock_id,
    }
