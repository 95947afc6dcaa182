"""Enquiries that reach nobody's record are kept too: refused, held as suspected spam, failed, or nothing to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.models.submission import Door, Outcome
from revops.lib import bulk

TYPES = {
    "source": "text", "door": "text", "delivery_key": "text", "payload": "jsonb", "context": "jsonb", "outcome": "text",
    "errors": "jsonb", "suspicions": "jsonb", "by_id": "bigint", "replay_of_id": "bigint", "received_at": "timestamptz",
    "recorded_at": "timestamptz",
}  # fmt: skip
ONCE = "ON CONFLICT (source, delivery_key) WHERE delivery_key IS NOT NULL DO NOTHING RETURNING id, source, delivery_key"


@dataclass(slots=True)
class Kept:
    """`errors`: [{field, code, detail}]; `suspicions`: codes. The rest as of Submission."""

    source: str
    door: Door
    outcome: Outcome
    payload: dict[str, Any]
    errors: list[dict[str, str]] = field(default_factory=list)
    suspicions: list[str] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    delivery_key: str | None = None
    by: int | None = None
    replay_of: int | None = None


def keep(batch: Sequence[Kept], *, now: datetime) -> int:
    """Write them in one statement; answers how many were new (one with a delivery key seen before is not)."""
    return len(_written(batch, now)) if batch else 0


def keep_one(kept: Kept, *, now: datetime) -> int | None:
    """The id it is kept under; None when its delivery key was seen before."""
    found = _written([kept], now)
    return found[0][0] if found else None


def _written(batch: Sequence[Kept], now: datetime) -> list[tuple]:
    rows = [
        (k.source[:80], k.door.value, k.delivery_key, k.payload, k.context, k.outcome.value, k.errors, k.suspicions,
         k.by, k.replay_of, now, now) for k in batch
    ]  # fmt: skip
    return bulk.query(*bulk.insert("leads_submission", TYPES, rows, ONCE))
