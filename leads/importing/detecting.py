"""What a file of unknown origin is: its encoding, what separates its cells, where its header is. Pure: bytes in."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from charset_normalizer import from_bytes

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 256 * 1024
HEADER_WITHIN = 20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
# Forms a date is written in, most exact first. Day and month first look alike up to the 12th.
ISO = ("iso", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %H:%M",
       "%d.%m.%Y %H:%M:%S", "%d %b %Y", "%b %d, %Y")  # fmt: skip
MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m-%d-%Y")
DAY_FIRST = ("%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %I:%M %p", "%d-%m-%Y")
EPOCHS = {"epoch_ms": (631_152_000_000, 4_102_444_800_000), "epoch_s": (631_152_000, 4_102_444_800)}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file is read. `header_line`: 1 = its first."""

    encoding: str
    delimiter: str
    header_line: int


def encoding(pieces: Iterable[bytes]) -> str:
    """The name of the codec that reads these bytes. Reads no further than needed to be sure."""
    head, decoder, bad = b"", codecs.getincrementaldecoder("utf-8")(), None
    for piece in pieces:
        if not head:
            head = piece[:SAMPLE]
            for mark, name in MARKS:
                if head.startswith(mark):
                    return name
            if guessed := _wide(head):
                return guessed
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            bad = piece[max(0, error.start - SAMPLE // 2) : error.start + SAMPLE // 2]
            break
    if bad is None:
        return "utf-8-sig"
    if _mostly_utf8(bad):
        return "utf-8-sig"  # a few broken bytes in it: those lines are refused, the others keep their letters
    best = from_bytes(bad).best()
    name = best.encoding.replace("_", "-") if best else "cp1252"
    # Texts of Western Europe are hard to tell apart by their few letters; Windows wrote nearly all of them.
    western = {"latin-1", "iso8859-1", "iso8859-15", "cp1250", "cp1252", "cp1254", "cp1257", "cp1258", "mac-roman",
               "iso8859-9", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-10", "iso8859-13", "iso8859-14",
               "iso8859-16", "mac-iceland", "mac-latin2", "mac-turkish", "hp-roman8", "cp850", "cp437", "cp858",
               "cp775", "cp852", "cp857", "cp860", "cp861", "cp863", "cp865", "ascii", "utf-8", "cp037", "cp500",
               "cp1026", "cp1140", "cp273", "cp1125", "big5", "johab", "cp949", "kz1048"}  # fmt: skip
    return "cp1252" if name in western else name


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every second byte of Western text is a zero."""
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = min(len(head), 4000) // 2
    if half < 4:
        return ""
    return "utf-16-le" if odd > half * 0.6 > even * 3 else "utf-16-be" if even > half * 0.6 > odd * 3 else ""


def _mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="surrogateescape")
    broken = sum(1 for sign in text if "\ud800" <= sign <= "\udfff")
    whole = sum(1 for sign in text if ord(sign) > 127) - broken
    return whole > broken * 5


def layout(sample: str, name: str) -> Layout:
    """`sample`: the file's first signs, decoded; the last line may be cut."""
    lines = sample.splitlines(keepends=True)
    text = "".join(lines[:-1]) if len(lines) > 2 else sample
    best: tuple[float, int, str, int] = (-1.0, 0, ",", 1)
    for delimiter in DELIMITERS:
        rows = _rows(text, delimiter)
        if not rows:
            continue
        width, times = Counter(len(cells) for _, cells in rows).most_common(1)[0]
        share = times / len(rows) if width > 1 else 0.0
        header = next((line for line, cells in rows[:HEADER_WITHIN] if len(cells) == width), rows[0][0])
        best = max(best, (round(share, 2), width, delimiter, header), key=lambda one: one[:2])
    share, width, delimiter, header = best
    if width < 2:
        first = _rows(text, ",")
        return Layout(name, ",", first[0][0] if first else 1)
    return Layout(name, delimiter, header)


def _rows(text: str, delimiter: str, most: int = 60) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    while len(found) < most:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except (StopIteration, csv.Error):
            break
        if cells:
            found.append((line, cells))
    return found


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a first line is a row already: names of columns are no addresses, numbers or dates."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return True
    odd = sum(1 for cell in filled if "@" in cell or _numeric(cell) or fits(cell, "iso"))
    return odd * 2 > len(filled)


def _numeric(text: str) -> bool:
    return text.lstrip("-+").replace(".", "", 1).replace(",", "").isdigit()


def fits(text: str, form: str) -> bool:
    try:
        if form in EPOCHS:
            least, most = EPOCHS[form]
            return least <= float(text) <= most
        if form == "iso":
            return len(text) >= 8 and "-" in text and datetime.fromisoformat(text) is not None
        datetime.strptime(text, form).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return False
    return True


def dates(columns: Sequence[Sequence[str]]) -> tuple[list[str], bool]:
    """(the forms that read every column of dates, whether day and month could be either way round).

    `columns`: a sample of distinct values of each column. A column counts when one form or a few read all of it.
    """
    forms: dict[str, None] = {}
    month, day, either = False, False, False
    for values in columns:
        values = [value for value in values if value][:200]
        if not values or not any(sign.isdigit() for sign in values[0]):
            continue
        if all(any(fits(value, form) for form in ISO) for value in values):
            forms |= dict.fromkeys(next(form for form in ISO if fits(value, form)) for value in values)
            continue
        by_month = [form for form in MONTH_FIRST if any(fits(value, form) for value in values)]
        by_day = [form for form in DAY_FIRST if any(fits(value, form) for value in values)]
        all_month = by_month and all(any(fits(value, form) for form in by_month) for value in values)
        all_day = by_day and all(any(fits(value, form) for form in by_day) for value in values)
        if all_month and all_day:
            either = True
        month, day = month or bool(all_month and not all_day), day or bool(all_day and not all_month)
        if all_month or all_day:
            forms |= dict.fromkeys([*by_month, *by_day])
    found = list(forms)
    if day and not month:
        found = [form for form in found if form not in MONTH_FIRST]
    elif month and not day:
        found = [form for form in found if form not in DAY_FIRST]
    # Either way: month first stands until somebody says otherwise, since most exports are made so.
    return found, (either and not month and not day) or (month and day)
