"""What marketing has part in: pipeline it sourced or influenced, revenue it earned, and whether influenced deals win.

Sourced and influenced deals are never added, nor attributed and influenced money: the one is inside the other.
"""

from fractions import Fraction
from typing import Any

from dashboards import arithmetic, attribution
from dashboards.attribution.reading import BUYERS, MARKETINGS, SELLERS, people
from dashboards.filters import Window
from dashboards.kpis import say
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Number, Population, Slice, rate
from dashboards.kpis.populations import CLOSINGS, OPENINGS, RENEWALS, SOLD, UNDATED
from revops.lib import words
from revops.lib.statistics import newcombe

LOOK_BACK = "INTERVAL '90 days'"
WINDOW = "in the 90 days before it was opened or while it was open"


def _touched(mapping: str) -> str:
    """SQL: whether a person of deal `o` had a touch of marketing's from the look-back to the closing."""
    return f"""EXISTS (SELECT 1 FROM ({people(mapping, "o")}) m JOIN leads_touch t ON t.person_id = m.person
                        WHERE t.occurred_at >= o.created_at - {LOOK_BACK} AND t.occurred_at < o.until
                              AND {MARKETINGS})"""


def _with_people(population: Population) -> str:
    """SQL: the population's rows `q`, with what `people` needs of each deal as `o`."""
    return f"""FROM ({population.select}) q
        CROSS JOIN LATERAL (SELECT d.id, d.person_id, d.company_id, d.created_at, d.source_id,
                                   LEAST(COALESCE(d.closed_at, {{seen}}), {{seen}}) AS until
                              FROM deals_deal d WHERE d.id = q.id) o"""


BEGUN = Population(
    name="begun",
    subject="deal",
    source=OPENINGS.source,
    owner=OPENINGS.owner,
    kinds=("undated", "business", "foreign_money", "sourced", "influenced", "by_own_source"),
    select=f"""
      SELECT q.*, COALESCE(f.side = 'marketing', false) AS sourced,
             COALESCE(k.side = 'marketing', false) AS by_own_source,
             COALESCE(f.side = 'marketing', false) OR {_touched("roles")} AS influenced
        {_with_people(OPENINGS)}
        LEFT JOIN marketing_channel k ON k.code = o.source_id
        LEFT JOIN LATERAL (
             SELECT t.side FROM ({people("roles", "o")}) m JOIN leads_touch t ON t.person_id = m.person
              WHERE t.occurred_at >= o.created_at - {LOOK_BACK} AND t.occurred_at <= o.created_at
                    AND ({BUYERS} OR {SELLERS})
              ORDER BY t.occurred_at, t.id LIMIT 1) f ON true""",
)
EARNED = Population(
    name="earned",
    subject="deal",
    source=CLOSINGS.source,
    owner=CLOSINGS.owner,
    kinds=("undated", "business", "result", "priced", "foreign_money", "influenced"),
    select=f"""
      SELECT q.*, q.result = 'won' AND q.priced AND {_touched("account")} AS influenced {_with_people(CLOSINGS)}""",
)
JUDGED = Population(
    name="judged",
    subject="deal",
    source=CLOSINGS.source,
    owner=CLOSINGS.owner,
    kinds=("undated", "business", "result", "influenced"),
    select=f"SELECT q.*, {_touched('roles')} AS influenced {_with_people(CLOSINGS)}",
)


def _share_of(part: Number, whole: Number, s: Slice, what: str) -> str:
    share = arithmetic.ratio(Fraction(part), Fraction(whole))
    said = f" = {say.share(share)}" if share is not None else ""
    return f"{say.money(part, s.currency)} of {say.money(whole, s.currency)} {what}{said}"


def sourced(s: Slice) -> Figure:
    part, whole = s.sum("sourced"), s.sum("all")
    return Figure(
        part if s.n("") else None,
        na="" if s.n("") else "0 opened in this period",
        formula=_share_of(part, whole, s, "opened"),
        beside=(
            Beside("of the pipeline opened", arithmetic.ratio(Fraction(part), Fraction(whole)), "share"),
            Beside("by the deal's own source", s.sum("by_own_source"), "money", part="by_own_source"),
        ),
        notes=("Deals that marketing sourced are among those it influenced: never add the two.",),
    )


def influenced(s: Slice) -> Figure:
    part, whole = s.sum("influenced"), s.sum("all")
    return Figure(
        part if s.n("") else None,
        na="" if s.n("") else "0 opened in this period",
        formula=_share_of(part, whole, s, "opened"),
        beside=(Beside("of the pipeline opened", arithmetic.ratio(Fraction(part), Fraction(whole)), "share"),),
        notes=("Sourced deals are among these: never add the two.",),
    )


def credits_of(sheet: Any, window: Window) -> dict[str, int]:
    """Marketing's credit under the named model, all teams' touches sharing it."""
    result = attribution.of(sheet, teams="all", window=window)
    return {"attributed": result.of_side("marketing"), "credited": result.credited}


def attributed(s: Slice) -> Figure:
    if not s.n(""):
        return Figure(None, na="0 won with an amount in this period")
    part, whole = s.givens.get("attributed", 0), s.sum("won")
    return Figure(
        part,
        formula=f"{_share_of(part, whole, s, 'won')}; full path, all teams’ touches, 90 days before the opening",
        beside=(
            Beside("of what was won", arithmetic.ratio(Fraction(part), Fraction(whole)), "share"),
            Beside("influenced, whole amounts", s.sum("influenced"), "money", part="influenced"),
        ),
        notes=(
            "Attributed money adds up across channels; influenced money does not: a deal counts whole however little "
            "marketing had part in it. No model shows cause.",
        ),
    )  # fmt: skip


def influenced_win_rate(s: Slice) -> Figure:
    won, n = s.n("won"), s.n("won") + s.n("lost")
    other, m = s.n("other_won"), s.n("other_won") + s.n("other_lost")
    rest = rate(other, m, none="0 of the rest won or lost")
    return rate(
        won, n,
        none="0 influenced deals won or lost in this period",
        formula=f"{words.number(won)} won of {words.number(n)} influenced; "
        f"{words.number(other)} won of the {words.number(m)} others",
        beside=(Beside("the rest", rest.value, "share", na=rest.na, part="rest"),),
        notes=(difference(won, n, other, m), "Long deals collect touches: influence is not cause."),
    )  # fmt: skip


def difference(hits: int, n: int, other_hits: int, other_n: int) -> str:
    """The rates' difference with its interval (Newcombe) and what it allows to say; nothing under 20 on a side."""
    interval = newcombe(hits, n, other_hits, other_n)
    if interval is None or arithmetic.is_small(n) or arithmetic.is_small(other_n):
        return "Fewer than 20 on a side: counts only, no difference is claimed."
    gap = Fraction(hits, n) - Fraction(other_hits, other_n)
    low, high = interval
    said = "associated" if low > 0 or high < 0 else "not distinguishable from zero"
    return (
        f"Difference {words.point_change(say.exact(gap, 9))}, 95% interval {words.signed(100 * low, 1)} to "
        f"{words.signed(100 * high, 1)}: {said}."
    )


_OPENED = "one deal, by the day it was opened"
_AMOUNTS = Excluded(f"{SOLD} AND foreign_money", "in another currency")
_BEGUN = {"undated": UNDATED, "renewal": RENEWALS, "currency": _AMOUNTS}
_EARNED = f"{SOLD} AND result = 'won'"

KPIS = [
    Kpi(
        id="K13", key="marketing-sourced-pipeline", name="Marketing-sourced pipeline", unit="money", badge="diagnostic",
        grain=_OPENED, population=BEGUN,
        definition="Amounts of the deals opened in the period whose earliest touch, in the 90 days up to the opening, "
        "was marketing’s: of the deal’s contact or of anybody with a role on it; sales touches and use of the product "
        "count as the others.",
        rows=f"{SOLD} AND NOT foreign_money",
        parts={"sourced": "sourced", "rest": "NOT sourced", "by_own_source": "by_own_source"},
        part_names={"sourced": "Sourced by marketing", "rest": "Not"},
        sums={"all": f"CASE WHEN {SOLD} THEN amount_then END",
              "sourced": f"CASE WHEN {SOLD} AND sourced THEN amount_then END",
              "by_own_source": f"CASE WHEN {SOLD} AND by_own_source THEN amount_then END"},
        excluded=_BEGUN, columns=(("amount_then", "Amount then", "money"),),
        measure=sourced,
    ),
    Kpi(
        id="K14", key="marketing-influenced-pipeline", name="Marketing-influenced pipeline", unit="money",
        badge="diagnostic", grain=_OPENED, population=BEGUN,
        definition="Amounts of the deals opened in the period with a touch of marketing’s, of the deal’s contact or of "
        f"anybody with a role on it, {WINDOW}.",
        rows=f"{SOLD} AND NOT foreign_money",
        parts={"influenced": "influenced", "rest": "NOT influenced"},
        part_names={"influenced": "Influenced by marketing", "rest": "Not"},
        sums={"all": f"CASE WHEN {SOLD} THEN amount_then END",
              "influenced": f"CASE WHEN {SOLD} AND influenced THEN amount_then END"},
        excluded=_BEGUN, columns=(("amount_then", "Amount then", "money"),),
        measure=influenced,
    ),
    Kpi(
        id="K35", key="attributed-revenue", name="Marketing-attributed revenue", unit="money", badge="diagnostic",
        grain="one deal won, by its closing date", population=EARNED,
        definition="Marketing’s part of the amounts won in the period under the full-path model, sales and product "
        "touches sharing the credit; touches of everybody of the firm in the 90 days before the deal was opened and "
        "until it was won. Influenced: the whole amount of each deal with such a touch of marketing’s.",
        rows=f"{_EARNED} AND priced",
        parts={"influenced": "influenced", "rest": "NOT influenced"},
        part_names={"influenced": "Influenced by marketing", "rest": "Not"},
        sums={"won": f"CASE WHEN {_EARNED} AND priced THEN amount END",
              "influenced": f"CASE WHEN {_EARNED} AND priced AND influenced THEN amount END"},
        excluded={"undated": Excluded("undated AND result = 'won'", UNDATED.words),
                  "renewal": Excluded(f"{RENEWALS.where} AND result = 'won'", RENEWALS.words),
                  "currency": Excluded(f"{_EARNED} AND foreign_money", "in another currency"),
                  "amount": Excluded(f"{_EARNED} AND NOT foreign_money AND NOT priced", "without an amount")},
        measure=attributed, givens=credits_of,
    ),
    Kpi(
        id="K36", key="influenced-win-rate", name="Win rate of influenced deals", unit="share", badge="diagnostic",
        grain="one deal, by its closing date", population=JUDGED,
        definition="Won ÷ (won + lost) of the deals closed in the period with a touch of marketing’s, of the deal’s "
        f"contact or of anybody with a role on it, {WINDOW}; beside it the same of the rest.",
        rows=f"{SOLD} AND result <> 'no_decision'",
        parts={"won": "influenced AND result = 'won'", "lost": "influenced AND result = 'lost'",
               "rest": "NOT influenced", "other_won": "NOT influenced AND result = 'won'",
               "other_lost": "NOT influenced AND result = 'lost'"},
        part_names={"won": "Influenced, won", "lost": "Influenced, lost", "other_won": "Others, won",
                    "other_lost": "Others, lost"},
        excluded={"undated": UNDATED, "renewal": RENEWALS,
                  "no_decision": Excluded(f"{SOLD} AND result = 'no_decision'", "no decision")},
        measure=influenced_win_rate,
    ),
]  # fmt: skip
