"""The board's columns: open deals by closing date, and what was won and lost lately. Reads only.

Counts and sums are of whole columns; rows come with their names, the first fifty of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum

from deals import money
from deals.models import Deal, DealStage
from leads.models import Company
from revops.lib import words

SIZE = 50
MOST = 2_000
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


def asked(*, text: str = "", owner: int | None = None) -> tuple[QuerySet[Deal], bool]:
    """Deals whose name or company holds every word of `text`, of one owner or of all; and whether more match than are
    looked at: a word that fits a hundred thousand deals helps nobody. One query when there is a text."""
    found, more = Deal.objects.all(), False
    if owner:
        found = found.filter(owner_id=owner)
    if text:
        ids = _matching(found, text.split()[:8])
        more = len(ids) > MOST
        found = Deal.objects.filter(pk__in=ids[:MOST])
    return found, more


def _matching(found: QuerySet[Deal], words: Sequence[str]) -> list[int]:
    """Ids of up to MOST + 1 deals. Two indexed look-ups a word, put together; an OR over the join reads every deal."""
    last, *others = words
    for word in others:
        found = found.filter(Q(pk__in=_by_name(Deal.objects, word)) | Q(pk__in=_by_company(Deal.objects, word)))
    either = _by_name(found, last).union(_by_company(found, last), all=True)
    return sorted(set(either.values_list("pk", flat=True)[: 2 * MOST + 2]))


def _by_name(found: Any, word: str) -> QuerySet:
    return found.filter(name__icontains=word).order_by().values("pk")


def _by_company(found: Any, word: str) -> QuerySet:
    companies = Company.objects.filter(name_key__contains=word.lower()).values("pk")
    return found.filter(company__in=companies).order_by().values("pk")


def begins(*, days: int, now: datetime, zone: str) -> datetime:
    """The midnight that begins a period of `days` local days with today the last: what the dashboard calls so too."""
    where = ZoneInfo(zone)
    first = now.astimezone(where).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), where)


def in_column(found: QuerySet[Deal], stage: str, *, since: datetime, now: datetime) -> QuerySet[Deal]:
    """The deals of a column in its order: open ones by closing date, soonest first; closed ones newest first."""
    if stage == DealStage.OPEN:
        return found.filter(stage=stage).order_by(F("close_on").asc(nulls_last=True), "id")
    lately = found.filter(stage=stage, closed_at__gte=since, closed_at__lte=now)
    return lately.order_by("-closed_at", "-id")


def columns(found: QuerySet[Deal], *, days: int, currency: str, zone: str, now: datetime) -> list[Column]:
    """Open, won and lost; five queries whatever there is: two of sums, each along an index, and one a column."""
    since = begins(days=days, now=now, zone=zone)
    sums = {
        row["stage"]: row
        for part in (Q(stage=DealStage.OPEN), Q(closed_at__gte=since, closed_at__lte=now))
        for row in _sums(found.filter(part), currency)
    }
    board = []
    for stage, label in DealStage.choices:
        row: dict[str, Any] = sums.get(stage, {})
        board.append(
            Column(
                stage, label, row.get("n", 0), row.get("total") or 0, row.get("elsewhere", 0),
                EMPTY[DealStage(stage)].format(days),
                shown(in_column(found, stage, since=since, now=now)) if row.get("n") else [],
            )
        )  # fmt: skip
    return board


def _sums(found: QuerySet[Deal], currency: str) -> QuerySet:
    ours = Q(currency=currency)
    worth, elsewhere = Sum("amount", filter=ours), Count("id", filter=~ours & Q(amount__gt=0))
    return found.order_by().values("stage").annotate(n=Count("id"), total=worth, elsewhere=elsewhere)


def shown(found: QuerySet[Deal], *, start: int = 0) -> list[Deal]:
    return list(found.select_related("company", "owner__team", "person")[start : start + SIZE])


def mark(deals: Sequence[Deal], *, today: date, steps: Mapping[int, dict[str, Any]]) -> None:
    """For the card: `late_days` past the closing date, 0 when there is time; `closes`, the date in words; `step`, what
    happens next, `step_late` whether it should have. `steps`: of `DEAL_PANELS`."""
    for deal in deals:
        late = (today - deal.close_on).days if deal.stage == DealStage.OPEN and deal.close_on else 0
        deal.late_days = max(0, late)  # type: ignore[attr-defined]
        step = steps.get(deal.pk)
        deal.step = step["what"] if step else deal.next_step  # type: ignore[attr-defined]
        deal.step_late = bool(step and step["late"])  # type: ignore[attr-defined]
        deal.closes = words.day_of(deal.close_on, today) if deal.close_on else ""  # type: ignore[attr-defined]
