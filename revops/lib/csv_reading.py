"""Files that people bring: cut into lines and read one by one; a line that can't be read is named with column and why.

Values are texts, as `csv_file` wrote them or as a spreadsheet saved them.
"""

import csv
import io
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from revops.lib import csv_file
from revops.lib.errors import Invalid

MOST = 5_000
LARGEST = 1024 * 1024
T = TypeVar("T")


class Wrong(ValueError):
    """One value that can't be read: its `field`, a `code` for programs, a `detail` for people."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.field, self.code, self.detail = field, code, detail


@dataclass(slots=True)
class Found(Generic[T]):
    """`kept`: what was read, with the line it stands on; `refused`: (line, field, why)."""

    kept: list[tuple[int, T]] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)


Lines = list[tuple[int, dict[str, str]]]


def cut(text: str, columns: Collection[str], needed: Collection[str]) -> Lines:
    """[(line, {column: text})] of a file with comma, semicolon or tab; empty lines are none. Raises Invalid for what is
    no such file: without a header naming at least the `needed` columns, with others, longer than MOST lines."""
    body = text.lstrip("\ufeff")
    header = body.partition("\n")[0]
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=max(",;\t", key=header.count))
    found: Lines = []
    try:
        head = [cell.strip().lower() for cell in next(rows, [])]
        if not set(needed) <= set(head):
            raise Invalid(f"The first line names the columns: {', '.join(columns)}.", code="no_header", field="file")
        if extra := [name for name in head if name and name not in columns]:
            raise Invalid(f"There is no column {extra[0][:60]}; there are {', '.join(columns)}.", field="file")
        if twice := [name for name in columns if head.count(name) > 1]:
            raise Invalid(f"The column {twice[0]} is there twice.", field="file")
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(found) >= MOST:
                raise Invalid(f"A file has at most {MOST:,} lines; send the rest as another.", field="file")
            said = {name: csv_file.plain(cell) for name, cell in zip(head, cells, strict=False) if name}
            found.append((rows.line_num, said))
    except csv.Error as error:
        raise Invalid(f"The file can't be read as CSV: {error}.", code="not_csv", field="file") from None
    return found


def sort(
    lines: Lines, read: Callable[[Mapping[str, str]], T | None], name: Callable[[T], Sequence[Hashable]], twice: str
) -> Found[T]:
    """Each line by `read`, which raises Wrong and answers None for a line that says nothing. Two lines of one of the
    `name`s can't both count: the second is refused at the column `twice`."""
    found: Found[T] = Found()
    seen: dict[Hashable, int] = {}
    for line, said in lines:
        try:
            one = read(said)
            if one is None:
                continue
            names = name(one)
            if first := next((seen[n] for n in names if n in seen), None):
                raise Wrong(twice, "twice", f"Line {first} says the same already; give each its own {twice}.")
        except Wrong as wrong:
            found.refused.append((line, wrong.field, wrong.detail))
            continue
        seen |= dict.fromkeys(names, line)
        found.kept.append((line, one))
    return found


def text(said: Mapping[str, str], name: str, longest: int) -> str:
    """On one line. Raises Wrong."""
    found = " ".join(str(said.get(name) or "").split())
    if len(found) > longest:
        raise Wrong(name, "too_long", f"Use at most {longest} characters.")
    if "\0" in found:
        raise Wrong(name, "nul", "The NUL character cannot be kept in a text.")
    return found
