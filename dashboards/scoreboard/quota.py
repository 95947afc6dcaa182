"""How many qualified leads a quarter needs (K30): derived from what was committed, and from what is measured today."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dashboards import arithmetic, sheet, told
from dashboards.filters import Filters
from dashboards.kpis import say
from dashboards.kpis.base import Figure
from dashboards.scoreboard.month import first_of
from revops.lib import words
from revops.lib.errors import Invalid
from sla.models import Commitment
from teams.models import Organisation

YEAR, RIPE = timedelta(days=365), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Money in minor units; `rate`: SQLs that become a deal, of one."""

    revenue: int
    deal_size: int
    rate: Fraction
    currency: str

    @property
    def needed(self) -> int:
        return arithmetic.marketing_quota(self.revenue, self.deal_size, self.rate)

    @property
    def months(self) -> list[int]:
        return arithmetic.by_month(self.needed)

    def month(self, first: date) -> int:
        return self.months[(first.month - 1) % 3]

    @property
    def sentence(self) -> str:
        """$2.0M ÷ $50,000 ÷ 25% = 160 SQLs a quarter, 54 + 53 + 53."""
        target = words.money_short(Decimal(self.revenue) / 100, self.currency)
        months = " + ".join(words.number(n) for n in self.months)
        derived = f"{target} ÷ {say.money(self.deal_size, self.currency)} ÷ {_percent(self.rate)}"
        return f"{derived} = {words.number(self.needed)} SQLs a quarter, {months}."

    def as_json(self) -> dict[str, Any]:
        return {"revenue": self.revenue, "currency": self.currency, "deal_size": self.deal_size,
                "rate": str(say.exact(self.rate, 6))}  # fmt: skip


def _percent(rate: Fraction) -> str:
    return words.share(say.exact(rate, 9)).replace(".0%", "%")


def check(inputs: Inputs) -> Inputs:
    """Raises Invalid naming what makes no sense of a quota."""
    for name, good, sentence in (
        ("revenue", 0 < inputs.revenue <= 10**14, "A target of more than nothing."),
        ("deal_size", 0 < inputs.deal_size <= 10**13, "A deal size of more than nothing."),
        ("rate", 0 < inputs.rate <= 1, "A rate above 0% and at most 100%."),
    ):
        if not good:
            raise Invalid(sentence, code="out_of_range", field=name)
    if inputs.needed > 1_000_000:
        raise Invalid("That is more than a million SQLs: look again.", code="out_of_range", field="revenue")
    return inputs


def committed(row: Commitment | None) -> Inputs | None:
    """What a volume promise was derived from; None without one."""
    if row is None or not row.inputs.get("deal_size") or not row.inputs.get("rate"):
        return None
    return Inputs(int(row.inputs["revenue"]), int(row.inputs["deal_size"]), Fraction(str(row.inputs["rate"])),
                  row.inputs.get("currency", "USD"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """What the system itself sees, the whole company's: `rate` of SQLs of a year that are 90 days old, `young` of those
    that are not, `lag` days from SQL to deal (median), `size` of the deals won in a year (minor units)."""

    rate: Figure
    young: Figure
    size: Figure
    lag: float | None
    rate_href: str
    young_href: str
    size_href: str

    @property
    def rate_words(self) -> str:
        if self.rate.value is None:
            return f"n/a: {self.rate.na}"
        return told.small_words(self.rate) or say.share(self.rate.value)


def measured(*, now: datetime, today: date, organisation: Organisation, as_of: datetime | None = None) -> Measured:
    """Three scans of the sheet: SQLs that are old enough, those that are not, and a year of wins."""
    edge = today - RIPE

    def of(start: date, end: date) -> sheet.Sheet:
        filters = Filters(start, end, organisation.timezone, compare="none", as_of=as_of)
        return sheet.opened(filters, now=now, organisation=organisation)

    old, young, wins = of(edge - YEAR, edge - timedelta(days=1)), of(edge, today), of(today - YEAR, today)
    rate, fresh, size = old.answer("sql-to-deal"), young.answer("sql-to-deal"), wins.answer("average-deal-size")
    return Measured(
        rate.figure, fresh.figure, size.figure, rate.found.now.spread("lag").median,
        told.rows_href(old, "sql-to-deal"), told.rows_href(young, "sql-to-deal"),
        told.rows_href(wins, "average-deal-size"),
    )  # fmt: skip


def sensitivity(inputs: Inputs, seen: Measured) -> str:
    """At today's 23.8% it would be 169."""
    if seen.rate.value is None or seen.rate.small or not seen.rate.value:
        return f"Today's rate is not known well enough to compare: {seen.rate_words}."
    now = Inputs(inputs.revenue, inputs.deal_size, Fraction(seen.rate.value), inputs.currency)
    return f"At today's {say.share(seen.rate.value)} it would be {words.number(now.needed)}."


def lead_time(seen: Measured) -> str:
    """How much earlier the leads must come."""
    if seen.lag is None:
        return ""
    return f"An SQL takes {say.days(seen.lag)} days (median) to become a deal, so leads must come that much earlier."


def quarter_of(first: date) -> date:
    """The first day of the quarter a month lies in."""
    return first_of(first, (first.month - 1) % 3)
