"""Clocks of the `clocks` panel as the countdown component takes them. Pure."""

from collections.abc import Sequence
from typing import Any

from revops.lib import words

NAMES = {"first_response": "First response", "assignment": "Assignment", "disposition": "Decision",
         "touch_minimum": "Touches", "stage_age": "Time in stage", "next_step": "Next step",
         "handoff_sched": "Hand-over call booked", "handoff_call": "Hand-over call held",
         "discount": "Discount decided", "content": "First answer"}  # fmt: skip


def face(clock: dict[str, Any], lead: Any, user: Any) -> dict[str, Any]:
    """The clock with its label, its zone, whose it is, and its length in words."""
    label = NAMES.get(clock["target"], clock["target"].replace("_", " ").capitalize())
    return {
        **clock,
        "label": label if clock["scope"] == "lead" else f"{label}, own clock",
        # A promise that runs round the clock belongs to no place: it is told in the reader's time.
        "zone": clock["timezone"] if clock["calendar"] else "",
        "who": str(lead.person),
        "mine": lead.owner_id == user.pk,
        "promise": promised(clock),
        "what": f"{label.lower()} · {promised(clock)}",
    }


def promised(clock: dict[str, Any]) -> str:
    """7 d · 2 business days · 5 min: as its line says it, where it counts days and not open time."""
    unit, amount = clock.get("unit"), clock.get("amount")
    if unit == "business_days" and amount:
        return words.plural(amount, "business day")
    if unit == "days" and clock["due_at"]:
        return f"{max(1, round((clock['due_at'] - clock['started_at']).total_seconds() / 86_400))} d"
    return f"{amount} d" if unit == "days" and amount else length(clock["seconds"])


def length(seconds: int) -> str:
    """5 min · 1 h · 48 h: a promise as people say it; days only from four on."""
    hours, rest = divmod(seconds, 3600)
    if rest == 0 and 0 < hours < 96:
        return f"{hours} h"
    return words.span(seconds)


def leading(clocks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The one a page is about: the lead's most urgent open clock, else the owner's own; None when none runs."""
    running = [clock for clock in clocks if not clock["closed"]]
    answer = {clock["scope"]: clock for clock in running if clock["target"] == "first_response"}
    if answer:
        first = answer.get("lead") or answer["owner"]
        own = answer.get("owner")
        return own if first["state"] == "overdue" and own and own["state"] != "overdue" else first
    return running[0] if running else None


def soonest(clocks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The open clock that falls due first: what `next_due_at` means, and so what a list in that order shows."""
    running = [clock for clock in clocks if not clock["closed"] and not clock["history"]]
    return min(running, key=lambda clock: (clock["due_at"] is None, clock["due_at"]), default=None)


def latest_response(clocks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Where none runs any more: the last response clock of the lead, which still explains itself."""
    ended = [
        c
        for c in clocks
        if c["target"] == "first_response" and c["scope"] == "lead" and c["stopped_at"] and not c["history"]
    ]
    return max(ended, key=lambda clock: clock["run"], default=None)
