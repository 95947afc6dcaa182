"""Guard, fit, judge: one way through a table, for the company's leads and for any file. Pure but for the fit."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from scoring.learning import fitting, guard, honesty
from scoring.learning.fitting import Fit
from scoring.learning.guard import Finding
from scoring.learning.honesty import Auc, Band, Verdict
from scoring.learning.table import Table
from scoring.replay import evaluation


@dataclass(slots=True)
class Lesson:
    """`refusal`: why nothing was fitted. `careful`: the AUC without the attributes that are only suspicious."""

    table: Table
    findings: list[Finding]
    fitted: int
    held: int
    refusal: str = ""
    auc: Auc | None = None
    careful: Auc | None = None
    lift: float | None = None
    bands: list[Band] = field(default_factory=list)
    fit: Fit | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.TOO_FEW if self.refusal or self.auc is None else honesty.verdict(self.auc)

    @property
    def sentence(self) -> str:
        if self.refusal or self.auc is None:
            return f"Nothing was learned: {self.refusal}"
        return honesty.sentence(self.auc)

    @property
    def doubtful(self) -> set[str]:
        return {one.name for one in self.findings if not one.excluded}

    @property
    def excluded(self) -> list[Finding]:
        return [one for one in self.findings if one.excluded]

    def as_json(self) -> dict[str, Any]:
        found = self.fit
        return {
            "verdict": str(self.verdict), "sentence": self.sentence, "outcome": self.table.outcome_name,
            "rows": len(self.table), "fitted": self.fitted, "held": self.held, "conversions": sum(self.table.outcome),
            "split": "by the order of the file" if self.table.order is None else "by time",
            "left_out": self.table.left_out, "unusable": self.table.unusable,
            "findings": [asdict(one) for one in self.findings],
            "auc": asdict(self.auc) if self.auc else None,
            "careful": asdict(self.careful) if self.careful else None, "lift": self.lift,
            "bands": [asdict(band) | {"observed": band.observed} for band in self.bands],
            "coefficients": [
                asdict(one.feature)
                | {"beta": one.estimate.beta, "low": one.estimate.low, "high": one.estimate.high,
                   "sure": one.estimate.sure}
                for one in sorted(found.coefficients, key=_surest)
            ] if found else [],
        }  # fmt: skip


def learn(table: Table, *, keep: Collection[str] = (), told: Callable[[], None] = lambda: None) -> Lesson:
    """`keep`: attributes a person wants in though the guard would not. `told` is called between the steps and may raise
    to stop."""
    older, newer = table.split()
    lesson = Lesson(table, [], len(older), len(newer))
    fitted, held = [table.outcome[i] for i in older], [table.outcome[i] for i in newer]
    lesson.refusal = honesty.too_few(fitted, held, what=table.outcome_name)
    if lesson.refusal:
        return lesson
    lesson.findings = guard.findings(table, keep=keep)
    told()
    excluded = {one.name for one in lesson.excluded}
    allowed = table.only(column.name for column in table.columns if column.name not in excluded)
    if not allowed.columns:
        lesson.refusal = "No attribute is left to learn from."
        return lesson
    lesson.fit = fitting.fit(allowed)
    told()
    lesson.auc = honesty.auc(lesson.fit.expected, held)
    lesson.lift = evaluation.lift(list(zip(lesson.fit.expected, held, strict=True)))
    sure = [column.name for column in allowed.columns if column.name not in lesson.doubtful]
    if lesson.doubtful and sure:
        lesson.careful = honesty.auc(fitting.fit(allowed.only(sure), strength=lesson.fit.strength).expected, held)
    lesson.bands = honesty.calibration(lesson.fit.expected, held)
    return lesson


def _surest(one: fitting.Coefficient) -> float:
    return -abs(one.estimate.beta) / one.estimate.se
