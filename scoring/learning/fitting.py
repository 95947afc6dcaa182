"""A regularised logistic regression on a table, judged on its newest fifth. scikit-learn is brought in when fitting.

Numbers become bands (what is not known is a band of its own), texts one column a value; the most frequent value is what
the others are compared with. Bands and values are chosen from the older rows alone.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from leads.attributes import LIST, NUMBER, YES_NO
from revops.lib import words
from scoring.learning.points import Estimate
from scoring.learning.table import Column, Table

STRENGTHS = (1.0, 10.0, 100.0)  # of the regularisation to choose from: the weight of squared log-odds
RAREST = 20  # rows a value needs to stand for itself
MOST_VALUES = 25
BINS = 6
NEVER_KNOWN = "not known"
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Feature:
    """A 0/1 (or real) column of the fit. `against`: what it is compared with, in words. `n`: older rows that have it,
    `hits` of them converted."""

    column: str
    label: str
    level: str
    against: str
    n: int
    hits: int


@dataclass(frozen=True, slots=True)
class Coefficient:
    feature: Feature
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Fit:
    """`expected`: probabilities of the rows held out, in their order; `held`: which rows those are. `strength`: of the
    regularisation."""

    coefficients: list[Coefficient]
    intercept: float
    expected: list[float]
    held: list[int]
    fitted: list[int]
    strength: float


def fit(table: Table, *, strength: float | None = None) -> Fit:
    """Learned from the older four fifths; needs both outcomes among them. `strength` None: chosen from those rows."""
    older, newer = table.split()
    features, rows = features_of(table, older)
    known, outcome = rows[older], [table.outcome[i] for i in older]
    strength = strength or chosen_strength(known, outcome)
    estimates, intercept, expected = regression(known, outcome, rows[newer], strength=strength)
    pairs = zip(features, estimates, strict=True)
    return Fit([Coefficient(*pair) for pair in pairs], intercept, expected, newer, older, strength)


def chosen_strength(rows: Any, outcome: Sequence[bool]) -> float:
    """The strength that foretells the newest fifth of the rows to learn from best (by log loss). `rows` oldest first;
    the rows held out for the verdict are not among them."""
    cut = len(rows) - len(rows) // 5
    if cut == len(rows) or len(set(outcome[:cut])) < 2:
        return STRENGTHS[0]

    def loss(strength: float) -> float:
        _, _, expected = regression(rows[:cut], outcome[:cut], rows[cut:], strength=strength)
        return -sum(math.log(p if won else 1 - p) for p, won in zip(expected, outcome[cut:], strict=True))

    return min(STRENGTHS, key=loss)


def regression(
    rows: Any, outcome: Sequence[bool], judged: Any, *, strength: float = STRENGTHS[0]
) -> tuple[list[Estimate], float, list[float]]:
    """(coefficients with standard errors, intercept, probabilities of `judged`); lists of rows or arrays.

    Standard errors: the inverse of the penalised information, so a small sample is drawn to nought, not exploding.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    x, y = np.asarray(rows, dtype=float), np.asarray(outcome, dtype=int)
    x = x.reshape(len(rows), -1)
    if not x.shape[1]:
        share = float(y.mean())
        return [], float(np.log(share / (1 - share))), [share] * len(judged)
    # One thread: two more would wait for each other on a small box, and the web has to live there too.
    with threadpool_limits(1):
        learned = LogisticRegression(C=1 / strength, solver="newton-cholesky", max_iter=200).fit(x, y)
    p = learned.predict_proba(x)[:, 1]
    # The intercept is free, the rest is held: the information of the penalised likelihood.
    whole = np.hstack([np.ones((len(x), 1)), x])
    information = (whole * (p * (1 - p))[:, None]).T @ whole
    information[1:, 1:] += strength * np.eye(x.shape[1])
    errors = np.sqrt(np.diag(np.linalg.inv(information)))[1:]
    estimates = [Estimate(float(b), float(e)) for b, e in zip(learned.coef_[0], errors, strict=True)]
    test = np.asarray(judged, dtype=float).reshape(len(judged), x.shape[1])
    expected = [float(q) for q in learned.predict_proba(test)[:, 1]] if len(judged) else []
    return estimates, float(learned.intercept_[0]), expected


# --- features ---------------------------------------------------------------------------------------------


def features_of(table: Table, older: Sequence[int]) -> tuple[list[Feature], Any]:
    """(features, an array of one row of their values for each row of the table)."""
    import numpy as np

    found = [(column, *part) for column in table.columns for part in _split(column, older)]
    if not found:
        return [], np.zeros((len(table), 0))
    values = np.asarray([vector for *_, vector in found], dtype=float).T
    having = values[older] != 0
    counted = having.sum(axis=0).tolist()
    hits = having[np.asarray(table.outcome, dtype=bool)[older]].sum(axis=0).tolist()
    used = [j for j, n in enumerate(counted) if n]
    features = [
        Feature(column.name, column.called, level, against, counted[j], hits[j])
        for j, (column, level, against, _) in enumerate(found)
        if counted[j]
    ]
    return features, values[:, used]


def _split(column: Column, older: Sequence[int]) -> list[tuple[str, str, list[float]]]:
    """(level, what it is compared with, 0/1 a row)."""
    if column.kind == LIST:
        return _of_list(column, older)
    levels = _bands(column, older) if column.kind == NUMBER else [_name(column, value) for value in column.values]
    counted = Counter(levels[i] for i in older)
    often = {level for level, n in counted.most_common(MOST_VALUES) if n >= RAREST}
    if not often:
        return []
    # Compared with the most frequent value that says something; of yes and no, with no.
    known = [level for level, _ in counted.most_common() if level in often and level != NEVER_KNOWN]
    base = "no" if column.kind == YES_NO and "no" in often else (known or [NEVER_KNOWN])[0]
    folded = [level if level in often else OTHERS for level in levels]
    shown = [level for level in sorted(often) if level != base] + ([OTHERS] if OTHERS in folded else [])
    return [(level, base, [float(one == level) for one in folded]) for level in shown]


def _of_list(column: Column, older: Sequence[int]) -> list[tuple[str, str, list[float]]]:
    counted = Counter(item for i in older for item in column.values[i] or ())
    often = [item for item, n in counted.most_common(MOST_VALUES) if n >= RAREST]
    found = [(item, "without it", [float(item in (value or ())) for value in column.values]) for item in sorted(often)]
    if any(column.values[i] is None for i in older):
        found.append((NEVER_KNOWN, "known", [float(value is None) for value in column.values]))
    return found


def _name(column: Column, value: Any) -> str:
    if value is None:
        return NEVER_KNOWN
    return ("yes" if value else "no") if column.kind == YES_NO else str(value)


def _bands(column: Column, older: Sequence[int]) -> list[str]:
    """A number's band in words; nought is a band of its own where many have it."""
    known = sorted(column.values[i] for i in older if column.values[i] is not None)
    if not known:
        return [NEVER_KNOWN] * len(column.values)
    edges = sorted({known[len(known) * k // BINS] for k in range(1, BINS)})
    if known[0] == 0 and known.count(0) >= RAREST:
        edges = sorted({edge for edge in edges if edge > 0} | {next((v for v in known if v > 0), 1)})
    names = _named(edges)
    return [NEVER_KNOWN if value is None else names[bisect_right(edges, value)] for value in column.values]


def _named(edges: Sequence[float]) -> list[str]:
    said = [words.number(edge, 0 if edge == int(edge) else 2) for edge in edges]
    if not edges:
        return ["any"]
    middle = [f"{low} to under {high}" for low, high in pairwise(said)]
    return [f"under {said[0]}", *middle, f"{said[-1]} and more"]
