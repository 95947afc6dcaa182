"""Spend as a file: one line an entry, out and in again without a change."""

from collections.abc import Iterator
from decimal import Decimal

from marketing.models import Spend
from marketing.spend import Amount
from marketing.spend_reading import FIELDS, Names, read
from revops.lib.csv_reading import Found, cut, sort


def parse(text: str, names: Names) -> Found[Amount]:
    """A header with at least month and amount. Raises Invalid for what is no such file."""
    lines = cut(text, FIELDS, ("month", "amount"))
    return sort(lines, lambda said: read(said, names), lambda amount: [amount.name], "key")


def lines() -> Iterator[list]:
    """All that is kept, oldest month first."""
    rows = Spend.objects.select_related("campaign").order_by("month", "id")
    for row in rows.iterator(chunk_size=2_000):
        yield [
            f"{row.month:%Y-%m}", row.channel_id or "", row.campaign.code if row.campaign else "", row.kind,
            Decimal(row.amount).scaleb(-2), row.currency, row.note, row.source, row.key or "",
        ]  # fmt: skip
