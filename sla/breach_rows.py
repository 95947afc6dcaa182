"""A breach as a row of the feed and of its file: who had it, how late it was, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leads import clock_words
from revops.lib import words
from sla.breaches import Breach
from sla.floor_rows import company_of, href_of, name_of
from sla.models import Clock, Target, Tier
from teams.models import User

WORTH_SAYING = 2  # seconds; a breach is noticed within a second, everything above is said


def of(rows: Sequence[Breach], *, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Rows for pages, newest first; one statement for the names."""
    names = owners_of(rows)
    return [
        {
            "id": row.entry,
            "at": row.at,
            "name": name_of(row.clock),
            "company": company_of(row.clock),
            "href": href_of(row.clock),
            "promise": promise_of(row),
            "short": length_of(row.clock),
            "owner": names.get(row.owner or 0, "nobody"),
            "late": words.duration(row.late),
            "lag": f"detected {words.span(row.lag)} late" if row.lag >= WORTH_SAYING else "",
            "lag_seconds": row.lag,
            "after": after(row, names, now=now, zone=zone),
            "voided": row.after == "voided",
            "tier": row.clock.tier,
        }
        for row in rows
    ]


def owners_of(rows: Sequence[Breach]) -> dict[int, str]:
    ids = {pk for row in rows for pk in (row.owner, row.to) if pk}
    return dict(User.objects.filter(pk__in=ids).values_list("id", "name")) if ids else {}


def promise_of(row: Breach) -> str:
    """First response, hot · 5 min."""
    clock = row.clock
    label = Target(clock.target).label if clock.target in Target.values else clock.target
    tier = f", {Tier(clock.tier).label.lower()}" if clock.tier and clock.tier in Tier.values else ""
    own = ", own clock" if clock.scope == "owner" and clock.target == "first_response" else ""
    return f"{label}{tier}{own} · {length_of(clock)}"


def length_of(clock: Clock) -> str:
    line = clock.policy
    told = {"unit": line.unit if line else "", "amount": line.amount if line else None, "seconds": clock.seconds}
    return clock_words.promised({**told, "due_at": clock.due_at, "started_at": clock.started_at})


def after(row: Breach, names: dict[int, str], *, now: datetime, zone: ZoneInfo) -> str:
    clock = row.clock
    moved = f"moved to {names.get(row.to, 'somebody')}" if row.to else ""
    stopped = words.moment(clock.stopped_at, now, zone, "full") if clock.stopped_at else ""
    if row.after == "voided":
        return "voided: it was done in time, as we learned later"
    if row.after == "done":
        return ", ".join(part for part in (moved, f"done {stopped}") if part)
    if row.after == "cancelled" and moved:
        return moved
    if row.after == "cancelled":
        return f"ended {stopped}: {clock.reason.replace('_', ' ') or 'cancelled'}"
    if row.after == "limit":
        return "as often moved as allowed: the manager’s to decide"
    if row.after == "nobody":
        return "nobody could take it"
    return f"{moved}, still open" if moved else "still open"
