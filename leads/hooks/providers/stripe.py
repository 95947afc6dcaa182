"""Stripe: who became a customer, and what they pay a month. Amounts are integers in minor units throughout."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from leads.hooks.told import Act, Told, dicts, flat, inside, key_of, moment, of_content, text_of

EVENTS = {
    "checkout.session.completed": Act("learn"),
    "customer.created": Act("learn"),
    "customer.updated": Act("learn"),
    "customer.subscription.created": Act("movement", "trial_start"),
    "customer.subscription.updated": Act("movement"),
    "customer.subscription.deleted": Act("movement"),
}
FIELDS = [
    ("email", "email"), ("customer_details.email", "email"), ("name", "full_name"),
    ("customer_details.name", "full_name"), ("phone", "phone"), ("customer_details.phone", "phone"),
    ("address.country", "country"), ("customer_details.address.country", "country"), ("customerId", "external_id"),
]  # fmt: skip
ALWAYS: dict[str, str] = {}
# How many of each make a month.
MONTHS = {"day": Fraction(365, 12), "week": Fraction(365, 84), "month": Fraction(1), "year": Fraction(1, 12)}
PAYING = {"active", "past_due", "unpaid"}


def told(body: Any, *, now: datetime) -> list[Told]:
    """An event; or a bare object, as its API gives it, which tells of itself."""
    if not isinstance(body, dict):
        return []
    if body.get("object") == "event":
        key = key_of(body.get("id")) or of_content(body)
        return [Told(key, text_of(body.get("type"))[:60], moment(body.get("created"), now), body)]
    return []


def values(kind: str, data: dict[str, Any]) -> dict[str, str]:
    subject = inside(data, "data", "object") or {}
    found = flat(subject, deep=3)
    if number := text_of(subject.get("id") if subject.get("object") == "customer" else subject.get("customer")):
        found["customerId"] = number
    return found


def movement(data: dict[str, Any]) -> dict[str, Any] | None:
    """{subscription, customer, currency, before, after} of a subscription's event; None when it is none.

    `before`: by `previous_attributes`, so that no order of arrival matters. A trial pays nothing yet.
    """
    subject, kind = inside(data, "data", "object"), text_of(data.get("type"))
    if not isinstance(subject, dict) or subject.get("object") != "subscription":
        return None
    previous = inside(data, "data", "previous_attributes")
    was = subject | previous if isinstance(previous, dict) else subject
    after = 0 if kind.endswith(".deleted") else monthly(subject)
    if kind.endswith(".deleted") and text_of(was.get("status")) == "canceled":
        # Its end is told with its end in it: what it paid until then is what is lost, unless it was still on trial.
        was = was | {"status": "trialing" if _ended_on_trial(was) else "active"}
    before = 0 if kind.endswith(".created") else monthly(was)
    currency = text_of(subject.get("currency") or inside(subject, "items", "data", 0, "price", "currency"))
    return {
        "subscription": text_of(subject.get("id"))[:120], "customer": text_of(subject.get("customer"))[:120],
        "currency": currency.upper()[:3], "before": before, "after": after,
    }  # fmt: skip


def _ended_on_trial(subscription: dict[str, Any]) -> bool:
    trial, ended = subscription.get("trial_end"), subscription.get("ended_at")
    return type(trial) is int and type(ended) is int and ended <= trial


def trial(data: dict[str, Any]) -> bool:
    """Whether a subscription begins with a trial."""
    return text_of(data.get("type")).endswith(".created") and inside(data, "data", "object", "status") == "trialing"


def monthly(subscription: dict[str, Any]) -> int:
    """What a subscription pays a month, in minor units, rounded half up once; 0 unless it is paid for."""
    if text_of(subscription.get("status")) not in PAYING:
        return 0
    items = dicts(inside(subscription, "items", "data")) or [subscription]
    total = sum((_of_item(item) for item in items[:100]), Fraction(0))
    return int(total + Fraction(1, 2))


def _of_item(item: dict[str, Any]) -> Fraction:
    price = item.get("price") or item.get("plan")
    if not isinstance(price, dict):
        return Fraction(0)
    every = price.get("recurring") if isinstance(price.get("recurring"), dict) else price
    amount, quantity = price.get("unit_amount", price.get("amount")), item.get("quantity", 1)
    count = every.get("interval_count", 1)
    if not all(type(n) is int and 0 <= n < 10**12 for n in (amount, quantity)) or type(count) is not int or count < 1:
        return Fraction(0)
    return amount * quantity * MONTHS.get(text_of(every.get("interval")), Fraction(0)) / count
