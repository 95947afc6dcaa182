"""What was learned, as the page shows it: rows in words and the calibration chart."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from revops.lib import words
from scoring.icp.traits import namer
from scoring.learning import points
from scoring.learning.honesty import Verdict
from scoring.models import LearningRun, Rule, ScoringModel, Suggestion

OUTCOMES = {"sql": "SQL within 60 days", "won": "Won within 180 days"}
TONES = {Verdict.SIGNAL: "draft", Verdict.NO_SIGNAL: "warn", Verdict.REVERSED: "late", Verdict.TOO_FEW: "warn"}
SHOWN = 20
WHY = {
    "late": "came after the hand-off",
    "alone": "tells the outcome alone",
    "missing": "being filled tells the outcome",
    "name": "by its name",
}


def of(run: LearningRun, found: dict[str, Any]) -> dict[str, Any]:
    """`found`: the run's result. Four queries."""
    name = namer()
    coefficients = [_coefficient(one, name) for one in found["coefficients"]]
    return {
        "found": found, "tone": TONES[Verdict(found["verdict"])], "verdict": found["sentence"],
        "from": _at(found["from"]), "until": _at(found["until"]), "held_from": _at(found["held_from"]),
        "careful": _careful(found), "calibration": calibration(found),
        "excluded": [_finding(one) for one in found["findings"] if one["excluded"]],
        "doubtful": [_finding(one) for one in found["findings"] if not one["excluded"]],
        "unusable": sorted(found["unusable"].items()), "left_out": sorted(found["left_out"].items()),
        "coefficients": coefficients[:SHOWN], "more_coefficients": coefficients[SHOWN:],
        "advice": found["advice"], "suggestions": _suggestions(run, found["advice"]),
        "judged": _judged(found["advice"]), "no_better": _no_better(found["advice"]),
    }  # fmt: skip


def calibration(found: dict[str, Any]) -> dict[str, Any]:
    """Points with intervals on the diagonal, n under each; hollow under 20."""
    bands = found["bands"]
    if not bands:
        return {"na": "nothing was fitted"}
    off = [band for band in bands if not band["low"] <= band["expected"] <= band["high"]]
    told = f"{len(bands) - len(off)} of {len(bands)} bands came as expected, within their 95% interval"
    shares = [words.share(band["observed"]) for band in bands]
    trace = {
        "type": "scatter", "mode": "markers+text", "name": "what came",
        "x": [round(band["expected"], 4) for band in bands], "y": [round(band["observed"], 4) for band in bands],
        "error_y": {
            "type": "data", "symmetric": False, "thickness": 1, "width": 2, "color": "--c1",
            "array": [round(band["high"] - band["observed"], 4) for band in bands],
            "arrayminus": [round(band["observed"] - band["low"], 4) for band in bands],
        },
        "marker": {"color": "--c1", "size": 8, "symbol": [f"circle{'-open' * _small(band)}" for band in bands]},
        "text": [words.number(band["n"]) for band in bands], "textposition": "bottom right",
        "textfont": {"size": 10, "color": "--ink-2"},
        "hovertext": [
            f"expected {words.share(band['expected'])}, came {share} ({band['hits']} of {band['n']})"
            for band, share in zip(bands, shares, strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip
    diagonal = {
        "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
        "line": {"color": "--c8", "width": 1, "dash": "dash"},
    }  # fmt: skip
    top = min(1.02, max(max(band["high"], band["expected"]) for band in bands) * 1.1)
    axis = {"tickformat": ".0%", "range": [0, top]}
    return {
        "finding": f"Calibration: {told}",
        "told": told,
        "figure": {
            "data": [diagonal, trace],
            "layout": {"xaxis": axis | {"title": {"text": "expected"}}, "yaxis": axis | {"title": {"text": "came"}}},
        },
        "table": {
            "head": ["Expected", "Came", "Of", "Interval"],
            "rows": [
                [words.share(band["expected"]), words.number(band["hits"]), words.number(band["n"]),
                 f"{words.share(band['low'])}–{words.share(band['high'])}"]
                for band in bands
            ],
        },
    }  # fmt: skip


def _small(band: dict[str, Any]) -> bool:
    return bool(band["n"] < words.SMALL_SAMPLE)


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _careful(found: dict[str, Any]) -> str:
    careful = found["careful"]
    if not careful or careful["value"] is None:
        return ""
    return (
        f"Without the suspicious attributes it is {careful['value']:.3f} ({careful['low']:.3f}–{careful['high']:.3f})."
    )


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    return one | {"short": "kept, a person said so" if one["overruled"] else WHY[one["why"]]}


def _coefficient(one: dict[str, Any], name: Callable[[str, str], str]) -> dict[str, Any]:
    return {
        "label": one["label"], "sure": one["sure"],
        "level": name(one["column"], one["level"]), "against": name(one["column"], one["against"]),
        "beta": words.signed(one["beta"], 2),
        "interval": f"{words.signed(one['low'], 2)} to {words.signed(one['high'], 2)}",
        "points": words.signed(points.of(one["beta"])), "n": one["n"], "hits": one["hits"],
    }  # fmt: skip


def _judged(advice: dict[str, Any]) -> list[dict[str, str]]:
    """The order of the leads held out: today's points, and with every suggestion."""
    rows = [("Today’s points", advice["today"], advice["lift_today"])]
    if advice["after"]:
        rows.append(("With all suggestions", advice["after"], advice["lift_after"]))
    if advice["rules"]:
        rows.append(("The same rules, weighed freely", advice["rules"], None))
    return [
        {"name": name, "auc": auc["said"], "lift": "n/a" if lift is None else words.number(lift, 2)}
        for name, auc, lift in rows
        if auc
    ]


def _no_better(advice: dict[str, Any]) -> bool:
    """Whether all suggestions together order the leads held out no better than today's points."""
    today, after = advice["today"], advice["after"]
    return bool(today and after and after["value"] <= today["value"])


def _suggestions(run: LearningRun, advice: dict[str, Any]) -> list[dict[str, Any]]:
    draft = ScoringModel.objects.filter(state=ScoringModel.State.DRAFT).first()
    drafted = dict(Rule.objects.filter(model=draft).values_list("line", "points")) if draft else {}
    return [
        {
            "pk": one.pk, "line": one.rule, "name": advice["each"][str(one.rule)]["name"],
            "now": words.signed(one.points_now), "points": words.signed(one.points),
            "interval": f"{words.signed(one.low)} to {words.signed(one.high)}",
            "capped": abs(points.of(one.beta)) > abs(one.points), "with": one.leads_with, "without": one.leads_without,
            "auc": _three(advice["each"][str(one.rule)]["auc"]), "was": _three((advice["today"] or {}).get("value")),
            "accepted": draft is not None and one.accepted_into_id == draft.pk and drafted.get(one.rule) == one.points,
        }
        for one in Suggestion.objects.filter(run=run).order_by("-beta", "pk")
    ]  # fmt: skip


def _three(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
