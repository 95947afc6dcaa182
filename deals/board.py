"""The board's columns: a pipeline's stages with the open deals in them, and what was won and lost lately. Reads only.

Counts and sums are of whole columns; rows come with their names, the first fifty of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from deals import money
from deals.models import Deal, DealStage, Pipeline, PipelineStage
from deals.stalls import Stall
from leads.models import Company
from revops.lib import words

SIZE = 50
MOST = 2_000
PERIODS = (30, 90, 365)
UNPLACED = "none"  # open deals that stand in no stage: written by no verb of ours
EMPTY = {
    DealStage.OPEN: "No open deal. A deal is opened from an SQL: choose a lead and convert it.",
    DealStage.WON: "Nothing was won in these {} days.",
    DealStage.LOST: "Nothing was lost in these {} days.",
}


@dataclass(slots=True)
class Column:
    """`stage`: won, lost, a stage's number, or none. `total` minor units of the organisation's currency over all of the
    column, not only the rows shown. `place`: of an open column its stage, None for what stands nowhere."""

    stage: str
    label: str
    count: int
    total: int
    elsewhere: int
    empty: str
    place: PipelineStage | None = None
    deals: list[Deal] = field(default_factory=list)

    @property
    def worth(self) -> Decimal:
        return money.major(self.total) or Decimal(0)

    @property
    def is_open(self) -> bool:
        return self.stage not in (DealStage.WON, DealStage.LOST)


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


def in_column(found: QuerySet[Deal], column: Column, *, since: datetime, now: datetime) -> QuerySet[Deal]:
    """The deals of a column in its order: open ones by closing date, soonest first; closed ones newest first."""
    if column.is_open:
        here = found.filter(stage=DealStage.OPEN, pipeline_stage=column.place)
        return here.order_by(F("close_on").asc(nulls_last=True), "id")
    lately = found.filter(stage=column.stage, closed_at__gte=since, closed_at__lte=now)
    return lately.order_by("-closed_at", "-id")


def columns(
    found: QuerySet[Deal], *, pipeline: Pipeline, days: int, currency: str, zone: str, now: datetime, only: str = "",
    start: int = 0,
) -> list[Column]:  # fmt: skip
    """The pipeline's stages, then won and lost; six queries whatever there is. Counts and sums of all open columns come
    by one, along an index, and so do their cards. `only`: one column in full, its cards from `start`. Deals that stand
    nowhere, and what was won or lost, are shown with the default pipeline as with every other."""
    since = begins(days=days, now=now, zone=zone)
    closed = found.filter(closed_at__gte=since, closed_at__lte=now)
    if not pipeline.is_default:
        closed = closed.filter(pipeline=pipeline)
    standing = Q(pipeline_stage__pipeline=pipeline)
    if pipeline.is_default:
        standing |= Q(pipeline_stage=None)
    standing_open = found.filter(standing, stage=DealStage.OPEN)
    sums = {row["pipeline_stage"]: row for row in _sums(standing_open, "pipeline_stage", currency)}
    ends = {row["stage"]: row for row in _sums(closed, "stage", currency)}
    board = [
        _column(str(stage.pk), stage.name, sums.get(stage.pk), "", stage)
        for stage in pipeline.stages.filter(retired_at=None)
    ]
    if None in sums:
        board.insert(0, _column(UNPLACED, "In no stage", sums[None], ""))
    if not sums and board:
        board[0].empty = EMPTY[DealStage.OPEN]
    board += [
        _column(str(end), end.label, ends.get(end), EMPTY[end].format(days)) for end in (DealStage.WON, DealStage.LOST)
    ]
    board = [column for column in board if column.stage == only] or board
    if len(board) == 1:
        whose = closed if not board[0].is_open else found
        board[0].deals = shown(in_column(whose, board[0], since=since, now=now), start=start)
        return board
    cards = _first(standing_open) if sums else {}
    for column in board:
        if column.is_open:
            column.deals = cards.get(column.place and column.place.pk, [])
        elif column.count:
            column.deals = shown(in_column(closed, column, since=since, now=now))
    return board


def _column(code: str, label: str, row: Any, empty: str, place: PipelineStage | None = None) -> Column:
    row = row or {}
    return Column(code, label, row.get("n", 0), row.get("total") or 0, row.get("elsewhere", 0), empty, place)


def _first(found: QuerySet[Deal]) -> dict[int | None, list[Deal]]:
    """{stage: its first fifty}; one query for all columns."""
    order = [F("close_on").asc(nulls_last=True), F("id")]
    place = Window(RowNumber(), partition_by="pipeline_stage", order_by=order)
    ids = found.order_by().annotate(place=place).filter(place__lte=SIZE).values("pk")
    cards: dict[int | None, list[Deal]] = {}
    for deal in Deal.objects.filter(pk__in=ids).select_related("company", "owner__team", "person").order_by(*order):
        cards.setdefault(deal.pipeline_stage_id, []).append(deal)
    return cards


def _sums(found: QuerySet[Deal], by: str, currency: str) -> QuerySet:
    ours = Q(currency=currency)
    worth, elsewhere = Sum("amount", filter=ours), Count("id", filter=~ours & Q(amount__gt=0))
    return found.order_by().values(by).annotate(n=Count("id"), total=worth, elsewhere=elsewhere)


def shown(found: QuerySet[Deal], *, start: int = 0) -> list[Deal]:
    return list(found.select_related("company", "owner__team", "person")[start : start + SIZE])


def mark(
    deals: Sequence[Deal], *, today: date, steps: Mapping[int, dict[str, Any]], stuck: Mapping[int, Stall] | None = None
) -> None:
    """For the card: `late_days` past the closing date, 0 when there is time; `closes`, the date in words; `step`, what
    happens next, `step_late` whether it should have; `stall`, why it is stuck. `steps`: of `DEAL_PANELS`."""
    for deal in deals:
        late = (today - deal.close_on).days if deal.stage == DealStage.OPEN and deal.close_on else 0
        deal.late_days = max(0, late)  # type: ignore[attr-defined]
        step = steps.get(deal.pk)
        deal.step = step["what"] if step else deal.next_step  # type: ignore[attr-defined]
        deal.step_late = bool(step and step["late"])  # type: ignore[attr-defined]
        deal.closes = words.day_of(deal.close_on, today) if deal.close_on else ""  # type: ignore[attr-defined]
        deal.stall = (stuck or {}).get(deal.pk)  # type: ignore[attr-defined]
