"""Months that are over: what was credited then stays, and what later stitching changed shows as a difference.

A month closes seven days after its end, with the usual questions (everybody of the firm, marketing's touches, 90 days).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from dashboards import attribution, sheet
from dashboards.attribution import drawing
from dashboards.attribution.asking import Asked
from dashboards.attribution.crediting import Result
from dashboards.attribution.models import AttributionClose
from dashboards.filters import Filters
from deals.models import Deal
from marketing.models import Channel
from revops.lib import words
from teams.models import Organisation

WAIT = timedelta(days=7)
MOST = 36  # months closed in one night: the first time there may be years


def close_months(*, now: datetime) -> list[date]:
    """Closes each month that is over for seven days, has wins and is not closed; how it stood then can be read
    for ever. Returns the months closed. Run twice, it closes nothing more."""
    organisation = Organisation.get()
    closed = []
    for month in due(organisation.timezone, now=now):
        found = sheet.opened(_of(month, organisation.timezone), now=now, organisation=organisation)
        if keep(month, attribution.of(found), now=now):
            closed.append(month)
    return closed


def keep(month: date, result: Result, *, now: datetime) -> bool:
    """Whether this call is the one that closed the month."""
    with transaction.atomic():
        _, made = AttributionClose.objects.get_or_create(
            month=month,
            defaults={
                "closed_at": now, "wins": result.wins, "amount": result.amount, "currency": result.currency,
                "look_back": result.look_back,
                "credits": {m.key: {line.key: line.credits[m.key] for line in result.lines} for m in result.models},
            },
        )  # fmt: skip
    return made


def due(zone: str, *, now: datetime) -> list[date]:
    """First days of the months to close, oldest first."""
    won = Deal.objects.filter(stage="won", undated=False).order_by("closed_at")
    first = won.values_list("closed_at", flat=True).first()
    if first is None:
        return []
    kept = set(AttributionClose.objects.values_list("month", flat=True))
    until = (now - WAIT).astimezone(ZoneInfo(zone)).date().replace(day=1)
    months = [month for month in _months(first.astimezone(ZoneInfo(zone)).date(), until) if month not in kept]
    return months[-MOST:]


def shown(found: sheet.Sheet, asked: Asked) -> dict[str, Any] | None:
    """When the period is a closed month: the close and today's difference by channel; else the last closed months."""
    f = found.filters
    narrowed = f.source or f.owner or f.team or f.segment
    plain = asked == Asked(half_life=asked.half_life, own=asked.own) and not narrowed
    whole = f.start.day == 1 and f.end == _after(f.start) - timedelta(days=1)
    months = [
        {"name": f"{close.month:%b %Y}", "wins": words.plural(close.wins, "win"), "amount": _text(close.amount, close),
         "href": f"/attribution/?from={close.month}&to={_after(close.month) - timedelta(days=1)}"}
        for close in AttributionClose.objects.order_by("-month")[:6]
    ]  # fmt: skip
    close = AttributionClose.objects.filter(month=f.start).first() if whole and plain else None
    if close is None:
        return {"months": months} if months else None
    result = attribution.of(found, **asked.of())
    return {"months": months, "close": close, "month": f"{close.month:%B %Y}", **difference(close, result)}


def difference(close: AttributionClose, result: Result, model: str = "full_path") -> dict[str, Any]:
    """{wins, amount, rows}: as closed, as today, and the change, of each channel under one model."""
    then: dict[str, int] = close.credits.get(model, {})
    now = {line.key: line.credits.get(model, 0) for line in result.lines}
    names = dict(Channel.objects.values_list("code", "name")) | {line.key: line.name for line in result.lines}
    rows = [
        {"key": key, "name": names.get(key, key or "Unknown channel"), "then": _text(then.get(key, 0), close),
         "now": _text(now.get(key, 0), close), "delta": now.get(key, 0) - then.get(key, 0),
         "change": change(now.get(key, 0) - then.get(key, 0), close.currency)}
        for key in {**then, **now}
    ]  # fmt: skip
    rows.sort(key=lambda row: (-abs(row["delta"]), row["name"]))
    return {
        "rows": rows, "changed": any(row["delta"] for row in rows),
        "wins": close.wins, "wins_now": result.wins,
        "amount": _text(close.amount, close), "amount_now": drawing.exact(result.amount, result),
        "amount_change": change(result.amount - close.amount, close.currency),
    }  # fmt: skip


def change(cents: int, currency: str) -> str:
    """+$1,200 · −$1,200 · no change"""
    if not cents:
        return "no change"
    return ("+" if cents > 0 else words.MINUS) + words.money(words.rounded(abs(cents), 0) / 100, currency)


def _text(cents: int, close: AttributionClose) -> str:
    return words.money(words.rounded(cents, 0) / 100, close.currency)


def _of(month: date, zone: str) -> Filters:
    return Filters(month, _after(month) - timedelta(days=1), zone, compare="none")


def _months(first: date, until: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month < until:
        yield month
        month = _after(month)


def _after(month: date) -> date:
    """The first day of the month after this one's."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
