"""A file as numbered lines of cells, whatever its bytes."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from leads.importing.maps import Map
from revops.lib.errors import Invalid

csv.field_size_limit(1_000_000)
# NUL cannot be stored; surrogates are bytes that were not text in the file's encoding.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Refusal(Exception):
    """Why a line is not taken. `code` for counting, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def header(path: Path, chart: Map) -> list[str]:
    """The column names. Raises Invalid when the file is empty, names a column twice or lacks a mapped one."""
    for _, cells in _records(path, chart):
        if isinstance(cells, Refusal):
            raise Invalid(f"The first line of {path.name} cannot be read: {cells.detail}", code="bad_file")
        names = [cell.strip() for cell in cells]
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise Invalid(f"{path.name} names a column twice: {', '.join(twice)}.", code="bad_file")
        absent = sorted(chart.columns() - set(names))
        if absent:
            raise Invalid(
                f"{path.name} has no column {', '.join(absent)}, which the map {chart.name} names.", code="bad_file"
            )
        return names
    raise Invalid(f"{path.name} is empty.", code="bad_file")


def lines(path: Path, chart: Map, names: list[str]) -> Iterator[tuple[int, dict[str, str] | Refusal]]:
    """(number of the record's first line in the file, cells by column, or why it cannot be one)."""
    records = _records(path, chart)
    next(records, None)
    for number, cells in records:
        if isinstance(cells, Refusal):
            yield number, cells
        elif len(cells) != len(names):
            yield number, Refusal("wrong_columns", f"{len(cells)} cells where the header has {len(names)}.")
        elif any(UNSTORABLE.search(cell) for cell in cells):
            yield number, Refusal("bad_characters", "Holds bytes that are not text in the file's encoding.")
        else:
            yield number, dict(zip(names, (cell.strip() for cell in cells), strict=True))


def _records(path: Path, chart: Map) -> Iterator[tuple[int, list[str] | Refusal]]:
    try:
        with path.open(encoding=chart.encoding, errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, delimiter=chart.delimiter)
            while True:
                number = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield number, Refusal("unreadable", f"Not a line of a table: {error}.")
                    continue
                if cells:  # an empty line is no record
                    yield number, cells
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.", code="bad_file") from None
    except LookupError:
        raise Invalid(f"encoding: {chart.encoding!r} is not known.", code="bad_map") from None
