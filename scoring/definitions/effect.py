"""What a draft of a definition would mean for the leads there are, beside what is in force."""

from dataclasses import dataclass
from datetime import datetime

from revops.lib.errors import Invalid
from scoring import definitions
from scoring.definitions import violators
from scoring.models import Definition, ScoringModel


@dataclass(frozen=True, slots=True)
class Effect:
    """`violators`: of the leads in the stage now, under what is in force and under the draft. `handed`: inquiries that
    would be handed over by something new, the same two; None where no model scores. `missing`: why nothing is said."""

    before: violators.Counted | None = None
    after: violators.Counted | None = None
    handed_before: int | None = None
    handed_after: int | None = None
    estimated: bool = False
    missing: str = ""


def of(draft: Definition, *, now: datetime) -> Effect:
    """Two queries, and two more for an MQL."""
    from scoring import rescoring

    present = definitions.current(draft.stage, at=now)
    try:
        after = violators.count(draft, now=now)
        before = violators.count(present, now=now) if present else None
    except Invalid as wrong:
        return Effect(missing=wrong.detail)
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    if draft.stage != "mql" or model is None:
        return Effect(before, after)
    new = rescoring.would_hand_over(model, definition=draft, now=now)
    old = rescoring.would_hand_over(model, definition=present, now=now) if present else None
    return Effect(before, after, old.n if old else None, new.n, new.estimated)
