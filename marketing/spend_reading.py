"""One entry of spend as people, files and programs write it, read the same for all of them.

A reading is given the names that exist, so that ten thousand lines cost no query each. What is wrong is collected.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import InvalidOperation

from marketing import vocabulary
from marketing.campaigns import code_of
from marketing.models import Campaign, Channel, Spend
from marketing.spend import HAND, Amount, cell
from revops.lib import amounts
from revops.lib.csv_reading import Wrong, text

LARGEST = 10**13  # minor units: a hundred billion
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 1)
FIELDS = ("month", "channel", "campaign", "kind", "amount", "currency", "note", "source", "key")


@dataclass(frozen=True, slots=True)
class Names:
    """Channels by code and alias, campaigns {code: (id, channel)}, and the organisation's currency."""

    channels: frozenset[str]
    aliases: Mapping[str, str]
    campaigns: Mapping[str, tuple[int, str | None]]
    currency: str

    @classmethod
    def load(cls, currency: str) -> "Names":
        """Two queries."""
        return cls(
            frozenset(Channel.objects.values_list("code", flat=True)),
            vocabulary.aliases(),
            {code: (pk, channel) for code, pk, channel in Campaign.objects.values_list("code", "pk", "channel_id")},
            currency,
        )


def read(said: Mapping[str, str], names: Names) -> Amount:
    """Texts of FIELDS; raises Wrong for the first that can't be read. An empty amount takes the entry out."""
    kind = _kind(said.get("kind", ""))
    campaign, of = _campaign(said.get("campaign", ""), names)
    channel = _channel(said.get("channel", ""), names) or of
    if kind == Spend.Kind.TOOLS and channel:
        raise Wrong("channel", "not_of_tools", "Tools serve all channels: leave the channel out.")
    if kind == Spend.Kind.PROGRAMME and not channel:
        raise Wrong("channel", "required", "Name the channel it was spent on, or say the kind is tools.")
    if of and channel != of:
        raise Wrong("campaign", "other_channel", f"The campaign is of the channel {of}.")
    if "amount" not in said:
        raise Wrong("amount", "required", "Say how much, such as 12000.00.")
    of_month, currency = month(said.get("month", "")), _currency(said.get("currency", ""), names.currency)
    key = text(said, "key", 160)
    if not key and currency != names.currency:
        key = f"{cell(of_month, channel, campaign)} {currency}"  # what is typed into the grid must not replace it
    return Amount(
        month=of_month, channel=channel, campaign=campaign, kind=kind,
        amount=minor(said["amount"]) if said["amount"].strip() else None,
        currency=currency, note=text(said, "note", 200), source=text(said, "source", 60) or HAND, key=key,
    )  # fmt: skip


def month(text: str) -> date:
    """2026-11 or any day of it, as its first day."""
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", text.strip(), re.ASCII)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
    except ValueError:
        day = None
    if day is None or not FIRST <= day.replace(day=1) <= LAST:
        raise Wrong("month", "invalid_month", "Give a month like 2026-11.")
    return day.replace(day=1)


def minor(text: str, field: str = "amount") -> int:
    """ "12,000.50" → 1200050."""
    try:
        exact = amounts.exact(re.sub(r"[\s$€£]", "", text))
    except InvalidOperation:
        raise Wrong(field, "not_a_number", "Give a number, such as 12000.00.") from None
    if not exact.is_finite() or exact < 0:
        raise Wrong(field, "negative", "Give 0 or more; a credit lowers the amount of its month.")
    cents = exact.scaleb(2)
    if cents != cents.to_integral_value():
        raise Wrong(field, "too_precise", "An amount has at most two decimal places.")
    if cents > LARGEST:
        raise Wrong(field, "too_large", "The amount is larger than 100,000,000,000.")
    return int(cents)


def _kind(text: str) -> str:
    kind = text.strip().lower() or Spend.Kind.PROGRAMME.value
    if kind not in Spend.Kind.values:
        raise Wrong("kind", "not_a_choice", "The kind is programme or tools.")
    return kind


def _channel(text: str, names: Names) -> str | None:
    said = text.strip()
    if not said:
        return None
    code = said if said in names.channels else names.aliases.get(" ".join(said.lower().split()))
    if code is None or code not in names.channels:
        raise Wrong("channel", "unknown_channel", f"There is no channel {said[:60]}.")
    return code


def _campaign(text: str, names: Names) -> tuple[int | None, str | None]:
    said = text.strip()
    if not said:
        return None, None
    if code_of(said) not in names.campaigns:
        raise Wrong("campaign", "unknown_campaign", f"There is no campaign {said[:60]}.")
    return names.campaigns[code_of(said)]


def _currency(text: str, default: str) -> str:
    code = text.strip().upper() or default
    if not re.fullmatch("[A-Z]{3}", code):
        raise Wrong("currency", "invalid_currency", "A currency is three letters, such as USD.")
    return code
