"""Whether customers stay, and whether they pay more or less: net and gross revenue retention, logos, MRR movements."""

from customers.models import ChurnReason
from dashboards import arithmetic
from dashboards.kpis import say
from dashboards.kpis.accounts import ACCOUNTS, CHANGES
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice, rate
from revops.lib import words

MINUS = words.MINUS
PAYING = "one customer that paid when the period began"
_STAYED = "state IN ('more', 'less', 'same')"
_BASE = f"NOT foreign_money AND (state = 'gone' OR {_STAYED})"
_LATER = {
    "currency": Excluded("foreign_money", "in another currency"),
    "new": Excluded("NOT foreign_money AND state IN ('new', 'back')", "new or back in the period"),
}
_COLUMNS = (("mrr_start", "A month, at the start", "money"), ("mrr_end", "A month, at the end", "money"))
NONE = "0 customers paid when the period began"
MOVES = (("new", "New"), ("reactivation", "Back"), ("expansion", "More"), ("contraction", "Less"), ("churn", "Gone"))


def net(s: Slice) -> Figure:
    start, more, less, gone = s.sum("start"), s.sum("more"), s.sum("less"), s.sum("gone")
    value = arithmetic.ratio(start + more - less - gone, start)
    began = say.money(start, s.currency)
    return Figure(
        value,
        formula=f"({began} + {say.money(more, s.currency)} {MINUS} {say.money(less, s.currency)} "
        f"{MINUS} {say.money(gone, s.currency)}) ÷ {began}",
        na="" if value is not None else NONE,
        n=s.n(""),
        beside=(
            Beside("gross", arithmetic.ratio(start - less - gone, start), "share", na=NONE),
            Beside("a month at the start", start, "money"),
            Beside("a month at the end, of the same", start + more - less - gone, "money"),
        ),
    )


def logos(s: Slice) -> Figure:
    gone, n = s.n("gone"), s.n("")
    return rate(
        n - gone, n,
        none=NONE,
        formula=f"1 {MINUS} {words.number(gone)} gone ÷ {words.number(n)} at the start",
        beside=(Beside("gone", gone, "count", part="gone"),),
    )  # fmt: skip


def movements(s: Slice) -> Figure:
    total = sum(s.sum(kind) for kind, _ in MOVES)
    said = " ".join(f"{MINUS if s.sum(kind) < 0 else '+'} {say.money(abs(s.sum(kind)), s.currency)} {word.lower()}"
                    for kind, word in MOVES if s.n(kind))  # fmt: skip
    return Figure(
        total,
        formula=f"{words.plural(s.n(''), 'change')} in the period" + (f": {said}" if said else ""),
        n=0,
        beside=tuple(Beside(word.lower(), s.sum(kind), "money", part=kind) for kind, word in MOVES),
    )


# Why they left, as whoever wrote it down said; nothing said is a reason of its own.
REASONS = (*((reason.value, str(reason.label)) for reason in ChurnReason), ("unsaid", "No reason given"))
_WHY = {f"churn.{reason}": f"kind = 'churn' AND reason = '{'' if reason == 'unsaid' else reason}'"
        for reason, _ in REASONS}  # fmt: skip


def recurring(s: Slice) -> Figure:
    return Figure(
        s.sum("all_end"),
        formula=f"{words.plural(s.n('paying'), 'customer')} at the end of the period",
        beside=(Beside("at its start", s.sum("all_start"), "money"),),
    )


KPIS = [
    Kpi(
        id="K21", key="net-revenue-retention", name="Net revenue retention", unit="share", badge="profit",
        grain=PAYING, population=ACCOUNTS,
        definition="Of the customers that paid when the period began: what they pay a month when it ends ÷ what they "
        "paid then. New and returned customers are not in it. Gross counts each at most at what it paid at the start, "
        "so it never exceeds 100%.",
        rows=_BASE,
        parts={"more": "state = 'more'", "less": "state = 'less'", "gone": "state = 'gone'", "same": "state = 'same'"},
        part_names={"more": "Pays more", "less": "Pays less", "gone": "Gone", "same": "Pays the same"},
        sums={"all_start": "CASE WHEN NOT foreign_money THEN mrr_start END",
              "all_end": "CASE WHEN NOT foreign_money THEN mrr_end END",
              "start": f"CASE WHEN {_BASE} THEN mrr_start END",
              "more": "CASE WHEN NOT foreign_money AND state = 'more' THEN mrr_end - mrr_start END",
              "less": "CASE WHEN NOT foreign_money AND state = 'less' THEN mrr_start - mrr_end END",
              "gone": "CASE WHEN NOT foreign_money AND state = 'gone' THEN mrr_start END"},
        excluded=_LATER, columns=_COLUMNS,
        measure=net, by_source=True,
    ),
    Kpi(
        id="K22", key="logo-retention", name="Logo retention", unit="share", badge="profit",
        grain=PAYING, population=ACCOUNTS,
        definition="Of the customers that paid when the period began, the share that still pays when it ends.",
        rows=_BASE,
        parts={"kept": _STAYED, "gone": "state = 'gone'"},
        part_names={"kept": "Stayed", "gone": "Gone"},
        excluded=_LATER, columns=_COLUMNS,
        measure=logos, by_source=True,
    ),
    Kpi(
        id="K21R", key="monthly-revenue", name="Monthly recurring revenue", unit="money", badge="goal",
        grain="one customer that pays when the period ends", population=ACCOUNTS,
        definition="What all customers pay a month when the period ends: of each subscription the newest word.",
        rows="NOT foreign_money AND state <> 'gone'",
        parts={"paying": "true"}, part_names={"paying": "Pays"},
        sums={"all_start": "CASE WHEN NOT foreign_money THEN mrr_start END",
              "all_end": "CASE WHEN NOT foreign_money THEN mrr_end END"},
        excluded={"currency": Excluded("foreign_money", "in another currency")}, columns=_COLUMNS,
        measure=recurring, by_source=True,
    ),
    Kpi(
        id="K21M", key="mrr-movements", name="Change of monthly revenue", unit="money", badge="profit",
        grain="one change of a subscription, by the day it took effect", population=CHANGES,
        definition="What all changes of subscriptions in the period add to or take from monthly recurring revenue: "
        "new, back, more, less, gone.",
        rows="NOT foreign_money",
        parts={kind: f"kind = '{kind}'" for kind, _ in MOVES} | _WHY,
        part_names=dict(MOVES) | {f"churn.{reason}": f"Gone: {label.lower()}" for reason, label in REASONS},
        sums={kind: f"CASE WHEN NOT foreign_money AND kind = '{kind}' THEN change END" for kind, _ in MOVES},
        excluded={"currency": Excluded("foreign_money", "in another currency")},
        columns=(("change", "Change a month", "money"),),
        measure=movements, by_source=True,
    ),
]  # fmt: skip
