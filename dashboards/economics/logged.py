"""Where a month's sales time went, by channel: the same rows as CAC counts."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime

from dashboards import sheet, told
from dashboards.filters import UNKNOWN, Filters
from marketing.models import Channel
from teams.models import Organisation


@dataclass(frozen=True, slots=True)
class Logged:
    """Minutes logged on touches and split of what nobody logged; `cost` in minor units."""

    name: str
    touches: int
    logged: int
    split: int
    cost: int
    href: str

    @property
    def hours(self) -> float:
        return self.logged / 60

    @property
    def split_hours(self) -> float:
        return self.split / 60

    @property
    def worth(self) -> float:
        return self.cost / 100


def by_channel(month: date, *, now: datetime, organisation: Organisation) -> list[Logged]:
    """Most time first; empty for a month nobody sold in."""
    last = month.replace(day=monthrange(month.year, month.month)[1])
    found = sheet.opened(
        Filters(month, last, organisation.timezone, compare="none"), now=now, organisation=organisation
    )
    names = {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    rows = []
    for code, piece in found.answer("cac").found.sources.items():
        minutes, logged = int(piece.sum("minutes")), int(piece.sum("logged"))
        if minutes:
            cost = int(piece.sum("touches") + piece.sum("hours"))
            href = told.rows_href(found, "cac", part="touches", source=code)
            rows.append(Logged(names.get(code, code), piece.n("touches"), logged, minutes - logged, cost, href))
    return sorted(rows, key=lambda row: (-row.logged - row.split, row.name))
