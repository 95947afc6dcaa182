"""What a row says about the way of a lead: no guards, but what is missing or in an odd order gets a flag. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leads.models import Stage

WAY = [Stage.INQUIRY, Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.WON]
# A row about a person who asked for nothing: it opens no cycle.
NO_LEAD = "none"
# How far along a stage is: a row never takes a lead back.
RANK: dict[str, int] = {stage: n for n, stage in enumerate(WAY)}
RANK |= {Stage.LOST: 5, Stage.REJECTED: 4, Stage.RECYCLED: 4, Stage.DISQUALIFIED: 4, NO_LEAD: -1}
# The stages that lie behind a lead that has come this way.
BEHIND: dict[str, list[str]] = {stage: WAY[1:n] for n, stage in enumerate(WAY)}
BEHIND |= {Stage.LOST: WAY[1:5], Stage.REJECTED: WAY[1:2], Stage.RECYCLED: WAY[1:2], Stage.DISQUALIFIED: []}


def flags(stage: str, at: Mapping[str, datetime], opened: datetime | None) -> list[str]:
    """`<stage>_missing`: passed without a date; `<stage>_undated`: reached without one; `x_before_y`: impossible order.

    `at`: {stage: moment} as the file gave them; `opened`: when the cycle opened, None when the row has no date of it.
    """
    found = [f"{passed}_missing" for passed in BEHIND[stage] if passed not in at]
    if stage != Stage.INQUIRY and stage not in at:
        found.append(f"{stage}_undated")
    latest: tuple[str, datetime] | None = None
    for step in sorted(at, key=lambda code: (RANK[code], code)):
        if opened is not None and at[step] < opened:
            found.append(f"{step}_before_opened")
        elif latest is not None and at[step] < latest[1]:
            found.append(f"{step}_before_{latest[0]}")
        if latest is None or at[step] > latest[1]:
            latest = (step, at[step])
    return found


def implied(stage: str, at: Mapping[str, datetime]) -> str:
    """The furthest of the stage the row names and the stages it dates: a date says that it happened."""
    return max([stage, *at], key=lambda code: RANK[code])


@dataclass(frozen=True, slots=True)
class Settled:
    """What is stored of a way: `stamps` {stage: moment}, without inquiry, whose stamp is `created_at`."""

    stage: str
    created_at: datetime
    stage_at: datetime
    stamps: dict[str, datetime]
    undated: bool
    flags: list[str]


def settle(stage: str, at: Mapping[str, datetime], opened: datetime | None, *, otherwise: datetime) -> Settled:
    """Fill in what the table needs from what is known. `otherwise`: the import's date, for rows without any.

    A stage reached without a date takes the latest date known and makes the lead `undated`, so that no KPI of time
    counts a guess; whatever was guessed is named in `flags`.
    """
    known = [*at.values(), *([opened] if opened else [])]
    created = opened or min(known, default=otherwise)
    stamps = dict(at)
    if stage != Stage.INQUIRY and stage not in stamps:
        stamps[stage] = max(known, default=otherwise)
    undated = not known or (stage != Stage.INQUIRY and stage not in at)
    found = flags(stage, at, opened)
    if opened is None and known:
        found.append("opened_missing")
    return Settled(str(stage), created, stamps.get(stage, created), stamps, undated, found)
