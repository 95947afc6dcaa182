"""Plotly figures as plain dicts with colours as token names; each with its finding and its table."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.kpis import say
from dashboards.kpis.base import Figure
from dashboards.sheet import Answer, Sheet
from dashboards.told import csv_href, interval_words, rows_href, small_words
from revops.lib import words
from scoring.definitions import STAGES
from scoring.versions import versions

CHANGES = 6  # of the rules, as lines in one chart: more could not be read
LINE = 12  # pixels a label takes


def rate_over_time(
    sheet: Sheet,
    answer: Answer,
    *,
    name: str,
    colour: str = "--c1",
    promise: float | None = None,
    promise_name: str = "",
    stages: Sequence[str] = STAGES,
) -> dict[str, Any]:
    """A line with interval bars; small samples are hollow marks; days without rows are gaps, never 0. Where definitions
    or models changed stands a thin dated line; `stages`: whose definitions this rate depends on."""
    points = [(bucket, figure) for bucket, figure in answer.over_time if figure.n]
    layout: dict[str, Any] = {
        "yaxis": {"tickformat": ".0%", "range": [0, 1.02]},
        "xaxis": {"type": "date", "tickformat": "%-d %b"},
        "margin": {"l": 8, "r": 8, "t": 14, "b": 24},
    }
    changed = _changed(sheet, answer, stages) if points else []
    layout["shapes"], layout["annotations"] = [], []
    if changed:
        _mark(layout, changed, [bucket for bucket, _ in points])
    if promise is not None:
        layout["shapes"] += [{
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": promise, "y1": promise,
            "line": {"color": "--late", "width": 1, "dash": "dash"},
        }]  # fmt: skip
        layout["annotations"] += [{
            "xref": "paper", "x": 1, "y": promise, "xanchor": "right", "yanchor": "bottom", "showarrow": False,
            "text": promise_name, "font": {"color": "--late", "size": 11},
        }]  # fmt: skip
    href = rows_href(sheet, answer.kpi.key)
    trace = {
        "type": "scatter", "mode": "lines+markers", "name": name,
        "x": [bucket.isoformat() for bucket, _ in points],
        "y": [float(figure.value or 0) for _, figure in points],
        "error_y": {
            "type": "data", "symmetric": False, "thickness": 1, "width": 2, "color": colour,
            "array": [_above(figure) for _, figure in points], "arrayminus": [_below(figure) for _, figure in points],
        },
        "line": {"color": colour, "width": 2, "dash": "dot" if all(f.small for _, f in points) else "solid"},
        "marker": {"color": colour, "size": 7, "symbol": ["circle-open" if f.small else "circle" for _, f in points]},
        "text": [f"{say.share(f.value or 0)}, {words.number(f.hits or 0)} of {words.number(f.n)}" for _, f in points],
        "hovertemplate": "%{x|%-d %b %Y}: %{text}<extra></extra>",
        "customdata": [href for _ in points],
    }  # fmt: skip
    return {
        "id": f"{answer.kpi.key}-line",
        "title": name,
        "definition": answer.kpi.definition,
        "finding": finding(answer, name) + "".join(f"; {_day(at)}: {label}" for at, label in changed),
        "figure": {"data": [trace], "layout": layout} if points else None,
        "na": "" if points else answer.figure.na,
        "table": {
            "head": ["From", "Rate", "Of", "Interval"],
            "rows": [
                [_day(bucket), small_words(f) or say.share(f.value or 0), words.number(f.n), interval_words(f)]
                for bucket, f in points
            ],
        },
        "csv_href": csv_href(sheet, answer.kpi.key),
        "height": "180",
    }


def finding(answer: Answer, name: str) -> str:
    if answer.figure.value is None:
        return f"{name}: n/a: {answer.figure.na}"
    told = small_words(answer.figure) or say.share(answer.figure.value)
    return f"{name} is {told} over the period, {answer.figure.formula}"


def _changed(sheet: Sheet, answer: Answer, stages: Sequence[str]) -> list[tuple[datetime, str]]:
    """When what is counted was changed, in the window that is drawn, in the reader's zone; the last few."""
    window, _ = sheet.windows(answer.kpi.population)
    until = min(window.ends, window.seen)
    found = sheet.once(
        f"versions {window.starts} {until} {stages}", lambda: versions(window.starts, until, stages=stages)
    )
    zone = ZoneInfo(sheet.filters.zone)
    return [(at.astimezone(zone), label) for at, label in found[-CHANGES:]]


def _mark(layout: dict[str, Any], changed: list[tuple[datetime, str]], drawn: Sequence[date]) -> None:
    """The lines, with their labels one above the other over the data; the axis ends with the data, not with a label."""
    days = [at.date() for at, _ in changed]
    first, last = min([*drawn, *days]), max([*drawn, *days])
    room = max((last - first).days, 1)
    beside = timedelta(days=max(room * 0.03, 1))
    layout["xaxis"]["range"] = [(first - beside).isoformat(), (last + beside).isoformat()]
    layout["margin"]["t"] += LINE * min(len(changed), 3)
    for n, ((_, label), day) in enumerate(zip(changed, days, strict=True)):
        late = (day - first).days > room * 0.55
        layout["shapes"].append({
            "type": "line", "xref": "x", "yref": "paper", "x0": day.isoformat(), "x1": day.isoformat(), "y0": 0,
            "y1": 1, "line": {"color": "--ink-3", "width": 1, "dash": "dash"},
        })  # fmt: skip
        layout["annotations"].append({
            "xref": "x", "x": day.isoformat(), "yref": "paper", "y": 1, "yshift": LINE * (n % 3),
            "xanchor": "right" if late else "left", "yanchor": "bottom", "showarrow": False,
            "text": f"{label}, {day.day} {day:%b}", "font": {"color": "--ink-3", "size": 10},
        })  # fmt: skip


def _above(figure: Figure) -> float:
    return round(figure.interval[1] - float(figure.value or 0), 6) if figure.interval else 0


def _below(figure: Figure) -> float:
    return round(float(figure.value or 0) - figure.interval[0], 6) if figure.interval else 0


def _day(day) -> str:
    return f"{day.day} {day:%b %Y}"
