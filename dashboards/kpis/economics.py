"""What a customer brings over their life, against what they cost: LTV, LTV : CAC, payback."""

from fractions import Fraction
from typing import Any

from dashboards import arithmetic
from dashboards.economics import lifetime
from dashboards.filters import Window
from dashboards.kpis import acquisition, say
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice
from dashboards.kpis.living import LIVES
from revops.lib import words
from teams.models import Organisation

TARGET = 3
NO_MARGIN = "no gross margin entered"
NOBODY = "no customer pays anything monthly yet"


def margin(sheet: Any, window: Window) -> dict[str, Fraction | None]:
    percent = Organisation.get().gross_margin
    return {"margin": None if percent is None else Fraction(percent) / 100}


def unspent(sheet: Any, window: Window) -> dict[str, int]:
    """How many channels brought customers without spend: their customers cost nothing in the whole."""
    sources = sheet.answer("cac").found.sources.values()
    return {"unspent": sum(bool(piece.n("without-spend")) for piece in sources)}


def monthly(s: Slice) -> Fraction | None:
    """What a paying customer pays a month, in minor units."""
    return arithmetic.ratio(Fraction(s.sum("mrr")), s.n("paying"))


def churn(s: Slice) -> Fraction | None:
    """Leavings a customer-month."""
    return arithmetic.ratio(Fraction(s.sum("leavings")), Fraction(s.sum("months")))


def life(s: Slice) -> lifetime.Lifetime | None:
    arpa, share, left = monthly(s), s.givens.get("margin"), churn(s)
    if arpa is None or share is None or left is None:
        return None
    return lifetime.value(arpa, share, left, customers=s.n(""))


def ltv(s: Slice) -> Figure:
    """K18, and K38 of one channel."""
    arpa, left, found, share = monthly(s), churn(s), life(s), s.givens.get("margin")
    if found is None:
        return Figure(None, na=NO_MARGIN if share is None else NOBODY)
    assert arpa is not None and left is not None and share is not None
    worth = f"{say.money(arpa, s.currency)} a month × {words.share(say.exact(share, 9))} margin"
    leave = f"{words.share(say.exact(left, 9), 2)} leaving a month"
    short = found.months == lifetime.CAP
    return Figure(
        found.value,
        formula=f"{worth} × {lifetime.CAP} months" if short else f"{worth} ÷ {leave}",
        n=s.n(""),
        beside=(
            Beside(f"within {lifetime.CAP} months", found.first_60, "money"),
            Beside("a customer pays a month", arpa, "money", part="paying"),
            Beside("leave a month", left, "share", part="went"),
            Beside("paying customers", s.n("paying"), "count", part="paying"),
        ),
        notes=(f"A life counts for at most {lifetime.CAP} months here: {found.why}.",) if found.why else (),
    )


def against_cost(s: Slice) -> Figure:
    """K19."""
    mine, cost = s.of("ltv"), s.of("cac")
    worth, price = ltv(mine), acquisition.cac(cost)
    value = None if worth.value is None or not price.value else Fraction(worth.value) / Fraction(price.value)
    without = s.givens.get("unspent", 0) if cost.n("without-spend") else 0
    said = f"; {words.plural(without, 'channel')} without spend" if without else ""
    return Figure(
        value,
        formula=""
        if value is None
        else f"{say.money(worth.value, s.currency)} ÷ {say.money(price.value, s.currency)}{said}",
        na="" if value is not None else worth.na or price.na or "customers cost nothing",
        beside=(
            Beside("target", TARGET, "ratio"),
            Beside("LTV", worth.value, "money", na=worth.na),
            Beside("CAC", price.value, "money", na=price.na),
        ),
        notes=worth.notes + price.notes,
    )


def payback(s: Slice) -> Figure:
    """K20."""
    mine, price = s.of("ltv"), acquisition.cac(s.of("cac"))
    arpa, share = monthly(mine), mine.givens.get("margin")
    why = price.na or (NO_MARGIN if share is None else "" if arpa else NOBODY)
    if why or not arpa or share is None:
        return Figure(None, na=why)
    month = arpa * share
    return Figure(
        Fraction(price.value or 0) / month,
        formula=f"{say.money(price.value or 0, s.currency)} ÷ ({say.money(arpa, s.currency)} a month × "
        f"{words.share(say.exact(share, 9))} margin)",
        beside=(Beside("margin a month", month, "money"), Beside("CAC", price.value, "money")),
        notes=price.notes,
    )


_PARTS = {"paying": "paying", "went": "went"}
_NAMES = {"paying": "Pays", "went": "Left in the 12 months"}
_SUMS = {
    "mrr": "CASE WHEN NOT foreign_money AND paying THEN mrr END",
    "months": "CASE WHEN NOT foreign_money THEN months END",
    "leavings": "CASE WHEN NOT foreign_money THEN leavings END",
}
_COLUMNS = (("mrr", "A month, now", "money"), ("months", "Months paid", "months"), ("leavings", "Left", "count"))
_OUT = {"currency": Excluded("foreign_money", "in another currency")}
_GRAIN = "one customer that paid at any time in the 12 months up to the as-of"
_LIFE = (
    "What a paying customer pays a month × gross margin ÷ the share of customers that leaves a month, counted over the "
    "12 months up to the as-of. With nobody leaving, or fewer than 20 customers, a life counts for at most 60 months."
)
_KEPT = "NOT foreign_money"

KPIS = [
    Kpi(
        id="K18", key="ltv", name="Lifetime value", unit="money", badge="profit", grain=_GRAIN, population=LIVES,
        definition=_LIFE,
        rows=_KEPT, parts=_PARTS, part_names=_NAMES, sums=_SUMS, excluded=_OUT, columns=_COLUMNS,
        givens=margin, measure=ltv, by_source=True,
    ),
    Kpi(
        id="K19", key="ltv-cac", name="LTV : CAC", unit="ratio", badge="profit", grain=_GRAIN, population=LIVES,
        definition="Lifetime value (K18) ÷ cost of a new customer (K16), of the same channel. The target is 3 or more.",
        rows=_KEPT, parts=_PARTS, part_names=_NAMES, sums=_SUMS, excluded=_OUT, columns=_COLUMNS,
        needs=("ltv", "cac"), givens=unspent, measure=against_cost, by_source=True,
    ),
    Kpi(
        id="K20", key="cac-payback", name="CAC payback", unit="months", badge="profit", better="lower", grain=_GRAIN,
        population=LIVES,
        definition="Months until a customer's gross margin has paid for winning them: CAC (K16) ÷ (what a customer "
        "pays a month × gross margin).",
        rows=_KEPT, parts=_PARTS, part_names=_NAMES, sums=_SUMS, excluded=_OUT, columns=_COLUMNS,
        needs=("ltv", "cac"), measure=payback, by_source=True,
    ),
    Kpi(
        id="K38", key="ltv-by-channel", name="LTV by channel", unit="money", badge="diagnostic", grain=_GRAIN,
        population=LIVES,
        definition=f"{_LIFE} Of the customers whose first deal came from that channel by first touch.",
        rows=_KEPT, parts=_PARTS, part_names=_NAMES, sums=_SUMS, excluded=_OUT, columns=_COLUMNS,
        givens=margin, measure=ltv, by_source=True,
    ),
]  # fmt: skip
