"""Spend as a file: one line an entry, out and in again without a change."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from marketing.models import Spend
from marketing.spend import Amount
from marketing.spend_reading import FIELDS, Names, Wrong, read
from revops.lib import csv_file
from revops.lib.errors import Invalid

MOST = 5_000
LARGEST = 1024 * 1024


@dataclass(slots=True)
class Reading:
    """`amounts` with the line each stands on; `refused`: (line, field, why)."""

    amounts: list[tuple[int, Amount]] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def parse(text: str, names: Names) -> Reading:
    """Comma, semicolon or tab; a header with at least month and amount. Raises Invalid for what is no such file."""
    lines = text.lstrip("\ufeff")
    header = lines.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(lines), delimiter=delimiter)
    try:
        head = [cell.strip().lower() for cell in next(rows, [])]
        if not {"month", "amount"} <= set(head):
            raise Invalid(f"The first line names the columns: {', '.join(FIELDS)}.", code="no_header", field="file")
        if extra := [name for name in head if name and name not in FIELDS]:
            raise Invalid(f"There is no column {extra[0][:60]}; there are {', '.join(FIELDS)}.", field="file")
        return _read(head, rows, names)
    except csv.Error as error:
        raise Invalid(f"The file can't be read as CSV: {error}.", code="not_csv", field="file") from None


def _read(head: list[str], rows: Iterator[list[str]], names: Names) -> Reading:
    found = Reading()
    seen: dict[tuple[str, str], int] = {}
    for cells in rows:
        line = rows.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(found.amounts) + len(found.refused) >= MOST:
            raise Invalid(f"A file has at most {MOST:,} lines; send the rest as another.", field="file")
        said = {name: csv_file.plain(cell) for name, cell in zip(head, cells, strict=False) if name}
        try:
            amount = read(said, names)
            if amount.name in seen:
                raise Wrong("key", "twice", f"Line {seen[amount.name]} says the same already; give each a key.")
        except Wrong as wrong:
            found.refused.append((line, wrong.field, wrong.detail))
            continue
        seen[amount.name] = line
        found.amounts.append((line, amount))
    return found


def lines() -> Iterator[list]:
    """All that is kept, oldest month first."""
    rows = Spend.objects.select_related("campaign").order_by("month", "id")
    for row in rows.iterator(chunk_size=2_000):
        yield [
            f"{row.month:%Y-%m}", row.channel_id or "", row.campaign.code if row.campaign else "", row.kind,
            Decimal(row.amount).scaleb(-2), row.currency, row.note, row.source, row.key or "",
        ]  # fmt: skip
