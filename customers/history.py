"""Customers of the past: who won a deal before this product kept time (settings.PAST_DEALS_KEPT)."""

from collections.abc import Sequence
from datetime import datetime

from customers import beginnings


def keep(deal_ids: Sequence[int], *, now: datetime) -> None:
    """An import wrote these deals; the won ones make their companies customers long since. Runs inside the import's
    remembered work, so undoing the import takes them back."""
    if deal_ids:
        beginnings.begin(deal_ids, by=None, now=now, past=True)
