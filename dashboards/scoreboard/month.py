"""Which month, and whose: read from the address, written back into it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from dashboards import arithmetic, sheet
from dashboards.filters import Filters, instant, parse
from revops.lib.errors import Invalid
from teams.models import Organisation

EARLIEST = date(1990, 1, 1)


def first_of(day: date, back: int = 0) -> date:
    """The first day of the month `back` months before `day`'s."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """`first`, `last`: days of the month. `today`: the local day of the as-of (the month's last day once it is over);
    None before the month has begun."""

    first: date
    last: date
    today: date | None
    filters: Filters

    @property
    def code(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def name(self) -> str:
        return f"{self.first:%B %Y}"

    @property
    def over(self) -> bool:
        return self.today == self.last

    @property
    def whole(self) -> bool:
        """Everybody's, from everywhere: what a promise of the whole company can be held against."""
        return self.filters.team is None and self.filters.owner is None and not self.filters.source

    @property
    def weekdays(self) -> int:
        return arithmetic.weekdays(self.first, self.last)

    @property
    def elapsed(self) -> int:
        """Weekdays gone, today's included."""
        return arithmetic.weekdays(self.first, self.today) if self.today else 0

    def href(self, path: str = "", *, month: date | None = None, **changes) -> str:
        """The address of the scoreboard, or of a page under it, with `changes`; None drops a key."""
        f = self.filters
        pairs = {"team": f.team, "owner": f.owner, "source": f.source or None,
                 "as_of": instant(f.as_of) if f.as_of else None} | changes  # fmt: skip
        query = urlencode({key: value for key, value in pairs.items() if value is not None})
        return f"/scoreboard/{month or self.first:%Y-%m}/{path}" + (f"?{query}" if query else "")

    def spanning(self, first: date, last: date) -> Filters:
        """The same question about other days, compared with nothing."""
        return replace(self.filters, start=first, end=last, compare="none")


def parse_month(text: str, today: date) -> date:
    """The first day; raises Invalid for what is no month of ours. Empty: this month."""
    if not text:
        return today.replace(day=1)
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, re.ASCII)
    day = date(int(found[1]), int(found[2]), 1) if found and found[1] > "0000" else None
    if day is None or not EARLIEST <= day <= first_of(today):
        raise Invalid("A month such as 2026-11, not after this one.", code="invalid", field="month")
    return day


def read(query: Mapping[str, str], month: str, *, now: datetime, organisation: Organisation) -> Asked:
    """Raises Invalid naming every key that cannot be read."""
    whose = {key: value for key, value in query.items() if key in {"team", "owner", "source", "as_of"}}
    read_ = parse(whose, zone=organisation.timezone, now=now)
    here = organisation.today((read_.as_of or now) - timedelta(microseconds=1))
    first = parse_month(month, organisation.today(now))
    last = first_of(first, -1) - timedelta(days=1)
    filters = replace(read_, start=first, end=last, compare="month")
    return Asked(first, last, min(here, last) if here >= first else None, filters)


def sheet_of(asked: Asked, *, now: datetime, organisation: Organisation) -> sheet.Sheet:
    return sheet.opened(asked.filters, now=now, organisation=organisation)
