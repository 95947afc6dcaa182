"""Several texts in one line of a form: commas between them, quotation marks around one that holds a comma itself."""

import csv
from collections.abc import Iterable


def joined(texts: Iterable[str]) -> str:
    """`a, "VP, Marketing"`; what `apart` takes apart again."""
    return ", ".join(_quoted(one) for one in texts)


def apart(line: str) -> list[str]:
    """The texts of a line, trimmed, without empty ones."""
    try:
        rows = list(csv.reader(line.splitlines(), skipinitialspace=True))
    except csv.Error:  # longer than anybody writes
        rows = [line.split(",")]
    return [one.strip() for row in rows for one in row if one.strip()]


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if "," in text or text.startswith('"') else text
