"""CSV answers: streamed, and safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV injection"), full-width ones and those
# behind blanks too.
SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
CONTROLS = ("\t", "\r", "\n", "\0")
BLANKS = " \t\r\n\0\v\f\u00a0\u200b\u2060\u3000\ufeff"


def safe(value: Any) -> str:
    """The cell's text; what a spreadsheet would run as a formula gets an apostrophe in front. Numbers stay numbers."""
    if value is None:
        return ""
    text = str(value)
    return "'" + text if isinstance(value, str) and _is_risky(text) else text


def plain(cell: str) -> str:
    """The text that `safe` made this cell of."""
    return cell[1:] if cell.startswith("'") and _is_risky(cell[1:]) else cell


def answer(name: str, head: Iterable[str], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """`rows` are read while they are sent, so a million of them need no memory."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        # The mark tells spreadsheets that this is UTF-8.
        yield "\ufeff" + writer.writerow([safe(cell) for cell in head])
        for row in rows:
            yield writer.writerow([safe(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


class _Echo:
    def write(self, line: str) -> str:
        return line


def _is_risky(text: str) -> bool:
    bare = text.lstrip(BLANKS)
    if text.startswith(CONTROLS) or (bare.startswith(SIGNS) and not _is_number(text)):
        return True
    # Our own sign is doubled, so that what came out can be read back exactly.
    return text.startswith("'") and _is_risky(text[1:])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
