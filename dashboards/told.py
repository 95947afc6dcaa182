"""An answer in words and links: the same card, table and JSON wherever a KPI shows."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards.kpis import say
from dashboards.kpis.base import Figure, Kpi, Number
from dashboards.sheet import Answer, Sheet
from revops.lib import words


@dataclass(frozen=True, slots=True)
class Change:
    """▲ 8% · ▼ 2.1 pt: the arrow follows the direction, `good` (None: neither) the meaning."""

    text: str
    direction: str
    good: bool | None


def rows_href(sheet: Sheet, key: str, *, part: str = "", source: str | None = None, owner: int | None = None) -> str:
    """The address of the rows behind a number, with the as-of that makes them the same rows later."""
    more: dict[str, Any] = {"compare": None}
    if part:
        more["part"] = part
    if source is not None:
        more["source"] = source
    if owner is not None:
        more["owner"] = owner
    return f"/kpis/{key}/rows/?{sheet.asked.query(**more)}"


def csv_href(sheet: Sheet, key: str) -> str:
    return f"/kpis/{key}/rows.csv?{sheet.asked.query(compare=None)}"


def kpi_href(sheet: Sheet, key: str) -> str:
    return f"/kpis/{key}/?{sheet.filters.query()}"


def value(answer: Answer, currency: str, *, short: bool = False) -> str:
    return say.value(answer.figure.value, answer.kpi.unit, currency, short=short)


def change(answer: Answer) -> Change | None:
    return change_of(answer.figure, answer.before, unit=answer.kpi.unit, better=answer.kpi.better)


def change_of(now: Figure, before: Figure | None, *, unit: str, better: str) -> Change | None:
    """Against the period before; nothing for small samples, which are not ranked, nor where one side is unknown."""
    if before is None or now.value is None or before.value is None or now.small or before.small:
        return None
    difference = say.exact(now.value - before.value, 9)
    if unit == "share":
        text = words.point_change(difference).lstrip("+" + words.MINUS)
    elif unit in {"ratio", "points"}:
        text = say.trimmed(abs(difference), 1)
        difference = 0 if text == "0" else difference
    elif before.value:
        text = words.share(abs(say.exact(difference / say.exact(before.value, 9), 9)), 0)
    else:
        return None
    if not difference:
        return Change("no change", "flat", None)
    up = difference > 0
    return Change(text, "up" if up else "down", None if better == "neither" else up == (better == "higher"))


def small_words(figure: Figure) -> str:
    """Counts first and no share claimed; empty for a sample that is large enough."""
    if not figure.small:
        return ""
    if figure.hits is None:
        return f"{words.plural(figure.n, 'row')}, small sample"
    return f"{words.number(figure.hits)} of {words.number(figure.n)}, small sample"


def interval_words(figure: Figure) -> str:
    if figure.interval is None:
        return ""
    low, high = figure.interval
    return f"95% interval {words.share(low)}–{words.share(high)}"


def card(sheet: Sheet, answer: Answer, *, digit: str = "", comparison: str = "") -> dict[str, Any]:
    """What _components/kpi.html shows; the whole card is one link to the rows."""
    figure, kpi = answer.figure, answer.kpi
    moved = change(answer)
    unit = "/day" if kpi.unit == "money_per_day" else ""
    # Under 20 no share is claimed: counts first, the share and its interval on hover.
    shown, told_as = value(answer, sheet.currency, short=True), small_words(figure)
    title = exactly(figure, kpi, sheet.currency)
    if told_as and figure.hits is not None:
        shown, told_as = f"{words.number(figure.hits)} of {words.number(figure.n)}", "small sample"
        title = f"{title}, {interval_words(figure)}"
    return {
        "key": kpi.key, "name": kpi.name, "badge": kpi.badge, "na": figure.na, "unit": unit,
        "value": shown, "title": title,
        "change": {"text": moved.text, "direction": moved.direction, "good": moved.good} if moved else {},
        "comparison": comparison or ("" if told_as else beside_words(figure, sheet.currency, first=True)),
        "small": told_as, "formula": figure.formula, "definition": kpi.definition,
        "href": rows_href(sheet, kpi.key), "digit": digit,
    }  # fmt: skip


def exactly(figure: Figure, kpi: Kpi, currency: str) -> str:
    """Not shortened, as the rows add up to it."""
    return say.value(figure.value, kpi.unit, currency) + (" a day" if kpi.unit == "money_per_day" else "")


def beside_words(figure: Figure, currency: str, *, first: bool = False) -> str:
    shown = [f"{b.name} {say.value(b.value, b.unit, currency)}" for b in figure.beside if b.value is not None]
    return " · ".join(shown[:1] if first else shown)


def number(value: Number | None, unit: str, currency: str) -> Any:
    """The number for JSON: exact to six places; money as {amount, currency}; unknown and not reached are null."""
    if value is None or value == float("inf"):
        return None
    if unit == "text":
        return value
    if unit in {"money", "money_per_day"}:
        return {"amount": str(say.exact(say.exact(value, 9) / 100, 2)), "currency": currency}
    exact = say.exact(value)
    return int(exact) if exact == exact.to_integral_value() and unit in {"count", "seconds"} else float(exact)


def as_json(sheet: Sheet, answer: Answer, *, base: str) -> dict[str, Any]:
    """The KPI as the REST API gives it; `rows` carries the as-of, so it leads to exactly the rows counted here."""
    kpi, figure = answer.kpi, answer.figure
    asked = sheet.asked.query(compare=None)
    body = {
        "id": kpi.id, "key": kpi.key, "name": kpi.name, "definition": kpi.definition, "grain": kpi.grain,
        "unit": kpi.unit, "better": kpi.better, "class": kpi.badge,
        "value": number(figure.value, kpi.unit, sheet.currency),
        "text": value(answer, sheet.currency) if not figure.na else f"n/a: {figure.na}",
        "na": figure.na or None, "formula": figure.formula,
        "hits": figure.hits, "n": figure.n or None, "small_sample": figure.small,
        "interval": [round(edge, 6) for edge in figure.interval] if figure.interval else None,
        "beside": [
            {"name": b.name, "value": number(b.value, b.unit, sheet.currency), "unit": b.unit,
             "text": say.value(b.value, b.unit, sheet.currency) if b.value is not None else f"n/a: {b.na}"}
            for b in figure.beside
        ],
        "notes": list(figure.notes),
        "parts": {part: n for part, _, n in answer.parts()},
        "excluded": [{"part": f"excluded-{name}", "rows": n, "why": why} for name, (n, why) in answer.excluded.items()],
        "previous": None,
        "as_of": sheet.as_of,
        "filters": {"from": sheet.filters.start, "to": sheet.filters.end, "zone": sheet.filters.zone,
                    "source": sheet.filters.source or None, "owner": sheet.filters.owner, "team": sheet.filters.team,
                    "segment": sheet.filters.segment or None},
        "row_count": answer.found.now.n(""),
        "rows": f"{base}/api/v1/kpis/{kpi.key}/rows/?{asked}",
        "url": f"{base}/api/v1/kpis/{kpi.key}/?{asked}",
    }  # fmt: skip
    if answer.before is not None and sheet.filters.before:
        start, end = sheet.filters.before
        body["previous"] = {
            "from": start, "to": end, "value": number(answer.before.value, kpi.unit, sheet.currency),
            "text": say.value(answer.before.value, kpi.unit, sheet.currency)
            if answer.before.value is not None else f"n/a: {answer.before.na}",
            "na": answer.before.na or None,
        }  # fmt: skip
    if kpi.by_source:
        body["by_source"] = {
            code: {"value": number(f.value, kpi.unit, sheet.currency), "hits": f.hits, "n": f.n or None,
                   "small_sample": f.small, "na": f.na or None}
            for code, f in answer.sources.items()
        }  # fmt: skip
    return body


def query_of(pairs: dict[str, Any]) -> str:
    return urlencode({key: value for key, value in pairs.items() if value not in (None, "")})
