"""Rows to learn from: typed columns, one outcome, and the order in which they happened. Pure.

A table comes from the company's own leads (`leads_table`) or from a file (`from_csv`); the guard and the fit do not
know which.
"""

import csv
import io
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from leads.attributes import DATE, LIST, NUMBER, TEXT, YES_NO
from revops.lib import words
from revops.lib.errors import Invalid

# What forms and exports write where nobody answered; “Select” is what a list says before anybody chose.
BLANK = frozenset(["", "select", "please select", "--none--", "-", "n/a", "na", "null", "none given", "?"])
YES, NO = frozenset(["yes", "true", "y", "1", "t", "won"]), frozenset(["no", "false", "n", "0", "f", "lost"])
FEW = 20  # rows up to which nothing is said to name the row
MOSTLY = 0.98  # of the values must read as a number (a date) for the column to be one


@dataclass(slots=True)
class Column:
    """`values`: one a row, None = unknown; float, str, bool, or a tuple of str as `kind` says (leads.attributes).

    `late`: rows whose value came after the hand-off, where that is known; `known`: rows with a value at all, late ones
    among them. `now`: columns whose past is not kept have nothing else.
    """

    name: str
    kind: str
    values: list[Any]
    label: str = ""
    late: int = 0
    known: int | None = None

    @property
    def called(self) -> str:
        return self.label or self.name


@dataclass(slots=True)
class Table:
    """`outcome`: one a row. `order`: numbers that grow with time, None = the rows stand as they came.

    `outcome_name`: what became of them, in words. `left_out`: {why: rows}. `unusable`: {column: why}, found while the
    table was made.
    """

    columns: list[Column]
    outcome: list[bool]
    order: list[float] | None = None
    outcome_name: str = "converted"
    left_out: dict[str, int] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.outcome)

    def split(self, share: float = 0.2) -> tuple[list[int], list[int]]:
        """(older rows, the newest `share` of them): what comes later judges what was learned before. Rows of one moment
        stay together, so that with few moments it may be some more or fewer."""
        rows = range(len(self))
        cut = len(rows) - int(len(rows) * share)
        if self.order is None:
            return list(rows[:cut]), list(rows[cut:])
        ordered = sorted(rows, key=lambda i: (self.order[i], i))
        moments = [self.order[i] for i in ordered]
        if cut < len(rows):
            ends = [bisect_left(moments, moments[cut]), bisect_right(moments, moments[cut])]
            cut = min((end for end in ends if 0 < end < len(rows)), key=lambda end: abs(end - cut), default=cut)
        return ordered[:cut], ordered[cut:]

    def only(self, names: Iterable[str]) -> "Table":
        wanted = set(names)
        return Table(
            [one for one in self.columns if one.name in wanted], self.outcome, self.order, self.outcome_name,
            self.left_out, self.unusable,
        )  # fmt: skip


def blank(value: Any) -> bool:
    return value is None or str(value).strip().lower() in BLANK


def from_csv(
    text: str, *, outcome: str, positive: str | None = None, negative: Sequence[str] = (), order: str | None = None
) -> Table:  # fmt: skip
    """`text`: a whole file with a head line. Raises Invalid with a sentence when it cannot be read that way."""
    try:
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    except csv.Error as broken:
        raise Invalid(f"The file is not a readable CSV: {broken}.", code="file") from None
    return from_rows(rows, outcome=outcome, positive=positive, negative=negative, order=order)


def from_rows(
    rows: Sequence[Mapping[str, Any]], *, outcome: str, positive: str | None = None, negative: Sequence[str] = (),
    order: str | None = None,
) -> Table:  # fmt: skip
    """`positive`: the outcome's value that counts as yes (else yes/no, 1/0, won/lost are understood); `negative`: those
    that count as no, all others but `positive` when none is named."""
    heads = [head for head in (rows[0] if rows else {}) if head]
    for wanted in (outcome, order):
        if wanted and wanted not in heads:
            raise Invalid(f"There is no column “{wanted}”. There are: {', '.join(heads)}.", code="column")
    said = [_said(row.get(outcome), positive, negative) for row in rows]
    if rows and not any(one is not None for one in said):
        seen = ", ".join(sorted({str(row.get(outcome)) for row in rows})[:8])
        raise Invalid(
            f"“{outcome}” does not say yes or no (it says {seen}). Name the value that is a yes.", code="outcome"
        )
    kept = [i for i, one in enumerate(said) if one is not None]
    left_out = {"without an outcome": len(rows) - len(kept)} if len(kept) < len(rows) else {}
    named = f"have {outcome} {positive or 'yes'}"
    found = Table([], [bool(said[i]) for i in kept], None, named, left_out)
    if order:
        found.order = _order([rows[i].get(order) for i in kept], order)
    for head in heads:
        if head not in (outcome, order):
            column, why = typed(head, [rows[i].get(head) for i in kept])
            if column is None:
                found.unusable[head] = why
            else:
                found.columns.append(column)
    return found


def typed(name: str, raw: Sequence[Any]) -> tuple[Column | None, str]:
    """A column as what it seems to be, or why nothing can be learned from it."""
    texts = [None if blank(value) else str(value).strip() for value in raw]
    known = [text for text in texts if text is not None]
    why = useless(texts, real=_mostly(known, _real))
    if why:
        return None, why
    different = set(known)
    if {text.lower() for text in different} <= YES | NO and not _mostly(known, _real):
        return Column(name, YES_NO, [None if text is None else text.lower() in YES for text in texts]), ""
    if _mostly(known, _real) and len(different) > 2:
        numbers = [None if text is None else _number(text) for text in texts]
        whole = all(value is None or value == int(value) for value in numbers)
        if whole and len(different) == len(texts) > FEW:
            return None, f"names the row: {words.number(len(different))} different numbers"
        return Column(name, NUMBER, numbers), ""
    if _mostly(known, _moment):
        return None, "is a moment: it says when, not who"
    if sum(";" in text for text in known) > 0.2 * len(known):
        return Column(name, LIST, [None if text is None else _parts(text) for text in texts]), ""
    return Column(name, TEXT, texts), ""


def useless(values: Sequence[Any], *, real: bool = False) -> str:
    """Why nothing can be learned from a column's values (None = unknown); empty when something can. `real`: numbers,
    which may all differ."""
    known = [value for value in values if value is not None]
    different = len(set(known))
    if not known:
        return "is empty"
    if different == 1 and len(known) == len(values):
        return "says the same of every row"
    if not real and different > 0.5 * len(known) and len(known) > FEW:
        return f"names the row: {words.number(different)} different values in {words.number(len(known))}"
    return ""


def _said(value: Any, positive: str | None, negative: Sequence[str]) -> bool | None:
    if blank(value):
        return None
    text = str(value).strip()
    if positive is not None:
        return True if text == positive else False if not negative or text in negative else None
    low = text.lower()
    return True if low in YES else False if low in NO else None


def _order(raw: Sequence[Any], name: str) -> list[float]:
    read = [_number(str(value)) if _real(str(value)) else _moment(str(value)) for value in raw]
    if any(one is None for one in read):
        n = sum(one is None for one in read)
        raise Invalid(
            f"“{name}” does not order the rows: {words.plural(n, 'value')} is no number and no date.", code="order"
        )
    return [float(one) for one in read]


def _mostly(known: Sequence[str], reads) -> bool:
    return sum(reads(text) not in (None, False) for text in known) >= MOSTLY * len(known)


def _real(text: str) -> bool:
    return _number(text) is not None


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None  # neither infinite nor NaN


def _moment(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
        # Days since the year one; hours count too, and what names no zone is taken as UTC.
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() / 86_400 + 719_163 + 1e-9
    except (ValueError, OverflowError):
        return None


def _parts(text: str) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in text.split(";") if part.strip()}))


__all__ = ["DATE", "LIST", "NUMBER", "TEXT", "YES_NO", "Column", "Table", "from_csv", "from_rows", "typed"]
