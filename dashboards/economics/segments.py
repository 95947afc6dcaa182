"""Each size of company with what it costs and brings: numbers of the KPIs narrowed to it, and its share of the costs.

A touch belongs to the size of its lead's company. Money and hours that name no company are split over the sizes, within
their channel, by the days deals of each were open.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction

from django.db import connection

from dashboards import arithmetic, sheet, told
from dashboards.economics import motion
from dashboards.kpis import acquisition
from dashboards.kpis.acquiring import ACQUISITION
from leads import company_size
from teams.models import Organisation, Role, User

OPP_DAYS = f"""
    SELECT COALESCE(d.source_id, 'unknown'), {company_size.sql("c.employees")},
           sum(EXTRACT(epoch FROM LEAST(d.closed_at, %(ends)s, %(seen)s) - GREATEST(d.created_at, %(starts)s)))
      FROM deals_deal d LEFT JOIN leads_company c ON c.id = d.company_id
     WHERE d.kind = 'new' AND NOT d.undated AND d.created_at < LEAST(%(ends)s, %(seen)s)
       AND (d.closed_at IS NULL OR d.closed_at > %(starts)s)
     GROUP BY 1, 2"""


@dataclass(frozen=True, slots=True)
class Segment:
    """`links`: {name of an input: address of its rows}. Money in minor units; `why`: what keeps CAC unknown."""

    code: str
    name: str
    inputs: motion.Inputs
    motion: motion.Motion
    cost: Fraction | None
    cac: Fraction | None
    ltv: Fraction | None
    why: str
    links: dict[str, str]


def of(whole: sheet.Sheet, *, organisation: Organisation) -> list[Segment]:
    """Every size with a customer won in the period or revenue, small to large; asked with that size as filter."""
    costs, why = _costs(whole, organisation)
    sellers = User.objects.active().filter(role=Role.SALES).count()
    found = []
    for code, name in company_size.NAMES.items():
        part = _narrow(whole, code, organisation)
        won, lives = part.answer("cac").found.now, part.answer("ltv").found.now
        if not won.n("customers") and not lives.n(""):
            continue
        cost = None if why else costs[code] + Fraction(won.sum("touches"))
        cac = None if cost is None else arithmetic.ratio(cost, won.n("customers"))
        ltv = part.answer("ltv").figure.value
        moves = part.answer("mrr-movements").found.now
        inputs = motion.Inputs(
            customers=won.n("customers"),
            acv=_exact(part.answer("average-deal-size").figure.value),
            cycle=part.answer("sales-cycle").figure.value,  # type: ignore[arg-type]
            ltv_cac=None if ltv is None or not cac else Fraction(ltv) / cac,
            expansion=arithmetic.ratio(moves.sum("expansion"), moves.sum("new") + moves.sum("expansion")),
            nrr=_exact(part.answer("net-revenue-retention").figure.value),
            sellers=sellers,
        )
        keys = {"customers": "cac", "acv": "average-deal-size", "cycle": "sales-cycle", "ltv": "ltv", "cac": "cac",
                "expansion": "mrr-movements", "nrr": "net-revenue-retention"}  # fmt: skip
        links = {name: told.rows_href(part, key) for name, key in keys.items()}
        links["customers"] = told.rows_href(part, "cac", part="customers")
        links["cac"] = told.rows_href(whole, "cac")
        found.append(Segment(code, name, inputs, motion.of(inputs), cost, cac, _exact(ltv), why, links))
    return found


def _narrow(whole: sheet.Sheet, code: str, organisation: Organisation) -> sheet.Sheet:
    return sheet.opened(replace(whole.asked, segment=code), now=whole.as_of, organisation=organisation)


def _exact(value: int | float | Fraction | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _costs(whole: sheet.Sheet, organisation: Organisation) -> tuple[dict[str, Fraction], str]:
    """{size: minor units} of what names no company, and why it is unknown. They add up to all of it."""
    answer = whole.answer("cac")
    costs: dict[str, Fraction] = defaultdict(Fraction)
    if not answer.found.now.n("programme"):
        return costs, "no spend entered"
    weights = _opp_days(whole)
    for source, piece in answer.found.sources.items():
        rest = Fraction(acquisition.cost(piece) - piece.sum("touches"))
        sizes = weights.get(source) or {company_size.UNKNOWN: Fraction(1)}
        total = sum(sizes.values())
        for code, weight in sizes.items():
            costs[code] += rest * weight / total
    return costs, ""


def _opp_days(whole: sheet.Sheet) -> dict[str, dict[str, Fraction]]:
    window, _ = whole.windows(ACQUISITION)
    found: dict[str, dict[str, Fraction]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(OPP_DAYS, {"starts": window.starts, "ends": window.ends, "seen": window.seen})
        for source, code, weight in cursor.fetchall():
            if weight and weight > 0:
                found[source][code] = Fraction(weight)
    return found
