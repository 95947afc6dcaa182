"""What a customer pays, by hand: more, less, nothing any more, something again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from customers import accounts, contracts, movements
from customers.accounts import Running
from customers.forms import not_before
from customers.locking import held
from customers.models import ChurnReason, Customer
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams.models import Organisation


@dataclass(slots=True)
class Change:
    """`monthly`: minor units a month from `at` on; 0 ends it. `subscription`: (source, id) of one that is known, None
    for one of its own."""

    monthly: int
    at: datetime
    subscription: tuple[str, str] | None = None
    reason: str = ""
    note: str = ""


def change(customer: Customer, wanted: Change, *, by: Any, now: datetime) -> bool:
    """Set what a subscription costs a month; whether anything changed. What is told later than other news of the same
    subscription is refused: its before would be wrong. Raises Forbidden, Invalid, Refused."""
    if wanted.monthly < 0:
        raise Invalid("It can't be less than nothing.", code="negative", field="monthly")
    if wanted.at > now:
        raise Invalid("This is in the future.", code="future", field="on")
    if wanted.reason and wanted.reason not in ChurnReason.values:
        raise Invalid(f"Choose one of: {', '.join(ChurnReason.values)}.", code="unknown", field="reason")
    with transaction.atomic():
        row = held(customer, by)
        known = {(one.source, one.subscription): one for one in accounts.subscriptions([row.company_id], as_of=now)}
        if wanted.subscription is not None and wanted.subscription not in known:
            raise Invalid("There is no such subscription of this customer.", code="unknown", field="subscription")
        old = known.get(wanted.subscription or (movements.HAND, contracts.name(row.company_id)))
        return _move(row, old, wanted, by=by, now=now)


def churn(
    customer: Customer, *, left_at: datetime, reason: str, note: str = "", by: Any, now: datetime, via: str = "page"
) -> None:
    """The customer left: every subscription ends at that moment. Twice is once. Raises Forbidden, Invalid, Refused."""
    if reason not in ChurnReason.values:
        raise Invalid(f"Choose one of: {', '.join(ChurnReason.values)}.", code="unknown", field="reason")
    if reason == ChurnReason.OTHER and not note.strip():
        raise Invalid("Say what happened in a few words.", code="required", field="note")
    if left_at > now:
        raise Invalid("This is in the future. They are a customer until then.", code="future", field="on")
    with transaction.atomic():
        row = held(customer, by)
        left_at = not_before(left_at, row.since, ZoneInfo(Organisation.get().timezone))
        if left_at < row.since:
            raise Invalid("This is before they became a customer.", code="too_early", field="on")
        if row.status == Customer.Status.CHURNED:
            # Said by a billing system without a reason, or another reason by now.
            Customer.objects.filter(pk=row.pk).update(churn_reason=reason, churn_note=note.strip()[:300])
            if row.churn_reason != reason:
                _tell("churn_explained", row, {"reason": reason}, by=by, at=now, now=now, via=via)
            return
        for one in accounts.subscriptions([row.company_id], as_of=now):
            if one.monthly:
                end = Change(0, left_at, (one.source, one.subscription), reason, note.strip()[:300])
                _move(row, one, end, by=by, now=now)
        if Customer.objects.filter(pk=row.pk).exclude(status=Customer.Status.CHURNED).update(
            status=Customer.Status.CHURNED, churned_at=left_at, churn_reason=reason, churn_note=note.strip()[:300]
        ):  # fmt: skip
            # Nothing recurring was known of them; otherwise the movements said it.
            _tell("churned", row, {"reason": reason}, by=by, at=left_at, now=now, via=via)


def back(customer: Customer, *, since: datetime, monthly: int, by: Any, now: datetime, via: str = "page") -> None:
    """A customer that left is one again, an old logo, and pays `monthly` (minor units, above zero) from then on. Raises
    Forbidden, Invalid, Refused."""
    if since > now:
        raise Invalid("This is in the future.", code="future", field="on")
    with transaction.atomic():
        row = held(customer, by)
        if row.status != Customer.Status.CHURNED:
            raise Refused("Not changed: this customer never left.", code="not_churned")
        if row.churned_at and since < row.churned_at:
            raise Invalid("This is before they left.", code="too_early", field="on")
        # Nobody is back for nothing: an active customer without revenue would be lost again by the next count.
        if monthly <= 0:
            raise Invalid("Say what they pay a month: an amount above zero.", code="required", field="monthly")
        # What ended last begins again, so that it is told as back and not as new.
        ended = accounts.subscriptions([row.company_id], as_of=now)
        old = max(ended, key=lambda one: (one.since, one.movement_id), default=None)
        _move(row, old, Change(monthly, since), by=by, now=now)
        if Customer.objects.filter(pk=row.pk, status=Customer.Status.CHURNED).update(
            status=Customer.Status.ACTIVE, reactivated_at=since, churned_at=None, churn_reason="", churn_note=""
        ):
            _tell("reactivated", row, {}, by=by, at=since, now=now, via=via)


def _move(row: Customer, old: Running | None, wanted: Change, *, by: Any, now: datetime) -> bool:
    source, subscription = (old.source, old.subscription) if old else (movements.HAND, contracts.name(row.company_id))
    before = old.monthly if old else 0
    at, ours = wanted.at, Organisation.get()
    if old is not None:
        at = not_before(at, old.since, ZoneInfo(ours.timezone))
    if old is not None and at < old.since:
        raise Refused(
            f"Not changed: there is later news of this subscription, of {old.since:%-d %b %Y}.",
            code="later",
            field="on",
        )
    if before == wanted.monthly:
        return False
    moved = {
        # It goes on from one movement, so that back and forth on one day is several changes.
        "key": f"hand:{row.pk}:{old.movement_id if old else 0}:{subscription}"[:160],
        "subscription": subscription, "customer": old.customer if old else contracts.name(row.company_id),
        "currency": old.currency if old else ours.currency, "before": before, "after": wanted.monthly,
        "occurred_at": at, "company_id": row.company_id, "reason": wanted.reason, "note": wanted.note,
    }  # fmt: skip
    return bool(movements.keep([moved], source=source, now=now, by=by.pk))


def _tell(what: str, row: Customer, data: dict, *, by: Any, at: datetime, now: datetime, via: str) -> None:
    record([Fact(f"customer.{what}", "customer", row.pk, at, by=by.pk, via=via, data=data)], now=now)
