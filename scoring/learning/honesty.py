"""How well a score tells one outcome from the other, and how sure that is. Pure Python on lists; no clock.

AUC is P(positive above negative) + ½ P(tie). Its interval: DeLong, DeLong and Clarke-Pearson 1988, by midranks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from revops.lib import words
from revops.lib.statistics import Z95, is_small, wilson

FEWEST_LEADS = 30
FEWEST_CONVERSIONS = 10
BANDS = 10


@dataclass(frozen=True, slots=True)
class Auc:
    """`value` None: one class only. `low`, `high`: 95%."""

    value: float | None
    low: float | None
    high: float | None
    positives: int
    negatives: int

    @property
    def covers_chance(self) -> bool:
        return self.low is None or self.high is None or self.low <= 0.5 <= self.high

    @property
    def said(self) -> str:
        if self.value is None:
            return "n/a: only one outcome"
        return f"{self.value:.3f} (95% interval {self.low:.3f}–{self.high:.3f})"


def midranks(scores: Sequence[float]) -> list[float]:
    """Ranks from 1; ties share the mean of theirs."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = [0.0] * len(scores)
    i = 0
    while i < len(order):
        j = i
        while j < len(order) and scores[order[j]] == scores[order[i]]:
            j += 1
        for k in range(i, j):
            ranks[order[k]] = (i + 1 + j) / 2
        i = j
    return ranks


def auc(scores: Sequence[float], outcome: Sequence[bool]) -> Auc:
    """With its 95% interval (DeLong). Where that sees too little, the wider one of Hanley and McNeil: a perfect order
    has no variance to see (theirs is for an order with half an error in it), and a handful of one class hardly any."""
    ups = [score for score, won in zip(scores, outcome, strict=True) if won]
    downs = [score for score, won in zip(scores, outcome, strict=True) if not won]
    m, n = len(ups), len(downs)
    if not m or not n:
        return Auc(None, None, None, m, n)
    both = midranks([*ups, *downs])
    inside_ups, inside_downs = midranks(ups), midranks(downs)
    value = (sum(both[:m]) - m * (m + 1) / 2) / (m * n)
    v_up = [(rank - own) / n for rank, own in zip(both[:m], inside_ups, strict=True)]
    v_down = [1 - (rank - own) / m for rank, own in zip(both[m:], inside_downs, strict=True)]
    variance = _variance(v_up, value) / m + _variance(v_down, value) / n
    if value in (0.0, 1.0):
        variance = hanley_mcneil(abs(value - 0.5 / (m * n)), m, n)
    elif min(m, n) < FEWEST_CONVERSIONS:
        variance = max(variance, hanley_mcneil(value, m, n))
    spread = Z95 * math.sqrt(max(variance, 0.0))
    return Auc(value, max(0.0, value - spread), min(1.0, value + spread), m, n)


def hanley_mcneil(value: float, positives: int, negatives: int) -> float:
    """Variance of an AUC by Hanley and McNeil 1982."""
    q1, q2 = value / (2 - value), 2 * value * value / (1 + value)
    square = value * value
    return (
        value * (1 - value) + (positives - 1) * (q1 - square) + (negatives - 1) * (q2 - square)
    ) / (positives * negatives)  # fmt: skip


def _variance(values: Sequence[float], mean: float) -> float:
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1) if len(values) > 1 else 0.0


# --- calibration ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of similar expectation: how many, what was expected of them, what came, and how sure that is (Wilson)."""

    n: int
    hits: int
    expected: float
    low: float
    high: float

    @property
    def observed(self) -> float:
        return self.hits / self.n

    @property
    def small(self) -> bool:
        return is_small(self.n)

    @property
    def holds(self) -> bool:
        return self.low <= self.expected <= self.high


def calibration(expected: Sequence[float], outcome: Sequence[bool], *, bands: int = BANDS) -> list[Band]:
    """As many rows a band as possible, lowest expectation first; rows with the same expectation stay together."""
    rows = sorted(zip(expected, outcome, strict=True))
    found: list[Band] = []
    start = 0
    for k in range(bands):
        end = max(start, round(len(rows) * (k + 1) / bands))
        while 0 < end < len(rows) and rows[end][0] == rows[end - 1][0]:
            end += 1
        if end > start:
            part = rows[start:end]
            hits = sum(won for _, won in part)
            low, high = wilson(hits, len(part)) or (0.0, 1.0)
            found.append(Band(len(part), hits, sum(p for p, _ in part) / len(part), low, high))
            start = end
    return found


# --- the verdict ------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    NO_SIGNAL = "no_signal"
    REVERSED = "reversed"
    SIGNAL = "signal"


def too_few(fitted: Sequence[bool], held: Sequence[bool], *, what: str) -> str:
    """Why nothing is fitted; empty when there is enough."""
    conversions = sum(fitted)
    if len(fitted) < FEWEST_LEADS or len(held) < FEWEST_LEADS:
        return (
            f"too few. There are {words.number(len(fitted))} rows to learn from and {words.number(len(held))} to test "
            f"with; it takes {FEWEST_LEADS} of each."
        )
    if conversions < FEWEST_CONVERSIONS or len(fitted) - conversions < FEWEST_CONVERSIONS:
        return (
            f"too few. Of {words.number(len(fitted))} rows to learn from {words.number(conversions)} {what}; it takes "
            f"{FEWEST_CONVERSIONS} that did and {FEWEST_CONVERSIONS} that did not."
        )
    if not any(held) or all(held):
        some = "all" if all(held) else "none"
        return f"too few. Of the {words.number(len(held))} newest rows {some} {what}: nothing to tell apart."
    return ""


def verdict(found: Auc) -> Verdict:
    if found.covers_chance:
        return Verdict.NO_SIGNAL
    return Verdict.SIGNAL if (found.low or 0) > 0.5 else Verdict.REVERSED


def sentence(found: Auc) -> str:
    """What the newest fifth says of what was learned from the older ones."""
    held = f"AUC {found.said} on {words.number(found.positives + found.negatives)} rows held out"
    if found.value is None:
        return "Only one outcome among the rows held out: nothing can be judged."
    kind = verdict(found)
    if kind == Verdict.NO_SIGNAL:
        return f"No signal in these data: {held}. A coin is 0.5, and the interval covers it."
    if kind == Verdict.REVERSED:
        return f"What was true before is the other way round now: {held}."
    return f"There is a signal: {held}. A coin is 0.5."
