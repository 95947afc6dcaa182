"""What the page of retention shows: what moved monthly revenue, retention by month, cohorts, and why they left."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from dashboards import arithmetic, told
from dashboards.kpis import retention, say
from dashboards.retention import months
from dashboards.retention.months import Cohort, Month
from dashboards.sheet import Sheet
from revops.lib import words

BY = (("customers", "Customers"), ("revenue", "Revenue"))
HEAD = ["table", "month", "months after", "customers", "of", "monthly revenue", "net", "gross", "logos", "currency"]
LINES = (("net", "Net", "--c1", "solid"), ("gross", "Gross", "--c2", "solid"),
         ("logos", "Customers", "--c3", "solid"))  # fmt: skip
SHADES = 5


def of(sheet: Sheet) -> tuple[list[Month], list[Cohort]]:
    return sheet.once("retention months", lambda: months.of(sheet))


def context(sheet: Sheet, *, by: str) -> dict[str, Any]:
    by_month, cohorts = of(sheet)
    return {
        "cards": [told.card(sheet, sheet.answer(key)) | {"dialog": True}
                  for key in ("net-revenue-retention", "logo-retention", "monthly-revenue")],
        "waterfall": waterfall(sheet), "over_time": over_time(sheet, by_month),
        "cohorts": [_cohort(one, by, sheet.currency) for one in cohorts],
        "widest": range(max((len(one.held) for one in cohorts), default=0)), "by": by,
        "bys": [{"href": f"?{sheet.filters.query(by=key if key != 'customers' else None)}", "label": label,
                 "current": key == by} for key, label in BY],
        "reasons": reasons(sheet), "reasons_href": told.rows_href(sheet, "mrr-movements", part="churn"),
        "csv_href": f"/retention/retention.csv?{sheet.asked.query(compare=None)}",
    }  # fmt: skip


def waterfall(sheet: Sheet) -> dict[str, Any]:
    """From monthly revenue at the start to that at the end: one signed bar a kind of change, each opens its rows. What
    no change explains (a source began in the middle) is a bar of its own, so that the bars add up."""
    now, piece = sheet.answer("monthly-revenue").found.now, sheet.answer("mrr-movements").found.now
    start, end = now.sum("all_start"), now.sum("all_end")
    changes = [(word, piece.sum(kind), piece.n(kind), told.rows_href(sheet, "mrr-movements", part=kind))
               for kind, word in retention.MOVES]  # fmt: skip
    rest = end - start - sum(value for _, value, _, _ in changes)
    if rest:
        changes.append(("Not told", rest, 0, told.rows_href(sheet, "monthly-revenue")))
    bars, level = [], start
    for word, value, n, href in changes:
        bars.append((word, level, value, n, href))
        level += value
    href = told.rows_href(sheet, "monthly-revenue")
    drawn = [("Start", 0, start, 0, href), *bars, ("End", 0, end, 0, href)]
    said = ", ".join(f"{word.lower()} {_signed(value, sheet.currency)}" for word, _, value, _, _ in bars if value)
    known = any(value for _, _, value, _, _ in drawn)
    return {
        "finding": f"Monthly revenue went from {say.money(start, sheet.currency)} to {say.money(end, sheet.currency)}"
        + (f": {said}" if said else ""),
        "na": "" if known else "nobody paid in this period",
        "figure": {"data": [{
            "type": "bar", "x": [word for word, *_ in drawn], "y": [value / 100 for _, _, value, _, _ in drawn],
            "base": [base / 100 for _, base, _, _, _ in drawn],
            "marker": {"color": [_colour(word, value) for word, _, value, _, _ in drawn]},
            "text": [_shown(word, value, sheet.currency) for word, _, value, _, _ in drawn], "textposition": "outside",
            "cliponaxis": False,
            "hovertemplate": "%{x}: %{text}<extra></extra>", "customdata": [href for *_, href in drawn],
        }], "layout": {
            "yaxis": {"rangemode": "tozero", "tickformat": "~s"}, "margin": {"l": 8, "r": 8, "t": 22, "b": 24},
        }},
        "table": {"head": ["What", "A month", "Changes"],
                  "rows": [[word, _shown(word, value, sheet.currency, exact=True), words.number(n) if n else ""]
                           for word, _, value, n, _ in drawn]},
        "csv_href": told.csv_href(sheet, "mrr-movements"),
    }  # fmt: skip


def over_time(sheet: Sheet, by_month: list[Month]) -> dict[str, Any]:
    """Each month's own retention; a month in which nobody paid is a gap; under 20 customers the marks are hollow."""
    known = [one for one in by_month if one.n]
    traces = []
    for name, label, colour, dash in LINES:
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": label, "connectgaps": False,
            "x": [one.first.isoformat() for one in by_month],
            "y": [float(value) if (value := getattr(one, name)) is not None else None for one in by_month],
            "line": {"color": colour, "width": 2, "dash": dash},
            "marker": {"color": colour, "size": 7,
                       "symbol": ["circle-open" if arithmetic.is_small(one.n) else "circle" for one in by_month]},
            "hovertemplate": f"{label} %{{x|%b %Y}}: %{{y:.1%}}<extra></extra>",
            "customdata": [_rows(sheet, one, "logo-retention" if name == "logos" else "net-revenue-retention")
                           for one in by_month],
        })  # fmt: skip
    last = known[-1] if known else None
    return {
        "na": "" if known else retention.NONE,
        "finding": f"In {last.first:%B %Y} net retention is {_share(last.net)}, gross {_share(last.gross)}, "
        f"customers {_share(last.logos)}" if last else "Retention by month",
        "figure": {"data": traces, "layout": {
            "yaxis": {"tickformat": ".0%"}, "xaxis": {"type": "date", "tickformat": "%b %y"},
            "annotations": _names(last), "margin": {"l": 8, "r": 76, "t": 14, "b": 24},
        }},
        "rows": [
            {"name": f"{one.first:%b %Y}", "n": one.n, "net": _share(one.net), "gross": _share(one.gross),
             "logos": _share(one.logos), "small": arithmetic.is_small(one.n), "lost": one.lost,
             "start": say.money(one.start, sheet.currency), "href": _rows(sheet, one, "net-revenue-retention"),
             "lost_href": _rows(sheet, one, "logo-retention", part="gone")}
            for one in reversed(known)
        ],
    }  # fmt: skip


def _names(last: Month | None) -> list[dict[str, Any]]:
    """Each line's name at its end, apart by a line of text where the ends meet: from the top down."""
    if last is None:
        return []
    ends = sorted(((getattr(last, name), label, colour) for name, label, colour, _ in LINES), reverse=True)
    return [
        {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 6, "y": float(value), "yshift": 12 - 12 * place,
         "showarrow": False, "text": label, "font": {"color": colour, "size": 11}}
        for place, (value, label, colour) in enumerate(ends)
    ]  # fmt: skip


def reasons(sheet: Sheet) -> list[dict[str, Any]]:
    """Why they left, most first: counts, since samples are small."""
    piece = sheet.answer("mrr-movements").found.now
    found = [(label, piece.n(f"churn.{reason}"), f"churn.{reason}") for reason, label in retention.REASONS]
    most = max((n for _, n, _ in found), default=0)
    return [
        {"label": label, "n": n, "width": round(100 * n / most),
         "href": told.rows_href(sheet, "mrr-movements", part=part)}
        for label, n, part in sorted(found, key=lambda one: -one[1]) if n
    ]  # fmt: skip


def lines(sheet: Sheet) -> Iterator[list[Any]]:
    by_month, cohorts = of(sheet)
    for one in by_month:
        yield ["month", f"{one.first:%Y-%m}", "", one.n, "", _units(one.start), _plain(one.net), _plain(one.gross),
               _plain(one.logos), sheet.currency]  # fmt: skip
    for cohort in cohorts:
        for after, (count, mrr) in enumerate(cohort.held):
            yield ["cohort", f"{cohort.first:%Y-%m}", after, count, cohort.size, _units(mrr), "", "", "",
                   sheet.currency]  # fmt: skip


def _cohort(one: Cohort, by: str, currency: str) -> dict[str, Any]:
    """Cells against the end of the first month (revenue) or all who began (customers); a small cohort claims no share
    and has no shade."""
    small, began = arithmetic.is_small(one.size), one.held[0][1] if one.held else 0
    cells = []
    for count, mrr in one.held:
        part, whole = (count, one.size) if by == "customers" else (mrr, began)
        share = arithmetic.ratio(part, whole)
        shown = _share(share) if not small else words.number(count) if by == "customers" else _short(mrr, currency)
        title = f"{words.number(count)} of {words.number(one.size)}, {say.money(mrr, currency)} a month"
        shade = 0 if small or share is None else 1 + round(min(share, Fraction(1)) * (SHADES - 1))
        cells.append({"text": shown, "title": title, "shade": shade})
    return {"name": f"{one.first:%b %Y}", "size": one.size, "small": small, "cells": cells}


def _rows(sheet: Sheet, one: Month, key: str, part: str = "") -> str:
    query = sheet.asked.query(compare=None, part=part or None,
                              **{"from": one.first.isoformat(), "to": one.last.isoformat()})  # fmt: skip
    return f"/kpis/{key}/rows/?{query}"


def _colour(word: str, value: float) -> str:
    if word in {"Start", "End", "Not told"}:
        return "--ink-3"
    return "--ok" if value >= 0 else "--late"


def _shown(word: str, value: float, currency: str, *, exact: bool = False) -> str:
    if word in {"Start", "End"}:
        return say.money(value, currency) if exact else _short(value, currency)
    return _signed(value, currency, exact=exact)


def _signed(value: float, currency: str, *, exact: bool = False) -> str:
    text = say.money(abs(value), currency) if exact else _short(abs(value), currency)
    return text if not value else f"{'+' if value > 0 else words.MINUS}{text}"


def _short(cents: float, currency: str) -> str:
    return say.value(cents, "money", currency, short=True)


def _share(value: Fraction | None) -> str:
    return "n/a" if value is None else say.share(value)


def _plain(value: Fraction | None) -> str:
    return "" if value is None else str(say.exact(value, 6))


def _units(cents: int) -> str:
    return str(say.exact(Fraction(cents, 100), 2))
