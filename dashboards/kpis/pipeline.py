"""What is open, what was opened, and the money a day that follows."""

from dashboards import arithmetic
from dashboards.kpis import say
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice, rate
from dashboards.kpis.populations import OPENINGS, PIPELINE, RENEWALS, SOLD
from revops.lib import words

OPENED = "one deal, by the day it was opened"


def velocity(s: Slice) -> Figure:
    won, lost, opened = s.n("won"), s.n("lost"), s.n("open")
    win = arithmetic.ratio(won, won + lost)
    size = arithmetic.ratio(s.sum("won"), s.n("won_known"))
    cycle = arithmetic.ratio(s.sum("days"), s.n("timed"))
    value = arithmetic.velocity_money(opened, win, size, cycle)
    if value is None:
        why = "0 won or lost in the last 12 months"
        if win is not None:
            why = "wins take 0 days: no cycle to divide by" if size else "no win with an amount in the last 12 months"
        return Figure(None, na=why)
    return Figure(
        value,
        formula=f"{words.number(opened)} open × {say.share(win)} won in 12 months × {say.money(size, s.currency)} "
        f"÷ {say.days(cycle)} d",
        n=won + lost,
    )


def open_pipeline(s: Slice) -> Figure:
    return Figure(
        s.sum("open"),
        formula=f"{words.plural(s.n('open'), 'open deal')}",
        n=s.n("open"),
        beside=(Beside("open deals", s.n("open"), "count", part="open"),),
    )


def generated(s: Slice) -> Figure:
    drift = s.sum("now") - s.sum("then")
    return Figure(
        s.sum("then"),
        formula=f"{words.plural(s.n('opened'), 'deal')} opened, amounts as they stood at the end of the period",
        n=s.n("opened"),
        beside=(Beside("changed since", drift, "money"),),
    )


def per_mql(s: Slice) -> Figure:
    made, n = s.of("pipeline-generated").sum("then"), s.of("mql-volume").n("handed")
    return Figure(
        arithmetic.ratio(made, n),
        formula=f"{say.money(made, s.currency)} ÷ {words.plural(n, 'MQL')}",
        na="" if n else "0 MQLs in this period",
        n=n,
        beside=(Beside("MQLs", n, "count"),),
    )


def sales_accepted(s: Slice) -> Figure:
    return Figure(
        s.sum("accepted"),
        formula=f"{words.plural(s.n('accepted'), 'deal')} from accepted, marketing-sourced leads, opened in the period",
        n=s.n("accepted"),
    )


def created_cohort(s: Slice) -> Figure:
    won, lost, still = s.n("won"), s.n("lost") + s.n("no_decision"), s.n("open")
    n = won + lost + still
    return rate(
        won, n,
        none="0 opened in this period",
        formula=f"{words.number(won)} won ÷ {words.number(n)} opened; {words.number(still)} still open",
        beside=(
            Beside("still open", arithmetic.ratio(still, n), "share", part="open"),
            Beside("of those closed", arithmetic.ratio(won, won + lost), "share"),
        ),
    )  # fmt: skip


_UNDATED = Excluded("undated", "no dates of their own (import)")
_LIVE = "business <> 'renewal' AND (state = 'open' OR NOT undated)"
_OPEN = "state = 'open' AND business <> 'renewal'"
_RENEWALS = Excluded("business = 'renewal' AND (state = 'open' OR NOT undated)", "renewals")
_CLOSED_UNDATED = Excluded("undated AND state <> 'open'", "closed without dates of their own (import)")

KPIS = [
    Kpi(
        id="K01", key="pipeline-velocity", name="Pipeline velocity", unit="money_per_day", badge="profit",
        grain="deals open at the as-of, and those closed in the 12 months before", population=PIPELINE,
        definition="Open deals × win rate × average won amount ÷ average days from opened to won, in money a day. "
        "The open deals are those of now; the other three look back 12 months.",
        rows=_LIVE,
        parts={"open": "state = 'open'", "won": "state = 'won'", "lost": "state = 'lost'",
               "no_decision": "state = 'no_decision'", "won_known": "state = 'won' AND priced",
               "timed": "state = 'won' AND timed"},
        part_names={"open": "Open", "won": "Won", "lost": "Lost", "no_decision": "No decision"},
        sums={"won": f"CASE WHEN {SOLD} AND state = 'won' AND amount > 0 THEN amount END",
              "days": f"CASE WHEN {SOLD} AND state = 'won' THEN cycle END"},
        excluded={"undated": _CLOSED_UNDATED, "renewal": _RENEWALS},
        measure=velocity,
    ),
    Kpi(
        id="P01", key="open-pipeline", name="Open pipeline", unit="money", badge="goal",
        grain="one deal open at the as-of", population=PIPELINE,
        definition="Amounts of all deals open at the as-of, added up.",
        rows=_OPEN,
        parts={"open": "state = 'open'"},
        sums={"open": f"CASE WHEN {_OPEN} THEN amount END"},
        excluded={"renewal": Excluded("state = 'open' AND business = 'renewal'", "renewals"),
                  "currency": Excluded(f"{_OPEN} AND foreign_money", "in another currency"),
                  "amount": Excluded(f"{_OPEN} AND NOT foreign_money AND NOT priced", "without an amount")},
        measure=open_pipeline,
    ),
    Kpi(
        id="K12", key="pipeline-generated", name="Pipeline generated", unit="money", badge="goal", grain=OPENED,
        population=OPENINGS,
        definition="Amounts of the deals opened in the period as they stood at its end; later edits don't rewrite it "
        "and are shown beside.",
        rows=f"{SOLD} AND NOT foreign_money",
        parts={"opened": "true"},
        sums={"then": f"CASE WHEN {SOLD} THEN amount_then END", "now": f"CASE WHEN {SOLD} THEN amount END"},
        excluded={"undated": _UNDATED, "renewal": RENEWALS,
                  "currency": Excluded(f"{SOLD} AND foreign_money", "in another currency")},
        columns=(("amount_then", "Amount then", "money"),),
        measure=generated, by_source=True,
    ),
    Kpi(
        id="K39", key="pipeline-per-mql", name="Pipeline per MQL", unit="money", badge="diagnostic", grain=OPENED,
        population=OPENINGS,
        definition="Pipeline generated in the period ÷ leads that became an MQL in it: many leads are not much value.",
        rows=f"{SOLD} AND NOT foreign_money",
        excluded={"undated": _UNDATED, "renewal": RENEWALS,
                  "currency": Excluded(f"{SOLD} AND foreign_money", "in another currency")},
        columns=(("amount_then", "Amount then", "money"),),
        measure=per_mql, by_source=True, needs=("pipeline-generated", "mql-volume"),
    ),
    Kpi(
        id="K15", key="sales-accepted-pipeline", name="Sales-accepted pipeline", unit="money", badge="goal",
        grain=OPENED, population=OPENINGS,
        definition="Amounts of the deals opened in the period from accepted leads that marketing sourced. Deals that "
        "sales or the product sourced, or whose lead was rejected, are out.",
        rows=f"{SOLD} AND sales_accepted AND NOT foreign_money",
        parts={"accepted": "true"},
        sums={"accepted": f"CASE WHEN {SOLD} AND sales_accepted THEN amount_then END"},
        excluded={"undated": _UNDATED, "renewal": RENEWALS,
                  "currency": Excluded(f"{SOLD} AND sales_accepted AND foreign_money", "in another currency")},
        columns=(("amount_then", "Amount then", "money"),),
        measure=sales_accepted,
    ),
    Kpi(
        id="K05", key="win-rate-cohort", name="Win rate of deals opened", unit="share", badge="diagnostic",
        grain=OPENED, population=OPENINGS,
        definition="Won ÷ opened, of the deals opened in the period and as far as they have come. While many are still "
        "open it says little.",
        rows=SOLD,
        parts={"won": "state = 'won'", "lost": "state = 'lost'", "no_decision": "state = 'no_decision'",
               "open": "state = 'open'"},
        part_names={"open": "Open", "won": "Won", "lost": "Lost", "no_decision": "No decision"},
        excluded={"undated": _UNDATED, "renewal": RENEWALS},
        measure=created_cohort,
    ),
]  # fmt: skip
