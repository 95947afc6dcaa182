"""What one set of lines says otherwise than another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sla.models import Policy, PolicySet

LINE_FIELDS = (
    "tier", "name", "condition", "amount", "unit", "hours", "calendar", "goal", "pause_reasons", "hops", "bench",
    "terms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """`field`: one of LINE_FIELDS, `ladder` (lists of rungs), `place` (from 1, within the target), or `line` for a line
    that is new (before None) or gone (after None; both else the target). `calendar`: ids."""

    line: UUID
    name: str
    field: str
    before: Any
    after: Any


def differences(draft: PolicySet, *, against: PolicySet | None = None) -> list[Difference]:
    """What `draft` says otherwise than `against`: by itself the set it was begun from. Two queries a set."""
    former = against or draft.based_on
    before = lines_of(former) if former is not None else []
    return between(before, lines_of(draft))


def lines_of(policy_set: PolicySet) -> list[Policy]:
    return list(policy_set.lines.order_by("position").prefetch_related("steps"))


def between(before: Sequence[Policy], after: Sequence[Policy]) -> list[Difference]:
    old = {line.line: line for line in before}
    new = {line.line: line for line in after}
    found: list[Difference] = []
    for line in after:
        was = old.get(line.line)
        if was is None:
            found.append(Difference(line.line, line.name, "line", None, line.target))
            continue
        for name in LINE_FIELDS:
            column = "calendar_id" if name == "calendar" else name
            if getattr(was, column) != getattr(line, column):
                found.append(Difference(line.line, line.name, name, getattr(was, column), getattr(line, column)))
        if rungs_of(was) != rungs_of(line):
            found.append(Difference(line.line, line.name, "ladder", rungs_of(was), rungs_of(line)))
    found += [Difference(line.line, line.name, "line", line.target, None) for line in before if line.line not in new]
    return found + _moved(before, after)


def _moved(before: Sequence[Policy], after: Sequence[Policy]) -> list[Difference]:
    """Only lines that both have, and among those as few as tell the story: what left the longest common order."""
    both = {line.line for line in before} & {line.line for line in after}
    found = []
    for target in dict.fromkeys(line.target for line in after):
        was = [line.line for line in before if line.target == target and line.line in both]
        now = [line for line in after if line.target == target and line.line in both]
        kept = _longest_rising([was.index(line.line) for line in now if line.line in was])
        places = {line.line: place for place, line in enumerate((x for x in after if x.target == target), 1)}
        for line in now:
            if line.line in was and was.index(line.line) not in kept:
                found.append(
                    Difference(line.line, line.name, "place", was.index(line.line) + 1, places[line.line])
                )  # fmt: skip
    return found


def _longest_rising(order: Sequence[int]) -> set[int]:
    best: list[list[int]] = []
    for i, one in enumerate(order):
        ends = [best[j] for j in range(i) if order[j] < one]
        best.append([*max(ends, key=len, default=[]), one])
    return set(max(best, key=len, default=[]))


def rungs_of(line: Policy) -> list[dict[str, Any]]:
    """A line's ladder as data, in order; no query when its steps were prefetched."""
    steps = line.__dict__.get("_rungs")
    if steps is not None:
        return steps
    return [
        {"level": step.level, "after": step.after, "who": list(step.who), "how": list(step.how), "then": step.then}
        for step in sorted(line.steps.all(), key=lambda step: step.level)
    ]
