"""The plan of an onboarding: steps with a day and somebody to do them; and the first value, which ends it."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from customers import activation
from customers.locking import held
from customers.models import Customer, OnboardingStep
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused


def add(
    customer: Customer, title: str, *, due_on: date | None = None, owner: Any = None, by: Any, at: datetime,
    via: str = "page",
) -> OnboardingStep:  # fmt: skip
    """A step of this customer's own; `owner` defaults to the success manager. Raises Forbidden, Invalid."""
    title = " ".join(title.split())[:120]
    if not title:
        raise Invalid("Say what is to be done.", code="required", field="title")
    with transaction.atomic():
        now = held(customer, by)
        last = now.steps.aggregate(last=Max("position"))["last"] or 0
        step = OnboardingStep.objects.create(
            customer=now, title=title, due_on=due_on, owner=owner or now.csm, position=min(last + 1, 32_767)
        )
        _tell("step_added", now, {"step": step.pk}, by=by, at=at, via=via)
    return step


def change(
    step: OnboardingStep, *, title: str | None = None, due_on: date | None = None, by: Any, at: datetime,
    via: str = "page",
) -> OnboardingStep:  # fmt: skip
    """Another day or other words; what isn't sent stays. Refused for a step that is done or off the plan."""
    with transaction.atomic():
        now = held(step.customer, by)
        row = OnboardingStep.objects.select_for_update().get(pk=step.pk)
        if row.done_at is not None or row.dropped_at is not None:
            raise Refused("Not changed: this step is over.", code="over")
        wanted = {"title": " ".join(title.split())[:120] if title else row.title, "due_on": due_on or row.due_on}
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        if changed:
            for name in changed:
                setattr(row, name, wanted[name])
            row.save(update_fields=changed)
            _tell("step_changed", now, {"step": row.pk, "fields": changed}, by=by, at=at, via=via)
    return row


def finish(step: OnboardingStep, *, by: Any, at: datetime, via: str = "page") -> None:
    """Done, once. Raises Forbidden; Refused when it is off the plan."""
    _set(step, {"done_at": None}, {"done_at": at, "done_by": by}, "step_done", by=by, at=at, via=via)


def reopen(step: OnboardingStep, *, by: Any, at: datetime, via: str = "page") -> None:
    """Not done after all."""
    _set(step, {"done_at__isnull": False}, {"done_at": None, "done_by": None}, "step_reopened", by=by, at=at, via=via)


def drop(step: OnboardingStep, *, by: Any, at: datetime, via: str = "page") -> None:
    """Off the plan of this customer; kept in the table."""
    _set(step, {"done_at": None}, {"dropped_at": at}, "step_dropped", by=by, at=at, via=via)


def first_value(customer: Customer, what: str, *, seen_at: datetime, by: Any, at: datetime, via: str = "page") -> None:
    """What the customer first got out of it, and when (K26). Told again it takes the place of what was said. With the
    hand-over call held, onboarding is over. Raises Forbidden, Invalid for a moment ahead or before the customer."""
    what = " ".join(what.split())[:200]
    if not what:
        raise Invalid("Say what the first value was.", code="required", field="what")
    if seen_at > at:
        raise Invalid("This is in the future.", code="future", field="seen_at")
    with transaction.atomic():
        now = held(customer, by)
        if seen_at < now.since:
            raise Invalid("This is before they became a customer.", code="too_early", field="seen_at")
        if (now.first_value_at, now.first_value) == (seen_at, what):
            return
        Customer.objects.filter(pk=now.pk).update(first_value_at=seen_at, first_value=what)
        # By when it was seen: time to value is measured from facts.
        record([Fact("customer.first_value", "customer", now.pk, seen_at, by=by.pk, via=via)], now=at)
        activation.valued([now.pk], by=by.pk, now=at)


def _set(step: OnboardingStep, where: dict, to: dict, what: str, *, by: Any, at: datetime, via: str) -> None:
    with transaction.atomic():
        now = held(step.customer, by)
        if OnboardingStep.objects.filter(pk=step.pk, dropped_at=None, **where).update(**to):
            _tell(what, now, {"step": step.pk}, by=by, at=at, via=via)
        elif OnboardingStep.objects.filter(pk=step.pk).exclude(dropped_at=None).exists() and "dropped_at" not in to:
            raise Refused("Not changed: this step is off the plan.", code="over")


def _tell(what: str, customer: Customer, data: dict[str, Any], *, by: Any, at: datetime, via: str) -> None:
    record([Fact(f"customer.{what}", "customer", customer.pk, at, by=by.pk, via=via, data=data)], now=at)
