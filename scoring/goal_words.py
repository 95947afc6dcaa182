"""What would make it an MQL, or lift an MQL's cell, in sentences. Pure."""

from revops.lib.words import number
from scoring import words
from scoring.counterfactual import Step, Steps
from scoring.models import ScoringModel


def becoming(found: Steps, model: ScoringModel, failing: str) -> tuple[str, list[str]]:
    """(goal, steps) of an inquiry. `failing`: what no single step can change, in words."""
    if found.meets:
        return "Meets the definition; it waits for something new to happen, because only the rules changed.", []
    if found.enough:
        return "Nearest to MQL:", [_said(step, found, mql=step.meets) for step in found.best]
    goal = f"No single step makes it an MQL. {failing}".strip()
    return (f"{goal} Nearest:" if found.best else goal), [_said(step, found) for step in found.best]


def waiting(until: str) -> str:
    """Why a recycled person is not handed over whatever they score."""
    return f"Recycled: it waits until {until}, unless the hand goes up again."


def lifting(found: Steps, model: ScoringModel) -> tuple[str, list[str]]:
    """(goal, steps) of who is an MQL already; nothing at the best cell."""
    if not found.best:
        return "", []
    return "To lift the cell:", [_said(step, found) for step in found.best]


def _said(step: Step, found: Steps, *, mql: bool = False) -> str:
    """`Demo request (+40): engagement 14.5 more → A1` · `Company size is unknown: 500 people or more → A2 → MQL`."""
    what = step.what[:1].upper() + step.what[1:]
    if step.more > 1:
        what += f", {step.more} more"
    parts = []
    for name, now, then in (("fit", found.fit, step.fit), ("engagement", found.engagement, step.engagement)):
        if round(then - now, 1) > 0:
            parts.append(f"{name} +{words.plain(round(then - now, 1))} to {number(then, 1 if then % 1 else 0)}")
    gain = f": {', '.join(parts)}" if parts and step.kind == "touch" else f", {', '.join(parts)}" if parts else ""
    cell = f" → {step.cell}" if step.cell != found.cell else ""
    return f"{what}{gain}{cell}{' → MQL' if mql else ''}"
