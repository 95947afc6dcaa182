"""Spend as a grid: a row a channel and each of its campaigns, a column a month."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Case, F, Sum, Value, When

from marketing.models import Campaign, Channel, Spend
from marketing.spend import HAND, cell

SHOWN = 6  # months


@dataclass(slots=True)
class Cell:
    """Minor units: in all, typed by hand into this cell (None: nothing typed), told by others under keys of theirs."""

    hand: int | None = None
    others: int = 0

    @property
    def total(self) -> int | None:
        return None if self.hand is None and not self.others else (self.hand or 0) + self.others

    @property
    def worth(self) -> Decimal | None:
        return None if self.total is None else major(self.total)

    @property
    def elsewhere(self) -> Decimal:
        return major(self.others)

    @property
    def typed(self) -> str:
        """As somebody would type it: 12000 · 12000.50"""
        return "" if self.hand is None else str(major(self.hand)).removesuffix(".00")


@dataclass(slots=True)
class Line:
    name: str
    channel: str | None
    campaign: int | None = None
    cells: list[Cell] = field(default_factory=list)

    @property
    def field(self) -> str:
        """The name of its input."""
        return " ".join(str(part) for part in ("cell", self.channel or "tools", self.campaign) if part is not None)

    @property
    def anchor(self) -> str:
        return self.field.replace(" ", "-")


@dataclass(slots=True)
class Grid:
    """`totals` a month; `foreign`: (amount, currency) of the months shown that are in no sum; both in whole units."""

    months: list[date]
    lines: list[Line]
    totals: list[Decimal]
    foreign: list[tuple[Decimal, str]]


def major(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def months_to(month: date, n: int = SHOWN) -> list[date]:
    """`n` first days, the last one `month`."""
    number = month.year * 12 + month.month - 1
    return [date(m // 12, m % 12 + 1, 1) for m in range(number - n + 1, number + 1)]


def of(month: date, *, currency: str) -> Grid:
    """The months up to `month`. Three queries."""
    months = months_to(month)
    sums: dict[tuple, Cell] = defaultdict(Cell)
    foreign: dict[str, int] = defaultdict(int)
    campaigns: dict[int, str] = {}
    by = ("channel_id", "campaign_id", "campaign__name", "month", "currency", "typed")
    kept = Spend.objects.filter(month__range=(months[0], months[-1])).order_by()
    typed = Case(When(source=HAND, then=F("key")), default=Value(""))
    for channel, campaign, name, of_month, code, key, amount in (
        kept.annotate(typed=typed).values_list(*by).annotate(Sum("amount"))
    ):  # fmt: skip
        if code != currency:
            foreign[code] += amount
            continue
        found = sums[channel, campaign, of_month]
        if key == cell(of_month, channel, campaign):
            found.hand = amount
        else:
            found.others += amount
        if campaign:
            campaigns[campaign] = name
    lines = []
    for code, name in [*Channel.objects.values_list("code", "name"), (None, "Tools for all channels")]:
        own = sorted({c for ch, c, _ in sums if ch == code and c is not None}, key=lambda c: campaigns[c])
        lines += [Line(name, code), *(Line(campaigns[c], code, c) for c in own)]
    for line in lines:
        line.cells = [sums.get((line.channel, line.campaign, m), Cell()) for m in months]
    totals = [major(sum(line.cells[i].total or 0 for line in lines)) for i in range(len(months))]
    return Grid(months, lines, totals, [(major(amount), code) for code, amount in sorted(foreign.items())])


def addable(grid: Grid) -> list[Campaign]:
    """Campaigns of a channel that have no row yet, newest first."""
    there = [line.campaign for line in grid.lines if line.campaign]
    return list(Campaign.objects.exclude(channel=None).exclude(pk__in=there).order_by("-pk")[:200])


def later(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
