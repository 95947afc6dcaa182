"""A list of dated stages becomes qualification cycles: who comes back after an end begins the next one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leads.models import OPEN_STAGES, Stage

ENDS = frozenset({Stage.RECYCLED, Stage.REJECTED, Stage.LOST, Stage.DISQUALIFIED})
BACK = frozenset([*OPEN_STAGES, Stage.OPPORTUNITY, Stage.WON])


@dataclass(slots=True)
class Way:
    """One cycle. `opened`: the first thing known of it. `at`: {stage: when it was first reached}. `stage`: where it
    stands or ended."""

    opened: datetime
    stage: str
    at: dict[str, datetime] = field(default_factory=dict)


def split(events: Sequence[tuple[datetime, str]]) -> list[Way]:
    """`events`: (moment, stage) in any order. The same stage twice in a row is said once; a step back within a cycle
    keeps the first date of each stage."""
    ways: list[Way] = []
    for at, stage in sorted(events, key=lambda event: event[0]):
        if not ways or (ways[-1].stage in ENDS and stage in BACK):
            ways.append(Way(at, Stage.INQUIRY))
        way = ways[-1]
        if stage != Stage.INQUIRY:
            way.at.setdefault(stage, at)
        way.stage = stage if stage != Stage.INQUIRY or way.stage == Stage.INQUIRY else way.stage
    return ways
