"""Amounts as people type them."""

import re
from decimal import Decimal, InvalidOperation

PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?", re.ASCII)
GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?", re.ASCII)


def exact(text: str) -> Decimal:
    """ "12,000.50" → 12000.50. A comma stands between thousands: 12,50 is refused and never a hundred times as much;
    so are powers of ten beyond what arithmetic can hold. Raises InvalidOperation."""
    said = text.strip()
    if not (PLAIN.fullmatch(said) or GROUPED.fullmatch(said)):
        raise InvalidOperation
    return Decimal(said.replace(",", ""))
