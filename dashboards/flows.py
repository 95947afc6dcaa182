"""The funnel as a flow: per stage, who entered and who left, bar by bar over the period."""

from datetime import date, timedelta
from typing import Any

from dashboards.kpis.populations import STAGES
from dashboards.kpis.scan import buckets
from dashboards.kpis.stages import LABELS
from dashboards.sheet import Sheet
from dashboards.told import csv_href, rows_href
from revops.lib import words

FILL = {"inquiry": "f-inquiry", "mql": "f-mql", "sal": "f-sal", "sql": "f-sql", "opportunity": "f-opportunity"}
TALL = 30  # px of the highest bar


def flow(sheet: Sheet) -> dict[str, Any]:
    """One row a stage: {label, fill, entered, left, bars: [{x, width, top, height, kind}]}; `table` has a row a step of
    time with its numbers and the addresses of their rows."""
    answer = sheet.answer("flow")
    steps = buckets(sheet.filters)
    found = dict(answer.found.over_time)
    rows = []
    for code, *_ in STAGES:
        pairs = [_pair(found.get(step), code) for step in steps]
        most = max((max(pair) for pair in pairs), default=0) or 1
        wide = 100 / max(len(steps), 1)
        bars = []
        for number, (entered, left) in enumerate(pairs):
            for place, (kind, n) in enumerate((("in", entered), ("out", left))):
                if n:
                    high = max(TALL * n / most, 1.0)
                    bars.append({"x": round((number + 0.14 + place * 0.36) * wide, 2), "width": round(wide * 0.34, 2),
                                 "y": round(TALL - high, 1), "height": round(high, 1), "kind": kind})  # fmt: skip
        entered, left = answer.found.now.n(f"{code}.in"), answer.found.now.n(f"{code}.out")
        rows.append({
            "label": LABELS[code], "fill": FILL[code], "bars": bars, "entered": entered, "left": left,
            "net": words.signed(entered - left),
            "in_href": rows_href(sheet, "flow", part=f"{code}.in"),
            "out_href": rows_href(sheet, "flow", part=f"{code}.out"),
        })  # fmt: skip
    each = "day" if sheet.filters.days <= 31 else "week" if sheet.filters.days <= 280 else "month"
    said = [f"{words.number(r['entered'])} into {r['label']}, {words.number(r['left'])} out" for r in rows]
    return {
        "rows": rows, "each": each, "answer": answer, "finding": "Period flow: " + "; ".join(said),
        "table": [_line(sheet, step, found.get(step), each) for step in steps],
        "labels": [LABELS[code] for code, *_ in STAGES], "csv_href": csv_href(sheet, "flow"),
    }  # fmt: skip


def _pair(piece: Any, code: str) -> tuple[int, int]:
    return (piece.n(f"{code}.in"), piece.n(f"{code}.out")) if piece else (0, 0)


def _line(sheet: Sheet, step: date, piece: Any, each: str) -> dict[str, Any]:
    """A step of time, cut to the period: its rows are those of its own days."""
    last = step if each == "day" else step + timedelta(days=6)
    if each == "month":
        last = (step.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    first, last = max(step, sheet.filters.start), min(last, sheet.filters.end)
    days: dict[str, Any] = {"from": first.isoformat(), "to": last.isoformat()}
    return {
        "label": f"{first.day} {first:%b}" if each != "month" else f"{first:%b %Y}",
        "cells": [
            {"n": n, "href": _rows_of(sheet, f"{code}.{way}", days)}
            for code, *_ in STAGES for way, n in zip(("in", "out"), _pair(piece, code), strict=True)
        ],
    }  # fmt: skip


def _rows_of(sheet: Sheet, part: str, days: dict[str, Any]) -> str:
    return f"/kpis/flow/rows/?{sheet.asked.query(compare=None, part=part, **days)}"
