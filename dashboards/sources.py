"""The table of sources: volume, acceptance, wins, and what a customer of each costs and brings."""

from typing import Any

from dashboards import told
from dashboards.filters import UNKNOWN
from dashboards.kpis import say
from dashboards.kpis.base import Figure
from dashboards.sheet import Answer, Sheet
from revops.lib import words


def table(sheet: Sheet, names: dict[str, str], *, at_once: bool = True) -> dict[str, Any]:
    """One row a first-touch source, most MQLs first; small samples as counts. Unless `at_once`, what customers are
    worth `waits`."""
    volume, accepted, won = (sheet.answer(k) for k in ("mql-volume", "acceptance-rate", "win-rate"))
    cost, worth = (sheet.answer("cac"), sheet.answer("ltv-cac")) if at_once else (None, None)
    rows = []
    for code in {*volume.sources, *accepted.sources, *won.sources}:
        mqls = volume.sources.get(code)
        rows.append({
            "code": code, "name": names.get(code, code), "mqls": int(mqls.value or 0) if mqls else 0,
            "mqls_href": told.rows_href(sheet, "mql-volume", source=code),
            "accepted": rate(accepted.sources.get(code)),
            "accepted_href": told.rows_href(sheet, "acceptance-rate", source=code),
            "won": rate(won.sources.get(code)), "won_href": told.rows_href(sheet, "win-rate", source=code),
            "cost": _cost(sheet, cost, code), "worth": _worth(worth, code),
            "cost_href": told.rows_href(sheet, "cac", source=code),
        })  # fmt: skip
    rows.sort(key=lambda row: (row["code"] == UNKNOWN, -row["mqls"], row["name"]))
    return {
        "rows": rows, "waits": not at_once, "wins": won.figure.hits or 0, "closed": won.figure.n,
        "hours": _hours(sheet, cost), "mqls": volume.found.now.n("handed"),
        "csv_href": told.csv_href(sheet, "win-rate"),
        "definition": f"By first-touch source. {accepted.kpi.definition} {won.kpi.definition}"
        + (f" {cost.kpi.definition}" if cost else ""),
    }  # fmt: skip


def rate(figure: Figure | None) -> dict[str, str]:
    """A share with its fraction, a small sample as counts with its interval on hover, or n/a with the reason."""
    if figure is None or figure.value is None:
        return {"na": figure.na if figure else "0 in this period"}
    if figure.small:
        return {"small": told.small_words(figure), "interval": told.interval_words(figure)}
    return {"share": words.share(say.exact(figure.value, 9), 0),
            "fraction": f"{words.number(figure.hits or 0)} of {words.number(figure.n)}"}  # fmt: skip


def _cost(sheet: Sheet, cost: Answer | None, code: str) -> dict[str, str]:
    figure = cost.sources.get(code) if cost else None
    if figure is None or figure.value is None:
        return {"na": figure.na if figure and figure.na else "no spend"}
    return {"text": say.money(figure.value, sheet.currency), "title": figure.formula}


def _worth(worth: Answer | None, code: str) -> str:
    figure = worth.sources.get(code) if worth else None
    return say.trimmed(figure.value, 1) if figure and figure.value is not None else ""


def _hours(sheet: Sheet, cost: Answer | None) -> str:
    """What the sales hours in it cost and where they come from."""
    if cost is None or not cost.found.now.n("touches"):
        return ""
    minutes = cost.found.now.sum("minutes")
    spent = cost.found.now.sum("touches") + cost.found.now.sum("hours")
    if not minutes:
        return ""
    hourly = say.money(spent * 60 / minutes, sheet.currency)
    return (
        f"Sales hours at {hourly}, from {words.plural(cost.found.now.n('touches'), 'logged touch', 'logged touches')}."
    )
