"""A path: the touches of one deal in order, and its milestones (DOMAIN 5.1). Pure: no database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

# What makes somebody known to us: forms and what is signed up for.
IDENTIFYING = frozenset(
    {"form", "demo_request", "contact_request", "webinar", "download", "event", "trial_start", "chat"}
)
DIRECT = "direct"


class Step(NamedTuple):
    """One touch of one person in one session. `channel`: a code, `sales` for what sales did, "" when unknown."""

    id: int
    at: datetime
    kind: str
    channel: str
    person: int = 0
    side: str = "marketing"
    campaign: int | None = None
    asset: str = ""


@dataclass(slots=True)
class Path:
    """`steps`: eligible touches, oldest first. `amount`: minor units, None when not known in our currency.

    `lc`, `oc`: the place of the touch that made somebody known, and of the last one up to the opening of the deal; None
    when no touch is that. First touch is place 0, closing touch the last place.
    """

    deal: int
    opened: datetime
    closed: datetime
    steps: Sequence[Step]
    amount: int | None = None
    won: bool = True
    lc: int | None = None
    oc: int | None = None

    def __post_init__(self) -> None:
        self.lc = next((n for n, step in enumerate(self.steps) if step.kind in IDENTIFYING), None)
        before = [n for n, step in enumerate(self.steps) if step.at <= self.opened]
        self.oc = before[-1] if before else None

    @property
    def days(self) -> list[float]:
        """Days before the closing, of each touch."""
        return [(self.closed - step.at).total_seconds() / 86_400 for step in self.steps]

    def milestones(self, place: int) -> list[str]:
        """FT, LC, OC, CW: those this touch is."""
        marks = {"FT": 0, "LC": self.lc, "OC": self.oc, "CW": len(self.steps) - 1}
        return [name for name, where in marks.items() if where == place]
