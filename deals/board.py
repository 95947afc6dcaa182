"""The board's columns: open deals by closing date, and what was won and lost lately. Reads only.

Counts and sums of all columns are one query; each column is one more, with names, for its first fifty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from deals import money
from deals.models import Deal, DealStage

SIZE = 50
PERIODS = (30, 90, 365)
EMPTY = {
    DealStage.OPEN: "No open deal. A deal is opened from an SQL: choose a lead and convert it.",
    DealStage.WON: "Nothing was won in these {} days.",
    DealStage.LOST: "Nothing was lost in these {} days.",
}


@dataclass(slots=True)
class Column:
    """`total` minor units of the organisation's currency over all of the column, not only the rows shown."""

    stage: str
    label: str
    count: int
    total: int
    elsewhere: int
    empty: str
    deals: list[Deal] = field(default_factory=list)

    @property
    def worth(self) -> Decimal:
        return money.major(self.total) or Decimal(0)


def asked(*, text: str = "", owner: int | None = None) -> QuerySet[Deal]:
    """Deals whose name or company holds every word of `text`, of one owner or of all."""
    found = Deal.objects.all()
    for word in text.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(company__name__icontains=word))
    return found.filter(owner_id=owner) if owner else found


def in_column(found: QuerySet[Deal], stage: str, *, days: int, now: datetime) -> QuerySet[Deal]:
    """The deals of a column in its order: open ones by closing date, soonest first; closed ones newest first."""
    if stage == DealStage.OPEN:
        return found.filter(stage=stage).order_by(F("close_on").asc(nulls_last=True), "id")
    lately = found.filter(stage=stage, closed_at__gt=now - timedelta(days=days), closed_at__lte=now)
    return lately.order_by("-closed_at", "-id")


def columns(found: QuerySet[Deal], *, days: int, currency: str, now: datetime) -> list[Column]:
    """Open, won and lost; four queries whatever there is."""
    recent = Q(stage=DealStage.OPEN) | Q(closed_at__gt=now - timedelta(days=days), closed_at__lte=now)
    ours = Q(currency=currency)
    sums = {
        row["stage"]: row
        for row in found.filter(recent).order_by().values("stage").annotate(
            n=Count("id"), total=Sum("amount", filter=ours), elsewhere=Count("id", filter=~ours & Q(amount__gt=0))
        )
    }
    board = []
    for stage, label in DealStage.choices:
        row: dict[str, Any] = sums.get(stage, {})
        board.append(
            Column(
                stage, label, row.get("n", 0), row.get("total") or 0, row.get("elsewhere", 0),
                EMPTY[DealStage(stage)].format(days),
                shown(in_column(found, stage, days=days, now=now)) if row.get("n") else [],
            )
        )  # fmt: skip
    return board


def shown(found: QuerySet[Deal], *, start: int = 0) -> list[Deal]:
    return list(found.select_related("company", "owner__team", "person")[start : start + SIZE])


def mark(deals: Sequence[Deal], *, today: date) -> None:
    """Days past the closing date of open deals, for the card: `late_days`, 0 when there is time."""
    for deal in deals:
        late = (today - deal.close_on).days if deal.stage == DealStage.OPEN and deal.close_on else 0
        deal.late_days = max(0, late)  # type: ignore[attr-defined]
