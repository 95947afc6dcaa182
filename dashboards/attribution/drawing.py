"""One row a channel, one mark a model, a band from the least to the most: places in per cent of the drawing's width."""

from collections.abc import Sequence
from typing import Any

from dashboards.attribution.crediting import NONE, SALES, Line, Result
from dashboards.attribution.models_of import Model
from revops.lib import words

LEFT, WIDE = 3.0, 94.0
MOST = 12
SHAPES = {
    "first": "M0,-5L5,5L-5,5Z", "last": "M0,5L5,-5L-5,-5Z", "linear": "M-4,-4h8v8h-8Z", "w": "M0,-6L6,0L0,6L-6,0Z",
    "full_path": "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0Z",
    "markov": "M-5,-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5Z",
    "last_non_direct": "M0,5L5,-5L0,-1.5L-5,-5Z", "position": "M-6,-3h12v6h-12Z", "u": "M-4.5,-4.5v9h9v-9h-3v6h-3v-6Z",
    "decay": "M5,5L-5,5L5,-5Z", "decay_7": "M-5,5L5,5L-5,-5Z", "own": "M-5,0L-2.5,-4.5h5L5,0L2.5,4.5h-5Z",
    "shapley": "M-4.5,-2.5l2,-2l2.5,2.5l2.5,-2.5l2,2l-2.5,2.5l2.5,2.5l-2,2l-2.5,-2.5l-2.5,2.5l-2,-2l2.5,-2.5Z",
}  # fmt: skip
# Fixed meanings of the eight chart colours; a channel of one's own and what has none are the eighth.
COLOURS = {
    "organic_search": "k1", "webinar": "k2", "event": "k2", "paid_search": "k3", "referral": "k4", "partner": "k4",
    "paid_social": "k5", "product": "k6", "email": "k7", SALES: "k0",
}  # fmt: skip


def drawing(result: Result, *, shown: Sequence[Model], rows: int = MOST) -> dict[str, Any]:
    """{rows, ticks, legend, finding, said}: the first lines under the shown models."""
    keys = [model.key for model in shown]
    lines = sorted(result.lines, key=lambda line: (line.range(keys)[0] - line.range(keys)[1], -line.range(keys)[1]))
    lines = lines[:rows]
    ticks = _ticks(max((line.range(keys)[1] for line in lines), default=0))
    return {
        "rows": [_row(line, result, shown, ticks[-1]) for line in lines],
        "ticks": [{"x": _x(tick, ticks[-1]), "text": money(tick, result)} for tick in ticks],
        "legend": [{"name": model.name, "shape": SHAPES[model.key], "says": model.says} for model in shown],
        "finding": finding(lines, result, shown), "said": said(lines[0], result, shown) if lines else "",
        "rest": len(result.lines) - len(lines),
    }  # fmt: skip


def _row(line: Line, result: Result, shown: Sequence[Model], most: int) -> dict[str, Any]:
    low, high = line.range(model.key for model in shown)
    usual = COLOURS.get(line.key, "k8") if result.level == "channel" else "k0" if line.key == SALES else "k1"
    return {
        "line": line, "name": line.name, "colour": "k8" if line.key == NONE else usual,
        "x1": _x(low, most), "x2": _x(high, most), "low": money(low, result), "high": money(high, result),
        "marks": [
            {"x": _x(line.credits[model.key], most), "shape": SHAPES[model.key], "name": model.name,
             "filled": model is result.chosen, "text": exact(line.credits[model.key], result)}
            for model in shown
        ],
        "finding": f"{line.name}: " + ", ".join(f"{m.name} {money(line.credits[m.key], result)}" for m in shown),
    }  # fmt: skip


def said(line: Line, result: Result, shown: Sequence[Model]) -> str:
    """What the two models furthest apart say of this line; "" when all say the same."""
    low = min(shown, key=lambda model: line.credits[model.key])
    high = max(shown, key=lambda model: line.credits[model.key])
    if line.credits[low.key] == line.credits[high.key]:
        return ""
    least, most = (money(line.credits[model.key], result) for model in (low, high))
    return f"{least} by {lower(low)}, {most} by {lower(high)}"


def finding(lines: Sequence[Line], result: Result, shown: Sequence[Model]) -> str:
    if not lines:
        return "No won deal has an eligible touch"
    words_ = said(lines[0], result, shown)
    if not words_:
        return f"Won amount by {result.level} under {words.plural(len(shown), 'model')}: they agree"
    return f"Won amount by {result.level} under {len(shown)} models; they disagree most on {lines[0].name}: {words_}"


def lower(model: Model) -> str:
    """The name inside a sentence; names of people and of shapes stay as they are."""
    kept = model.key in {"w", "u", "markov", "shapley"}
    return model.name if kept else model.name[0].lower() + model.name[1:]


def money(cents: int, result: Result) -> str:
    return words.money_short(words.rounded(cents, 0) / 100, result.currency)


def exact(cents: int, result: Result) -> str:
    return words.money(words.rounded(cents, 0) / 100, result.currency)


def _ticks(most: int) -> list[int]:
    """Round steps from nothing to the most or just above it: four to six of them."""
    step = 1_00
    while most > step * 5:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return [step * n for n in range(max(2, -(-most // step) + 1))]


def _x(value: int, most: int) -> float:
    return round(LEFT + WIDE * value / most, 2)
