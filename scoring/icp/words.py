"""The profile, its table and its trial in plain words."""

from collections.abc import Sequence
from typing import Any

from leads.conditions.words import either
from revops.lib.words import number
from scoring.icp.lifts import FEWEST

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
