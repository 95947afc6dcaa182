"""The profile, its table and its trial in plain words."""

from collections.abc import Sequence
from typing import Any

from leads.conditions.words import either
from revops.lib.statistics import SMALL_SAMPLE
from revops.lib.words import number, plural, signed
from scoring.icp.lifts import FEWEST, MEASURES
from scoring.icp.validation import Comparison

VERDICTS = {
    "kept": "more often among the best",
    "against": "less often among the best",
    "unclear": "could be chance",
    "few": "too few customers",
}


def criterion(one: dict[str, Any]) -> str:
    """`industry is Fintech or Insurance`; `500–999 people`; `technology includes Salesforce`."""
    texts = either(list(one["texts"]))
    if one["attribute"] == "company.employees":
        return f"{texts} people"
    if one["attribute"] == "company.technologies":
        return f"uses {texts}"
    return f"{one['label']} is {texts}"


def sentence(criteria: Sequence[dict[str, Any]]) -> str:
    """All criteria in one sentence with a full stop; empty without any."""
    text = "; ".join(criterion(one) for one in criteria)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def too_few(customers: int) -> str:
    """Why no profile can be derived."""
    have = {0: "there is none", 1: "there is 1"}.get(customers, f"there are {number(customers)}")
    return f"A profile needs {FEWEST} customers older than 90 days; {have} so far."


def times(lift: float | None) -> str:
    """`1.71 times`; empty when nothing can be told."""
    return "" if lift is None else f"{number(lift, 2)} times"


def interval(found: Sequence[float | None] | None) -> str:
    """`23% – 59%`; empty without one."""
    if not found or found[0] is None or found[1] is None:
        return ""
    return f"{number(100 * found[0])}% – {number(100 * found[1])}%"


def days(found: Sequence[float] | None) -> str:
    """`41 – 63 d`; empty without one."""
    return f"{number(found[0])} – {number(found[1])} d" if found else ""


def gap(found: Comparison) -> str:
    """`+15.0 points, −6.0 to +34.3`; with small arms or none, that there is nothing to go by."""
    if found.gap is None or found.between is None:
        return "nothing to compare with"
    if found.small:
        return "small sample"
    low, high = (signed(100 * one, 1) for one in found.between)
    return f"{signed(100 * found.gap, 1)} points, {low} to {high}"


def missing(basis: dict[str, Any]) -> list[str]:
    """What the ranking of customers does without, a sentence each."""
    said = []
    for one in basis.get("measures", []):
        label, absent = MEASURES[one["name"]][0], basis["customers"] - one["known"]
        label = f"{label[:1].upper()}{label[1:]}"
        if one["known"] == 0:
            said.append(f"{label} is not known of any customer yet, so it is left out.")
        elif absent:
            said.append(f"{label} is unknown of {plural(absent, 'customer')} and left out for them.")
    without = basis.get("customers", 0) - basis.get("ranked", 0)
    if without:
        said.append(f"{plural(without, 'customer')} could not be ranked by anything.")
    return said


def verdict(found: Comparison, version: int) -> dict[str, str]:
    """{tone, title, text}: whether it still holds, in words; only an interval away from zero says so."""
    match, other = found.match, found.other
    counts = f"{match.won} of {match.n} deals that match were won, {other.won} of {other.n} others"
    if not match.n and not other.n:
        return {
            "tone": "",
            "title": "Too early to say.",
            "text": f"No deal is decided yet since v{version} is in force.",
        }
    if found.verdict == "small":
        text = f"Decided since v{version} is in force: {counts}. Small sample: it takes {SMALL_SAMPLE} of each."
        return {"tone": "", "title": "Too early to say.", "text": text}
    said = f"{counts}: {gap(found)}."
    if found.verdict == "holds":
        return {"tone": "ok", "title": "It still holds.", "text": said}
    if found.verdict == "fails":
        return {"tone": "late", "title": "It does not hold: deals that match are won less often.", "text": said}
    return {"tone": "warn", "title": "No difference can be told from chance.", "text": said}
