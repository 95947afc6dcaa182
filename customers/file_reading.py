"""Files about many customers: readings of health, and changes of what they pay a month, read line by line.

A line is of the customer whose id, domain or exact name it gives. Lines of customers that somebody else looks after
are refused like any other that can't be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from customers import accounts, contracts, movements
from customers.forms import not_before, of_day
from customers.models import ChurnReason, Component, Customer, HealthReading, SubscriptionMovement
from customers.readings import Reading
from customers.rights import may_care
from deals import money
from marketing.spend_reading import minor
from revops.lib import words
from revops.lib.csv_reading import Found, Lines, Wrong, cut, sort, text
from teams.models import Organisation

READINGS = ("customer", "company", "on", *Component.values, "note", "source")
MOVEMENTS = ("customer", "company", "on", "before", "after", "currency", "subscription", "reason", "note", "source",
             "key")  # fmt: skip
SOURCE = "csv"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Read:
    """A line of readings. `known`: they are all kept already."""

    customer: Customer
    day: date
    readings: list[Reading]
    known: bool = False


@dataclass(slots=True)
class Moved:
    """A line of a movement; `before`, `after` in minor units a month. `known`: it is kept already."""

    customer: Customer
    day: date
    source: str
    key: str
    subscription: str
    before: int
    after: int
    currency: str
    at: datetime
    reason: str = ""
    note: str = ""
    known: bool = False

    def told(self) -> dict[str, Any]:
        return {
            "key": self.key, "subscription": self.subscription, "customer": contracts.name(self.customer.company_id),
            "currency": self.currency, "before": self.before, "after": self.after, "occurred_at": self.at,
            "company_id": self.customer.company_id, "reason": self.reason, "note": self.note,
        }  # fmt: skip


class Names:
    """The customers a file speaks of, found by one query, and who may work on them."""

    def __init__(self, lines: Lines, user: Any) -> None:
        said = {_named(one) for _, one in lines} - {""}
        ids = [int(name) for name in said if _is_id(name)]
        rows = Customer.objects.select_related("company", "csm__team")
        found = rows.filter(pk__in=ids).union(
            rows.filter(company__domain__in=[name.lower() for name in said]), rows.filter(company__name__in=list(said))
        )
        self.user = user
        self.by_name: dict[str, list[Customer]] = {}
        self.may: dict[int | None, bool] = {}
        for row in rows.filter(pk__in=[one.pk for one in found]):
            for name in {str(row.pk), row.company.name, (row.company.domain or "").lower()} - {""}:
                self.by_name.setdefault(name, []).append(row)

    def of(self, said: Mapping[str, str]) -> Customer:
        name = _named(said)
        field = "customer" if said.get("customer", "").strip() else "company"
        if not name:
            raise Wrong("customer", "required", "Say which customer: its id, its domain or its exact name.")
        rows = self.by_name.get(name) or self.by_name.get(name.lower(), [])
        if not rows:
            raise Wrong(field, "unknown", f"There is no customer {name[:60]}.")
        if len(rows) > 1:
            raise Wrong(field, "ambiguous", f"There are {len(rows)} customers {name[:60]}; give the id.")
        [row] = rows
        if row.csm_id not in self.may:
            self.may[row.csm_id] = may_care(self.user, row)  # the same for all that one manager looks after
        if not self.may[row.csm_id]:
            raise Wrong(field, "not_yours", f"{row.csm or 'Nobody'} looks after {str(row)[:60]}, you don’t.")
        return row


def readings(file: str, *, by: Any, now: datetime) -> Found[Read]:
    """A line a customer and day with any of the four components. Raises Invalid for what is no such file."""
    lines = cut(file, READINGS, ("on",))
    names, zone = Names(lines, by), ZoneInfo(Organisation.get().timezone)

    def read(said: Mapping[str, str]) -> Read | None:
        values = {name: value for name in Component.values if (value := said.get(name, "").strip())}
        if not values:
            return None  # a line of the template that nobody filled in
        customer = names.of(said)
        # The beginning of the day, however often and on whichever day the file is read.
        at = _moment(said.get("on", ""), now, zone, at_noon=False)
        source, note = text(said, "source", 60) or SOURCE, text(said, "note", 300)
        batch = [Reading(customer.pk, name, _score(name, value), at, source, note) for name, value in values.items()]
        return Read(customer, at.astimezone(zone).date(), batch)

    found = sort(lines, read, lambda one: [(r.customer_id, r.component, r.at, r.source) for r in one.readings], "on")
    kept = {
        (customer, component, at, source): value
        for customer, component, at, source, value in HealthReading.objects.filter(
            customer__in={one.customer.pk for _, one in found.kept}, at__in={r.at for _, one in found.kept
                                                                             for r in one.readings},
        ).values_list("customer_id", "component", "at", "source", "value")
    }  # fmt: skip

    def settle(one: Read) -> None:
        old = {r.component: kept.get((r.customer_id, r.component, r.at, r.source)) for r in one.readings}
        for r in one.readings:
            if old[r.component] not in (None, r.value):
                raise Wrong(r.component, "kept", f"Read as {old[r.component]} then; give another day or source.")
        one.known = None not in old.values()

    return _settled(found, settle)


def changes(file: str, *, by: Any, now: datetime) -> Found[Moved]:
    """A line a change of what one subscription costs a month. Raises Invalid for what is no such file."""
    lines = cut(file, MOVEMENTS, ("on", "before", "after"))
    ours, names = Organisation.get(), Names(lines, by)
    zone = ZoneInfo(ours.timezone)

    def read(said: Mapping[str, str]) -> Moved | None:
        if not said.get("after", "").strip():
            return None  # a line of the template that nobody filled in
        customer = names.of(said)
        before, after = minor(said.get("before", "").strip() or "0", "before"), minor(said["after"], "after")
        if before == after:
            raise Wrong("after", "no_change", "Before and after are the same.")
        currency = said.get("currency", "").strip().upper() or ours.currency
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise Wrong("currency", "invalid_currency", "A currency is three letters, such as USD.")
        reason = said.get("reason", "").strip().lower()
        if reason and reason not in ChurnReason.values:
            raise Wrong("reason", "unknown", f"Choose one of {', '.join(ChurnReason.values)}.")
        source = text(said, "source", 60) or SOURCE
        subscription = text(said, "subscription", 120) or contracts.name(customer.company_id)
        at = _moment(said.get("on", ""), now, zone, at_noon=True)
        key = text(said, "key", 160)
        if key and source in movements.OURS:
            raise Wrong("key", "reserved", "Leave it out: what is told by hand is known by its subscription and day.")
        # What is told here goes on from itself, any number of times a day; another system says one thing a day.
        parts = f"{subscription} {before} {after}" if source in movements.OURS else subscription
        key = key or f"file:{said['on'].strip()}:{sha256(parts.encode()).hexdigest()[:24]}"
        day, note = at.astimezone(zone).date(), text(said, "note", 300)
        return Moved(customer, day, source, key, subscription, before, after, currency, at, reason, note)

    found = sort(lines, read, lambda one: [(one.source, one.key)], "key")
    kept = {
        (row.source, row.key): row
        for row in SubscriptionMovement.objects.filter(
            source__in={one.source for _, one in found.kept}, key__in={one.key for _, one in found.kept}
        )
    }
    companies = sorted({one.customer.company_id for _, one in found.kept})
    paid = {
        (one.company_id, one.source, one.subscription): (one.monthly, one.currency, one.since)
        for one in accounts.subscriptions(companies, as_of=now)
    }

    def settle(one: Moved) -> None:
        if (row := kept.get((one.source, one.key))) is not None:
            same = (one.customer.company_id, one.subscription, one.before, one.after, one.currency)
            if (row.company_id, row.subscription, row.before, row.after, row.currency) != same:
                raise Wrong("key", "kept", f"Kept already as {_said(row.before, row.after, row.currency)}; "
                                           "give this change its own key.")  # fmt: skip
            one.known = True
        elif one.source in movements.OURS:
            _continues(one, paid, zone)

    return _settled(found, settle)


def _continues(
    one: Moved, paid: dict[tuple[int, str, str], tuple[int, str, datetime]], zone: ZoneInfo
) -> None:  # fmt: skip
    """What is kept here goes on from what is known of it, as by hand."""
    name = (one.customer.company_id, one.source, one.subscription)
    if name not in paid:
        raise Wrong("source", "reserved", f"{one.source} is what is told here; name the system the file comes from.")
    monthly, currency, since = paid[name]
    if one.currency != currency:
        raise Wrong("currency", "other_currency", f"This subscription is in {currency}.")
    one.at = not_before(one.at, since, zone)
    if one.at < since:
        raise Wrong("on", "later", f"There is later news of this subscription, of {since:%-d %b %Y}.")
    if one.before != monthly:
        raise Wrong("before", "not_so", f"They pay {words.money(money.major(monthly), currency)} a month.")
    paid[name] = (one.after, currency, one.at)


def _settled(found: Found[Any], settle: Any) -> Found[Any]:
    """Those that what is kept has nothing against."""
    kept = []
    for line, one in found.kept:
        try:
            settle(one)
            kept.append((line, one))
        except Wrong as wrong:
            found.refused.append((line, wrong.field, wrong.detail))
    return Found(kept, sorted(found.refused))


def _said(before: int, after: int, currency: str) -> str:
    return " → ".join(words.money(money.major(cents), currency) for cents in (before, after))


def _score(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 4 and int(value) <= 100):
        raise Wrong(name, "out_of_range", "Give a whole number from 0 to 100.")
    return int(value)


def _moment(said: str, now: datetime, zone: ZoneInfo, *, at_noon: bool) -> datetime:
    """2026-11-24, a day there, or a moment such as 2026-11-24T15:00Z. Raises Wrong."""
    given = said.strip()
    try:
        read = datetime.fromisoformat(given)
        at = read if read.tzinfo else read.replace(tzinfo=zone)
        if len(given) <= 10:
            day = read.date()
            at = of_day(day, zone, now) if at_noon else datetime.combine(day, time(), zone)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong("on", "invalid_day", "Give a day like 2026-11-24.") from None
    if at < EARLIEST:
        raise Wrong("on", "too_early", "Give a day of this century.")
    if at > now:
        raise Wrong("on", "future", "This is in the future.")
    return at


def _named(said: Mapping[str, str]) -> str:
    return (said.get("customer", "").strip() or said.get("company", "").strip()).replace("\0", "")[:255]


def _is_id(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 19
