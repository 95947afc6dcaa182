"""Figures of speed, as ratios within one run, so that they mean the same on any machine.

A topic is a module here with `figures()`, which yields what `figure()` makes. `python -m revops.bench [topic …]`
prints one JSON line a figure and ends with 1 when one is below what is required.
"""

from typing import Any


def figure(
    name: str,
    value: float,
    unit: str,
    *,
    baseline: float | None,
    required: float,
    ratio: float | None = None,
    most: bool = False,
    least_value: float | None = None,
) -> dict[str, Any]:
    """One measured figure. `ratio` is value / baseline unless given; it must be ≥ `required`, or ≤ with `most`.

    Without a baseline the value itself is held to `required`. `least_value` is an absolute floor besides.
    """
    if ratio is None:
        ratio = value / baseline if baseline else None
    held = value if ratio is None else ratio
    ok = (held <= required if most else held >= required) and (least_value is None or value >= least_value)
    rounded = {key: _rounded(number) for key, number in (("value", value), ("baseline", baseline), ("ratio", ratio))}
    return {
        "name": name, "value": rounded["value"], "unit": unit, "baseline": rounded["baseline"],
        "ratio": rounded["ratio"], "required": required, "ok": ok,
    }  # fmt: skip


def _rounded(number: float | None) -> float | None:
    """Four figures: more would pretend."""
    return None if number is None else float(f"{number:.4g}")
