"""What a clock shows, computed from its facts and now: a dead worker never shows green (DOMAIN 1.5). Pure."""

from datetime import datetime
from typing import Any

RUNNING, PAUSED, OVERDUE = "running", "paused", "overdue"


def state_of(phase: str, outcome: str, due_at: datetime | None, now: datetime) -> str:
    """running, paused, overdue, or the outcome: met, met_late, cancelled, breached_cancelled, not_required.

    Due itself is still in time; overdue begins strictly after.
    """
    if phase == "stopped":
        return outcome
    if due_at is not None and now > due_at and phase == RUNNING:
        return OVERDUE
    return phase


def of(clock: Any, now: datetime) -> str:
    return state_of(clock.phase, clock.outcome, clock.due_at, now)


def counts_as_kept(state: str) -> bool | None:
    """True met, False missed, None: not part of attainment (DOMAIN 1.5)."""
    if state == "met":
        return True
    return False if state in ("met_late", OVERDUE, "breached_cancelled") else None
