"""What a new customer costs, money and sales time together."""

from typing import Any

from dashboards import arithmetic
from dashboards.filters import Window
from dashboards.kpis import say
from dashboards.kpis.acquiring import ACQUISITION
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice
from revops.lib import words

COSTS = ("programme", "tools", "touches", "hours")
NARROWED = "spend belongs to channels: ask without an owner, a team or a size"


def cost(s: Slice) -> int | float:
    return sum(s.sum(name) for name in COSTS)


def unknown(s: Slice) -> str:
    """Why there is no cost; empty when it is known. A channel of sales or the product needs no spend of its own."""
    if s.givens.get("narrowed"):
        return NARROWED
    if not s.n("programme") and (s.n("bought") or not s.n("")):
        return "no spend entered"
    if not s.n("customers"):
        return f"0 new customers; {say.money(cost(s), s.currency)} spent"
    return ""


def parts_of_cost(s: Slice) -> str:
    """$30,000 programmes + $12,000 for 200 h of sales"""
    time = s.sum("touches") + s.sum("hours")
    said = [
        (s.sum("programme"), f"{say.money(s.sum('programme'), s.currency)} programmes"),
        (s.sum("tools"), f"{say.money(s.sum('tools'), s.currency)} tools"),
        (time, f"{say.money(time, s.currency)} for {hours_words(s.sum('minutes'))} of sales"),
    ]
    return " + ".join(text for amount, text in said if amount) or say.money(0, s.currency)


def hours_words(minutes: float) -> str:
    return f"{words.number(minutes / 60, 1).removesuffix('.0')} h"


def cac(s: Slice) -> Figure:
    """K16 of a slice: of one channel, or of all of them."""
    why, n = unknown(s), s.n("customers")
    media = arithmetic.ratio(s.sum("programme"), n) if s.n("programme") else None
    without = s.n("without-spend")
    notes = [f"{words.plural(without, 'customer')} came through channels without any spend entered."] if without else []
    if n and n < arithmetic.SMALL_SAMPLE:
        notes.append(f"{words.plural(n, 'customer')}, small sample.")
    return Figure(
        None if why else arithmetic.ratio(cost(s), n),
        formula=f"({parts_of_cost(s)}) ÷ {words.plural(n, 'new customer')}",
        na=why,
        beside=(
            Beside("media only", media, "money", na="no spend entered" if n else "0 new customers", part="programme"),
            Beside("spent in all", None if s.givens.get("narrowed") else cost(s), "money"),
            Beside("new customers", n, "count", part="customers"),
        ),
        notes=tuple(notes),
    )


def blended(s: Slice) -> Figure:
    """K17: everything over everybody; what was paid for beside."""
    why, n, paid = unknown(s), s.n("customers"), s.n("customers-paid")
    takes = s.of("sales-cycle").spread("won").median
    return Figure(
        None if why else arithmetic.ratio(cost(s), n),
        formula=f"{say.money(cost(s), s.currency)} sales and marketing ÷ {words.plural(n, 'new customer')}",
        na=why,
        beside=(
            Beside("paid channels", None if why else arithmetic.ratio(s.sum("paid"), paid), "money",
                   na="no customer of a paid channel", part="customers-paid"),
            Beside("customers of paid channels", paid, "count", part="customers-paid"),
        ),
        notes=(
            "Spend and customers of the same period"
            + (f"; a sale takes a median of {say.days(takes)} d, so late spend works for later customers."
               if takes else "."),
        ),
    )  # fmt: skip


def narrowed(sheet: Any, window: Window) -> dict[str, bool]:
    """Whether the reader asks about some people or companies, to whom no spend belongs."""
    return {"narrowed": sheet.owners is not None or bool(sheet.filters.segment)}


_KEPT = "NOT undated AND NOT foreign_money AND NOT rateless"
_CUSTOMER = "what = 'customer'"
_PARTS = {
    "customers": _CUSTOMER,
    "programme": "what = 'programme'",
    "tools": "what = 'tools'",
    "touches": "what = 'touch'",
    "hours": "what = 'hours'",
    "bought": "bought",
    "without-spend": f"{_CUSTOMER} AND bought AND NOT spent",
    "customers-paid": f"{_CUSTOMER} AND paid",
}
_NAMES = {
    "customers": "New customer", "programme": "Programme", "tools": "Tools", "touches": "Sales touch",
    "hours": "Hours not logged",
}  # fmt: skip
_SUMS = {
    "programme": f"CASE WHEN {_KEPT} AND what = 'programme' THEN cost END",
    "tools": f"CASE WHEN {_KEPT} AND what = 'tools' THEN cost END",
    "touches": f"CASE WHEN {_KEPT} AND what = 'touch' THEN cost END",
    "hours": f"CASE WHEN {_KEPT} AND what = 'hours' THEN cost END",
    "paid": f"CASE WHEN {_KEPT} AND paid THEN cost END",
    "minutes": f"CASE WHEN {_KEPT} THEN minutes END",
    "logged": f"CASE WHEN {_KEPT} AND what = 'touch' THEN minutes END",
}
_LEFT_OUT = {
    "undated": Excluded("undated", "won without dates of their own (import)"),
    "currency": Excluded("NOT undated AND foreign_money", "in another currency"),
    "rate": Excluded("NOT undated AND NOT foreign_money AND rateless", "of a role without an hourly rate"),
}
_COLUMNS = (("cost", "Cost", "money"), ("minutes", "Minutes", "count"))
_GRAIN = "an entry of spend, a sales touch, a month of hours, or a company's first win"
_HOW = (
    "Spend counts by the days of its month inside the period. Sales touches cost the minutes they took at the hourly "
    "rate of that day; tools, and hours nobody logged against a lead, are split by the days deals of each channel were "
    "open. A customer is a company's first new business; renewals are out."
)

KPIS = [
    Kpi(
        id="K16", key="cac", name="CAC by channel", unit="money", badge="profit", better="lower", grain=_GRAIN,
        population=ACQUISITION,
        definition="Programme spend + tools + sales hours × loaded rate ÷ new customers, each by the channel of first "
        f"touch. {_HOW}",
        rows=_KEPT, parts=_PARTS, part_names=_NAMES, sums=_SUMS, excluded=_LEFT_OUT, columns=_COLUMNS,
        givens=narrowed, measure=cac, by_source=True,
    ),
    Kpi(
        id="K17", key="cac-blended", name="Blended CAC", unit="money", badge="profit", better="lower", grain=_GRAIN,
        population=ACQUISITION,
        definition="All of sales and marketing ÷ all new customers; beside it the paid channels' own costs ÷ their "
        f"customers. {_HOW}",
        rows=_KEPT, parts=_PARTS, part_names=_NAMES, sums=_SUMS, excluded=_LEFT_OUT, columns=_COLUMNS,
        needs=("sales-cycle",), givens=narrowed, measure=blended,
    ),
]  # fmt: skip
