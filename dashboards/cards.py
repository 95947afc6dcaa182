"""The three to five shared numbers on top of the dashboard: those the KPI audit chose, the joint goal with its pace."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from dashboards import told
from dashboards.agreed import audit, goals
from dashboards.agreed.goals import Standing
from dashboards.kpis import registry
from dashboards.sheet import Sheet

# Populations of accounts: of a big company they take longer than a page may.
OF_ACCOUNTS = {"lives", "accounts"}


def cards(sheet: Sheet, *, at_once: bool = True) -> list[dict[str, Any]]:
    """What _components/kpi.html shows, in the audit's order, each with its digit. Unless `at_once`, those that read all
    accounts say `waits`."""
    judged = audit.current()
    stands = _standing(sheet)
    shown = []
    for digit, key in enumerate(audit.cards(judged), 1):
        kpi = registry.find(key)
        if kpi is None:
            continue
        if not at_once and kpi.population.name in OF_ACCOUNTS:
            shown.append({"key": key, "name": kpi.name, "badge": audit.kind_of(kpi, judged), "digit": str(digit),
                          "href": told.rows_href(sheet, key), "dialog": True, "waits": True})  # fmt: skip
            continue
        card = told.card(sheet, sheet.answer(kpi), digit=str(digit))
        if key in stands:
            card |= of_goal(stands[key])
        shown.append(card | {"dialog": True, "badge": "goal" if key in stands else audit.kind_of(kpi, judged)})
    return shown


def of_goal(stand: Standing) -> dict[str, Any]:
    """The goal's own number, over the goal's own days: its card opens those rows."""
    first: date = stand.goal.starts_on
    ahead = stand.pace is not None and stand.pace >= 1
    card: dict[str, Any] = {
        "value": stand.value_text, "title": told.exactly(stand.figure, stand.kpi, stand.currency), "small": "",
        "na": stand.figure.na, "change": {}, "href": stand.href,
        "comparison": f"of {stand.target_text} {stand.period}",
        "formula": f"{stand.figure.formula.removesuffix(' in the period')} since {first.day} {first:%b}",
    }  # fmt: skip
    if stand.pace is not None:
        card["change"] = {"text": stand.pace_text, "direction": "up" if ahead else "down",
                          "good": True if ahead else None if stand.tone == "ok" else False}  # fmt: skip
    if stand.share is not None:
        card["meter"] = {
            "value": min(float(stand.share), 1), "mark": float(stand.gone) if stand.pace is not None else None,
            "label": f"{stand.value_text} of {stand.target_text}",
        }  # fmt: skip
    return card


def _standing(sheet: Sheet) -> dict[str, Standing]:
    """{kpi: the goal both sides agreed on}; none where the reader asks about some people, channels or another time."""
    f = sheet.filters
    if f.source or f.segment or sheet.owners is not None or f.as_of is not None:
        return {}
    if f.end != sheet.as_of.astimezone(ZoneInfo(f.zone)).date():
        return {}
    found: dict[str, Standing] = {}
    for stand in goals.standing(sheet.as_of):
        if stand.agreed:
            found.setdefault(stand.kpi.key, stand)
    return found
