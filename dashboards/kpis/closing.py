"""What closed in the period: win rate, cycle length, deal size, and the days from first touch to won."""

from dashboards import arithmetic
from dashboards.kpis import say
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice, rate
from dashboards.kpis.populations import CLOSINGS, JOURNEYS, RENEWALS, SOLD
from revops.lib import words

DEAL = "one deal, by its closing date"
UNDATED = Excluded("undated", "no dates of their own (import)")
DEAL_COLUMNS = (("name", "Deal", "text"), ("company", "Company", "text"))


def win_rate(s: Slice) -> Figure:
    won, lost, undecided = s.n("won"), s.n("lost"), s.n("no_decision")
    broad = arithmetic.ratio(won, won + lost + undecided)
    return rate(
        won, won + lost,
        none="0 won or lost in this period",
        formula=f"{words.number(won)} won ÷ ({words.number(won)} won + {words.number(lost)} lost); "
        f"{words.number(undecided)} no decision",
        beside=(Beside("broad", broad, "share"),),
    )  # fmt: skip


def win_rate_by_value(s: Slice) -> Figure:
    won, closed = s.sum("won"), s.sum("closed")
    value = arithmetic.ratio(won, closed)
    return Figure(
        value,
        formula=f"{say.money(won, s.currency)} won ÷ {say.money(closed, s.currency)} closed",
        na="" if value is not None else "0 won or lost with an amount in this period",
    )


def cycle(s: Slice) -> Figure:
    won, lost = s.spread("won"), s.spread("lost")
    return Figure(
        won.median,
        formula=f"median of {words.plural(won.n, 'win')}, opened to won; mean {say.days(won.mean)} d",
        na="" if won.n else "0 won in this period",
        n=won.n,
        beside=(
            Beside("90th percentile", won.p90, "days"),
            Beside("mean", won.mean, "days"),
            Beside("lost deals, median", lost.median, "days", na="" if lost.n else "0 lost", part="lost"),
        ),
    )


def won_cycle(s: Slice) -> Figure:
    won = s.spread("won")
    return Figure(
        won.median,
        formula=f"median of {words.plural(won.n, 'win')}; mean {say.days(won.mean)} d",
        na="" if won.n else "0 won in this period",
        n=won.n,
        beside=(Beside("mean", won.mean, "days"),),
    )


def won_amount(s: Slice) -> Figure:
    return Figure(s.sum("won"), formula=words.plural(s.n(""), "win"), n=0)


def deal_size(s: Slice) -> Figure:
    won = s.spread("amount")
    return Figure(
        won.mean,
        formula=f"{say.money(s.sum('won'), s.currency)} ÷ {words.plural(won.n, 'win')}"
        + (f"; median {say.money(won.median, s.currency)}" if won.median is not None else ""),
        na="" if won.n else "0 won with an amount in this period",
        n=won.n,
        beside=(Beside("median", won.median, "money"),),
    )


def journey(s: Slice) -> Figure:
    known = s.spread("journey")
    return Figure(
        known.median,
        formula=f"median of {words.plural(known.n, 'win')}, first touch to won; mean {say.days(known.mean)} d",
        na="" if known.n else "0 won with a known first touch in this period",
        n=known.n,
        beside=(Beside("90th percentile", known.p90, "days"), Beside("mean", known.mean, "days")),
    )


_FOREIGN = Excluded(f"{SOLD} AND foreign_money", "in another currency")
_NEW = "NOT undated AND business = 'new'"

KPIS = [
    Kpi(
        id="K04", key="win-rate", name="Win rate", unit="share", badge="profit", grain=DEAL, population=CLOSINGS,
        definition="Won ÷ (won + lost) of the deals closed in the period. “No decision” stands apart: "
        "the broad rate counts it as not won.",
        rows=SOLD,
        parts={"won": "result = 'won'", "lost": "result = 'lost'", "no_decision": "result = 'no_decision'"},
        part_names={"won": "Won", "lost": "Lost", "no_decision": "No decision"},
        excluded={"undated": UNDATED, "renewal": RENEWALS},
        measure=win_rate, by_source=True, over_time=True,
    ),
    Kpi(
        id="K06", key="win-rate-by-value", name="Win rate by value", unit="share", badge="profit", grain=DEAL,
        population=CLOSINGS,
        definition="Amount won ÷ amount won and lost, of the deals closed in the period. Read it beside the rate by "
        "count.",
        rows=f"{SOLD} AND priced AND result <> 'no_decision'",
        parts={"won": "result = 'won'", "lost": "result = 'lost'"},
        sums={"won": f"CASE WHEN {SOLD} AND result = 'won' THEN amount END",
              "closed": f"CASE WHEN {SOLD} AND result <> 'no_decision' THEN amount END"},
        excluded={"undated": UNDATED, "renewal": RENEWALS, "currency": _FOREIGN,
                  "amount": Excluded(f"{SOLD} AND NOT foreign_money AND NOT priced "
                                     "AND result <> 'no_decision'", "without an amount")},
        measure=win_rate_by_value, by_source=True,
    ),
    Kpi(
        id="K03", key="sales-cycle", name="Sales cycle", unit="days", better="lower", badge="profit", grain=DEAL,
        population=CLOSINGS,
        definition="Days from the opening of a deal to its win, of the deals won in the period; lost ones are "
        "shown beside, never inside.",
        rows=f"{SOLD} AND timed AND result IN ('won', 'lost')",
        parts={"won": "result = 'won'", "lost": "result = 'lost'"},
        spreads={"won": ("cycle", f"{SOLD} AND result = 'won' AND cycle IS NOT NULL"),
                 "lost": ("cycle", f"{SOLD} AND result = 'lost' AND cycle IS NOT NULL")},
        excluded={"undated": UNDATED, "renewal": RENEWALS,
                  "order": Excluded(f"{SOLD} AND NOT timed", "closed before they were opened (import)")},
        columns=(("cycle", "Days", "days"),),
        measure=cycle,
    ),
    Kpi(
        id="K23", key="average-deal-size", name="Average deal size", unit="money", badge="profit", grain=DEAL,
        population=CLOSINGS,
        definition="Mean net yearly value of the new business won in the period: what recurs in a year where products "
        "are on the deal, else its amount. Deals without one are left out. The median stands beside it.",
        rows=f"{_NEW} AND result = 'won' AND valued",
        sums={"won": f"CASE WHEN {_NEW} AND result = 'won' AND yearly > 0 THEN yearly END"},
        spreads={"amount": ("yearly", f"{_NEW} AND result = 'won' AND yearly > 0")},
        excluded={"undated": UNDATED,
                  "business": Excluded("NOT undated AND result = 'won' AND business <> 'new'",
                                       "renewals and expansions"),
                  "currency": Excluded(f"{_NEW} AND result = 'won' AND foreign_money", "in another currency"),
                  "amount": Excluded(f"{_NEW} AND result = 'won' AND NOT foreign_money AND NOT valued",
                                     "without an amount")},
        columns=(("yearly", "A year", "money"),),
        measure=deal_size,
    ),
    Kpi(
        id="K34", key="cycle-by-source", name="Sales cycle by source", unit="days", better="lower",
        badge="diagnostic", grain=DEAL, population=CLOSINGS,
        definition="Median days from the opening of a deal to its win, of the deals won in the period, by the source "
        "of the first touch. Sources under 20 wins are small samples.",
        rows=f"{SOLD} AND timed AND result = 'won'",
        spreads={"won": ("cycle", f"{SOLD} AND result = 'won' AND cycle IS NOT NULL")},
        excluded={"undated": UNDATED, "renewal": RENEWALS,
                  "order": Excluded(f"{SOLD} AND result = 'won' AND NOT timed",
                                    "closed before they were opened (import)")},
        columns=(("cycle", "Days", "days"),),
        measure=won_cycle, by_source=True, spread_sources=True,
    ),
    Kpi(
        id="P02", key="won-amount", name="Won revenue", unit="money", badge="goal", grain=DEAL, population=CLOSINGS,
        definition="Amounts of the deals won in the period, added up; renewals are left out.",
        rows=f"{SOLD} AND result = 'won' AND priced",
        sums={"won": f"CASE WHEN {SOLD} AND result = 'won' AND amount > 0 THEN amount END"},
        excluded={"undated": UNDATED, "renewal": RENEWALS,
                  "currency": Excluded(f"{SOLD} AND result = 'won' AND foreign_money", "in another currency"),
                  "amount": Excluded(f"{SOLD} AND result = 'won' AND NOT foreign_money AND NOT priced",
                                     "without an amount")},
        measure=won_amount, by_source=True,
    ),
    Kpi(
        id="K02", key="pipeline-velocity-days", name="First touch to won", unit="days", better="lower", badge="profit",
        grain=DEAL, population=JOURNEYS,
        definition="Days from the first touch of anybody in the buying group to the win, of the deals won in the "
        "period. "
        "Touches before a silence of 365 days don't count. Medians of steps don't add up to it.",
        rows=f"{SOLD} AND known",
        spreads={"journey": ("journey", f"{SOLD} AND journey IS NOT NULL")},
        excluded={"undated": UNDATED, "renewal": RENEWALS,
                  "touch": Excluded(f"{SOLD} AND NOT known", "no touch and no lead on record")},
        columns=(("journey", "Days", "days"),),
        measure=journey,
    ),
]  # fmt: skip
