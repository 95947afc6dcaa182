"""Subscriptions and customers as their sources told of them."""

from itertools import count

import pytest

from customers.models import Customer, SubscriptionMovement
from leads.models import Company

_numbers = count(1)


@pytest.fixture
def make_customer(db):
    """`make_customer(since, deal=…)`: a firm that bought."""

    def make(since, *, deal=None, **fields):
        number = next(_numbers)
        company = Company.objects.create(name=f"Quay {number}", name_key=f"quay {number}")
        return Customer.objects.create(company=company, since=since, first_deal=deal, **fields)

    return make


@pytest.fixture
def pays(db):
    """`pays(customer, (at, 100), (at, 120))`: what it pays a month from each moment on, in whole units."""

    def write(customer, *steps, currency="USD", source="billing"):
        before, name = 0, f"s{next(_numbers)}"
        ever = False
        for at, after in steps:
            kind = ("churn" if after == 0 else "expansion" if after > before else "contraction") if before else (
                "reactivation" if ever else "new")  # fmt: skip
            ever = True
            SubscriptionMovement.objects.create(
                source=source, key=f"{name}-{at.isoformat()}", kind=kind, subscription=name,
                customer=f"cus-{getattr(customer, 'pk', name)}", company=getattr(customer, "company", None),
                currency=currency, before=before * 100, after=after * 100, occurred_at=at, recorded_at=at,
            )  # fmt: skip
            before = after

    return write
