"""A file as numbered lines of cells, whatever its bytes."""

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from typing import Any
from zipfile import BadZipFile, ZipFile

from leads.models import ImportChunk, ImportRun
from revops.lib import csv_file
from revops.lib.errors import Invalid

MOST_ROWS = 500_000
MOST_COLUMNS = 500  # exports of Salesforce have nearly four hundred
LONGEST_CELL = 100_000
MOST_UNPACKED = 1_000_000_000  # bytes of a workbook's sheets
MOST_SHARED = 96_000_000  # bytes of its texts, which openpyxl keeps in memory
MOST_PACKED = 200  # a sheet packs to a tenth; what packs two hundred times better is made to hurt
csv.field_size_limit(1_000_000)
# NUL cannot be stored; surrogates are bytes that were not text in the file's encoding.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Refusal(Exception):
    """Why a line is not taken. `code` for counting, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


Record = tuple[int, "list[str] | Refusal"]


def records(run: ImportRun) -> Iterator[Record]:
    """(line, cells or why it cannot be one), from the header on; `run.facts` say how to read. Empty lines are none."""
    facts = run.facts
    found = workbook(run.pk) if facts.get("format") == "xlsx" else text(run.pk, facts["encoding"], facts["delimiter"])
    with closing(found):
        for line, cells in found:
            if line >= facts.get("header_line", 1):
                yield line, cells


def lines(run: ImportRun, names: Sequence[str], skip: int = 0) -> Iterator[tuple[int, "dict[str, str] | Refusal"]]:
    """(number of the record's first line in the file, cells by column, or why it cannot be one), without the header
    and the first `skip` records."""
    found = records(run)
    width, guarded = len(names), bool(run.corrects_id)
    with closing(found):
        next(found, None)
        for _ in range(skip):
            next(found, None)
        for number, cells in found:
            if isinstance(cells, Refusal):
                yield number, cells
                continue
            if len(cells) != width:
                # Workbooks and some exports leave out or add empty cells at the end.
                if len(cells) < width and run.facts.get("format") == "xlsx":
                    cells = [*cells, *[""] * (width - len(cells))]
                elif len(cells) > width and not any(cell.strip() for cell in cells[width:]):
                    cells = cells[:width]
                else:
                    yield number, Refusal("wrong_columns", f"{len(cells)} cells where the header has {width}.")
                    continue
            whole = "\x1f".join(cells)
            if UNSTORABLE.search(whole):
                yield number, Refusal("bad_characters", "Holds bytes that are not text in the file's encoding.")
            elif len(whole) > LONGEST_CELL and any(len(cell) > LONGEST_CELL for cell in cells):
                yield number, Refusal("too_long", f"A cell has more than {LONGEST_CELL:,} characters.")
            else:
                stripped = [cell.strip() for cell in cells]
                if guarded:
                    # An error file: without the apostrophes that kept spreadsheets from running its cells.
                    stripped = [csv_file.plain(cell).strip() for cell in stripped]
                yield number, dict(zip(names, stripped, strict=True))


def column_names(cells: Sequence[str]) -> list[str]:
    """The header's names as they are used. Raises Invalid when one is named twice or there are too many."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Invalid(f"It has {len(names):,} columns; at most {MOST_COLUMNS} are read.", code="too_big")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise Invalid(f"The header names a column twice: {', '.join(twice)}.", code="bad_file")
    if any(UNSTORABLE.search(name) or len(name) > 200 for name in names):
        raise Invalid("The header has names that are no text or longer than 200 characters.", code="bad_file")
    return names


# --- bytes ------------------------------------------------------------------------------------
class Chunks(io.RawIOBase):
    """The file's bytes as a stream, one piece in memory at a time."""

    def __init__(self, run_id: int) -> None:
        self.run_id, self.number, self.piece, self.at = run_id, 0, b"", 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.at >= len(self.piece):
            found = ImportChunk.objects.filter(run=self.run_id, number=self.number).values_list("body", flat=True)
            self.piece, self.at = bytes(next(iter(found), b"")), 0
            self.number += 1
        part = self.piece[self.at : self.at + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)


def pieces(run_id: int) -> Iterator[bytes]:
    stream = Chunks(run_id)
    while part := stream.read(1 << 20):
        yield part


def text(run_id: int, encoding: str, delimiter: str) -> Iterator[Record]:
    """Records of a text file; an empty line is none."""
    errors = "surrogateescape" if encoding.startswith(("utf-8", "cp", "latin", "iso")) else "replace"
    try:
        file = io.TextIOWrapper(io.BufferedReader(Chunks(run_id), 1 << 18), encoding, errors=errors, newline="")
    except LookupError:
        raise Invalid(f"encoding: {encoding!r} is not known.", code="bad_map") from None
    over = False

    def until_its_end() -> Iterator[str]:
        nonlocal over
        yield from file
        over = True

    with file:
        reader = csv.reader(until_its_end(), delimiter=delimiter)
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, Refusal("unreadable", f"Not a line of a table: {error}.")
                continue
            if over:
                # Asked for more in the middle of a record: all that follows the quote would be one cell.
                said = f"A quote is opened and never closed, so {reader.line_num - number + 1} lines from here are one."
                yield number, Refusal("unreadable", said)
            elif cells:
                yield number, cells


def workbook(run_id: int) -> Iterator[Record]:
    """Rows of a workbook's first sheet that has any. Raises Invalid for what is no workbook or unpacks too far."""
    from openpyxl import load_workbook  # slow to load, and most files are text

    with tempfile.TemporaryFile() as file:
        for piece in pieces(run_id):
            file.write(piece)
        file.seek(0)
        harmless(file)
        file.seek(0)
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl raises whatever its parts raise
            raise Invalid(f"This is no workbook that can be read: {str(error)[:120]}", code="not_a_table") from None
        try:
            if not book.worksheets:
                raise Invalid("This workbook has no sheet.", code="empty")
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size may be anything
            yield from _sheet(sheet)
        finally:
            book.close()


def _sheet(sheet: Any) -> Iterator[Record]:
    number = 0
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1), 1):
            cells = [_cell(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
    except (ValueError, KeyError, TypeError, SyntaxError, BadZipFile, EOFError) as error:
        raise Invalid(f"The workbook is broken after row {number}: {str(error)[:100]}", code="not_a_table") from None


def harmless(file: Any) -> None:
    """Looks at a packed file's list of contents only. Raises Invalid when it would unpack to too much."""
    try:
        with ZipFile(file) as packed:
            parts = packed.infolist()
    except (BadZipFile, ValueError, OSError):
        raise Invalid("This is neither a CSV file nor a workbook.", code="not_a_table") from None
    whole = sum(part.file_size for part in parts)
    shared = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    dense = any(p.file_size > 10_000_000 and p.file_size > MOST_PACKED * max(p.compress_size, 1) for p in parts)
    if whole > MOST_UNPACKED or shared > MOST_SHARED or dense or len(parts) > 5_000:
        raise Invalid("This workbook unpacks to more than can be read. Save the sheet as CSV.", code="too_big")
    if not any(part.filename.startswith("xl/") for part in parts):
        raise Invalid("This is a packed file, but not a workbook. Unpack it and upload the table.", code="not_a_table")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)
