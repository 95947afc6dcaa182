"""What must not be learned from: attributes that know the outcome because they were set by it. Pure, unprompted.

Each excluded attribute is named with its reason and the evidence; a person may overrule it (`keep`). What is only
suspicious is kept and named too. What an attribute tells by itself is measured on the rows held out, with rates
learned from the older ones, so that a name with many values does not look clever.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from leads.attributes import LIST, NUMBER, YES_NO
from revops.lib import words
from scoring.learning import honesty
from scoring.learning.honesty import Auc
from scoring.learning.table import Column, Table

ALONE = 0.85  # AUC by itself: no single honest attribute of a lead tells that much
MISSING = 0.75  # AUC of only whether it is filled
DOUBTFUL = 0.65  # the same, said but not excluded
LATE = 0.2  # of the known values came after the hand-off
RAREST = 20  # rows that have an item of a list, before it is asked what it tells
SMOOTHING = 5  # rows of the average added to each value's own
BINS = 10

# Words that say somebody sets it while working on the lead, or afterwards. Few on purpose: a name is weak evidence, so
# only names that leave little doubt.
NAMES = [
    (re.compile(r"\btags?\b"), "tags are put on by those who work on the lead"),
    (re.compile(r"\b(lead|deal|opportunity|contact) (quality|rating|grade|profile|index|score|rank)\b"),
     "is judged by those who work on the lead"),
    (re.compile(r"\b(activity|profile|engagement|lead|fit|quality) (index|score)\b"),
     "is another score, recomputed for as long as the lead lives"),
    (re.compile(r"\blast (\w+ )?(activity|contact|contacted|modified|call|note|update|updated)\b"),
     "is overwritten by every contact, the sales contact too"),
    (re.compile(r"\b(status|stage|disposition|outcome)\b"), "says where the lead stands now"),
    (re.compile(r"\b(lost|won|win|loss|rejection|rejected|close|closed|converted) (reason|date|at|value|amount|on)\b"),
     "is written when it is over"),
    (re.compile(r"\b(sales|call|meeting|rep) (notes?|outcome|result|feedback|comments?)\b"), "is written by sales"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """`why`: late, alone, missing or name. `excluded` False: kept, though it looks suspicious or a person said so."""

    name: str
    label: str
    why: str
    said: str
    excluded: bool
    alone: float | None
    missing: float | None
    overruled: bool = False


def findings(table: Table, *, keep: Collection[str] = ()) -> list[Finding]:
    """What looks wrong, the most telling first."""
    older, newer = table.split()
    found = [one for column in table.columns if (one := _look(column, table, older, newer, keep))]
    return sorted(found, key=lambda one: (not one.excluded, -(one.alone or 0), one.name))


def _look(column: Column, table: Table, older: list[int], newer: list[int], keep: Collection[str]) -> Finding | None:
    ways = [column, *_item(column, table, older)]
    alone = max((_auc(encoded(one, table, older, newer), table, newer) for one in ways), key=lambda one: one.value or 0)
    unknown = [value is None for value in column.values]
    missing = _auc([float(not unknown[i]) for i in newer], table, newer) if any(unknown) else None
    either_way = None if missing is None or missing.value is None else max(missing.value, 1 - missing.value)
    told = None if alone.value is None else alone.value
    why, said = "", ""
    known = column.known if column.known is not None else len(unknown) - sum(unknown)
    name = _by_name(column)
    evidence = f"AUC {told:.2f} by itself" if told is not None else "nothing to measure"
    if column.late and known and column.late / known >= LATE:
        why, said = "late", f"{words.number(column.late)} of {words.number(known)} values came after the hand-off"
    elif told is not None and told >= ALONE:
        why, said = "alone", f"it tells the outcome almost alone: AUC {alone.said} on the newest fifth"
    elif either_way is not None and either_way >= MISSING:
        why, said = "missing", f"whether it is filled tells the outcome: AUC {either_way:.2f} on the newest fifth"
    elif name:
        why, said = "name", f"its name says it {name}; {evidence}" if name.startswith("is") else f"{name}; {evidence}"
    if why:
        kept = column.name in keep
        return Finding(column.name, column.called, why, said, not kept, told, either_way, overruled=kept)
    if either_way is not None and either_way >= DOUBTFUL:
        told_by = f"whether it is filled says something about the outcome (AUC {either_way:.2f})"
        said = f"{told_by}: kept, but ask who fills it and when"
        return Finding(column.name, column.called, "missing", said, False, told, either_way)
    return None


def _by_name(column: Column) -> str:
    for text in (column.name, column.label):
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
        plain = re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()
        for pattern, why in NAMES:
            if pattern.search(plain):
                return why
    return ""


def _auc(scores: list[float], table: Table, rows: list[int]) -> Auc:
    return honesty.auc(scores, [table.outcome[i] for i in rows])


def encoded(column: Column, table: Table, older: list[int], newer: list[int]) -> list[float]:
    """For each of `newer`: the smoothed rate of the older rows with the same value (numbers: in the same tenth)."""
    levels = _levels(column, older)
    seen: dict[Any, list[int]] = {}
    for i in older:
        counted = seen.setdefault(levels[i], [0, 0])
        counted[0] += 1
        counted[1] += table.outcome[i]
    average = sum(table.outcome[i] for i in older) / max(1, len(older))
    found = []
    for i in newer:
        n, hits = seen.get(levels[i], (0, 0))
        found.append((hits + SMOOTHING * average) / (n + SMOOTHING))
    return found


def _item(column: Column, table: Table, older: list[int]) -> list[Column]:
    """Of a list the one item that tells most among the older rows: the fit takes a list apart, and so must we."""
    if column.kind != LIST:
        return []
    seen: dict[str, list[int]] = {}
    for i in older:
        for item in set(column.values[i] or ()):
            counted = seen.setdefault(item, [0, 0])
            counted[table.outcome[i]] += 1
    lost, won = (sum(table.outcome[i] is side for i in older) or 1 for side in (False, True))
    often = [item for item, (without, with_) in seen.items() if without + with_ >= RAREST]
    if not often:
        return []
    best = max(sorted(often), key=lambda item: abs(seen[item][1] / won - seen[item][0] / lost))
    return [Column(column.name, YES_NO, [best in (value or ()) for value in column.values], column.label)]


def _levels(column: Column, older: list[int]) -> list[Any]:
    if column.kind != NUMBER:
        return column.values
    known = sorted(column.values[i] for i in older if column.values[i] is not None)
    edges = sorted({known[len(known) * k // BINS] for k in range(1, BINS)}) if known else []
    # Both sides: where most are nought the only edge is nought, and what is more than that must stand apart.
    return [
        None if value is None else (bisect_left(edges, value), bisect_right(edges, value)) for value in column.values
    ]
