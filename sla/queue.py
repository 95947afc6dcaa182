"""What a person does next: their open leads ordered by the moment something is owed (UX 3)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.models import Lead
from sla import panels

TITLES = {"answer": "Answer first", "decide": "Decide", "keep": "Keep in touch"}


@dataclass(slots=True)
class Row:
    """A lead and the one clock its row shows; `clock` is None where nothing runs. `note`: a second, grey sentence."""

    lead: Lead
    clock: dict[str, Any] | None
    clocks: list[dict[str, Any]]
    note: str = ""


@dataclass(slots=True)
class Group:
    key: str
    title: str
    rows: list[Row] = field(default_factory=list)


def leads_of(user: Any) -> Any:
    """The leads of somebody's queue, due first."""
    return Lead.objects.filter(owner=user, stage__in=["mql", "sal", "sql"]).order_by("next_due_at", "id")


def of(user: Any, *, now: datetime, limit: int = 50) -> list[Group]:
    """Groups in order, each due first; groups without rows are left out. Three queries, whatever the length."""
    leads = list(leads_of(user).with_names()[:limit])
    clocks = panels.clocks([lead.pk for lead in leads], now=now)
    groups = {key: Group(key, title) for key, title in TITLES.items()}
    for lead in leads:
        row = _row(lead, clocks[lead.pk])
        groups[_group(lead, row.clock)].rows.append(row)
    for group in groups.values():
        group.rows.sort(
            key=lambda row: (row.clock is None, row.clock["due_at"] or panels.FAR if row.clock else row.lead.stage_at)
        )
    return [group for group in groups.values() if group.rows]


def _row(lead: Lead, clocks: list[dict[str, Any]]) -> Row:
    running = [clock for clock in clocks if not clock["closed"]]
    response = {clock["scope"]: clock for clock in running if clock["target"] == "first_response"}
    shown, note = None, ""
    if response:
        # The lead's clock while it can still be kept, else the owner's own, and a word about the buyer (UX 16).
        shown = response.get("lead") or response.get("owner")
        own = response.get("owner")
        if shown["state"] == "overdue" and own and own["state"] != "overdue":
            shown, note = own, "already late for the buyer"
    elif running:
        shown = running[0]
    return Row(lead, shown, clocks, note)


def _group(lead: Lead, clock: dict[str, Any] | None) -> str:
    if clock and clock["target"] == "first_response":
        return "answer"
    return "decide" if lead.stage == "mql" else "keep"
