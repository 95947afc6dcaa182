"""The card "Who earned it": one row a channel, one mark a model, where the models disagree most on top."""

from typing import Any

from dashboards import attribution
from dashboards.attribution.crediting import Line, Result
from dashboards.sheet import Sheet
from revops.lib import words

ROWS = 6
LEFT, WIDE = 4.0, 92.0  # per cent of the drawing between its first and its last tick
SHAPES = {
    "first": "M0,-5L5,5L-5,5Z", "last": "M0,5L5,-5L-5,-5Z", "linear": "M-4,-4h8v8h-8Z", "w": "M0,-6L6,0L0,6L-6,0Z",
    "full_path": "", "markov": "M-5,-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5Z",
}  # fmt: skip
SHORT = {
    "first": "First", "last": "Last", "linear": "Linear", "w": "W", "full_path": "Full path", "markov": "Markov",
}  # fmt: skip
COLOURS = {
    "organic_search": "c1", "organic_social": "c1", "webinar": "c2", "event": "c2", "paid_search": "c3",
    "referral": "c4", "partner": "c4", "paid_social": "c5", "display": "c5", "product": "c6", "email": "c7",
}  # fmt: skip


def card(sheet: Sheet) -> dict[str, Any]:
    """{na} or {title, wins, rows, ticks, legend, said}; x in per cent of the drawing, so that it stretches."""
    result = attribution.of(sheet)
    href = f"/attribution/?{sheet.asked.query()}"
    amount = _money(result.credited, result.currency)
    if not result.credited:
        why = "0 won with an amount in this period"
        if result.wins:
            wins = words.plural(result.wins, "win")
            why = f"none of {wins} has a marketing touch in the {result.look_back} days before"
        return {"title": "Who earned it", "na": why, "href": href}
    lines = result.lines[:ROWS]
    ceiling = max((line.range(SHAPES)[1] for line in lines), default=0)
    ticks = _ticks(ceiling)
    return {
        "title": f"Who earned the {amount}", "na": "", "href": href,
        "wins": words.plural(result.credited_wins, "win"), "models": len(result.drawn),
        "filled": bool(result.chosen), "rows": [_row(line, result, ticks[-1]) for line in lines],
        "ticks": [{"x": _x(tick, ticks[-1]), "text": words.number(tick / 100_000)} for tick in ticks[:: _every(ticks)]],
        "unit": _unit(result.currency),
        "legend": [{"name": SHORT[model.key], "shape": SHAPES[model.key]} for model in result.drawn],
        "said": _said(lines[0], result), "notes": _notes(result), "finding": _finding(result),
        "more": len(result.lines) - len(lines), "names": [model.name for model in result.models],
        "table": [
            {"name": line.name, "cells": [_money(line.credits.get(m.key, 0), result.currency) for m in result.models]}
            for line in lines
        ],
    }  # fmt: skip


def _row(line: Line, result: Result, most: int) -> dict[str, Any]:
    low, high = line.range(model.key for model in result.drawn)
    shown = line.credits.get(result.chosen.key if result.chosen else result.drawn[0].key, 0)
    return {
        "name": line.name, "colour": COLOURS.get(line.key, "c8"), "text": _money(shown, result.currency),
        "exact": words.money(shown / 100, result.currency), "low": _x(low, most),
        "wide": round(_x(high, most) - _x(low, most), 2),
        "marks": [
            {"x": _x(line.credits.get(model.key, 0), most), "shape": SHAPES[model.key], "name": model.name,
             "text": _money(line.credits.get(model.key, 0), result.currency)}
            for model in result.drawn
        ],
    }  # fmt: skip


def _said(line: Line, result: Result) -> dict[str, str]:
    """Where the models differ most, and between which two."""
    drawn = list(result.drawn)
    low = min(drawn, key=lambda model: line.credits.get(model.key, 0))
    high = max(drawn, key=lambda model: line.credits.get(model.key, 0))
    if line.credits.get(low.key, 0) == line.credits.get(high.key, 0):
        return {"name": "", "text": "All models agree."}
    return {
        "name": line.name,
        "text": f"{_money(line.credits.get(low.key, 0), result.currency)} by {_inside(low.name)}, "
        f"{_money(line.credits.get(high.key, 0), result.currency)} by {_inside(high.name)}",
    }


def _inside(name: str) -> str:
    """A model's name in a sentence: first touch, but W."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _notes(result: Result) -> list[str]:
    n, amount = result.without
    found = (
        [f"{words.plural(n, 'win')} without a marketing touch: {_money(amount, result.currency)} beside."] if n else []
    )
    return found + [f"{why}." for key, why in result.absent.items() if key in SHAPES]


def _finding(result: Result) -> str:
    low, high = result.lines[0].range(SHAPES)
    return (
        f"Won amount by channel under {len(result.drawn)} models: they disagree most on {result.lines[0].name}, "
        f"{_money(low, result.currency)} to {_money(high, result.currency)}"
    )


def _ticks(most: int) -> list[int]:
    """Round steps from nothing to just above the most, in minor units of whole thousands."""
    step = 100_000
    while most > step * 6:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return [step * n for n in range(max(2, -(-most // step) + 1))]


def _every(ticks: list[int]) -> int:
    return 1 if len(ticks) <= 8 else 2


def _x(value: int, most: int) -> float:
    return round(LEFT + WIDE * value / most, 2) if most else LEFT


def _unit(currency: str) -> str:
    return words.money_short(0, currency).replace("0", "") + "k"


def _money(cents: int, currency: str) -> str:
    return words.money_short(words.rounded(cents, 0) / 100, currency)
