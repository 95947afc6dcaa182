"""Movements of subscriptions: kept once, the same in any order, in integers."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.db import connection, transaction

from customers import movements
from customers.models import Customer, SubscriptionMovement
from leads.hooks.providers import stripe
from leads.incoming import parse
from leads.intake import capture
from leads.models import Company

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def moved(key, before, after, hours):
    return {"key": key, "subscription": "sub_1", "customer": "cus_1", "currency": "USD", "before": before, "after": after,
            "occurred_at": NOW - timedelta(hours=hours)}  # fmt: skip


STORY = [moved("a", 0, 5_000, 9), moved("b", 5_000, 9_000, 8), moved("c", 9_000, 7_000, 7), moved("d", 7_000, 0, 6),
         moved("e", 0, 4_000, 5)]  # fmt: skip


@pytest.mark.django_db
def test_in_any_order_and_sent_twice_they_end_the_same():
    for order in list(permutations(STORY))[::17]:
        SubscriptionMovement.objects.all().delete()
        for one in [*order, *order]:
            movements.keep([one], source="stripe", now=NOW)
        kept = SubscriptionMovement.objects.order_by("occurred_at").values_list("kind", flat=True)
        assert list(kept) == ["new", "expansion", "contraction", "churn", "reactivation"]


@pytest.mark.django_db(transaction=True)
def test_an_end_and_a_new_start_told_at_the_same_moment_are_back_and_not_new():
    movements.keep(STORY[:3], source="stripe", now=NOW)

    def back():
        try:
            movements.keep([STORY[4]], source="stripe", now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            movements.keep([STORY[3]], source="stripe", now=NOW)
            other = pool.submit(back)
            time.sleep(0.3)
        other.result(10)
    assert SubscriptionMovement.objects.get(key="e").kind == "reactivation"


@pytest.mark.django_db(transaction=True)
def test_two_subscriptions_that_end_at_once_leave_nobody_a_customer():
    firm = Company.objects.create(name="Acme", name_key="acme")

    def told(name, before, after, hours):
        one = moved(f"{name}{after}", before, after, hours)
        return one | {"subscription": name, "customer": name, "company_id": firm.pk}

    movements.keep([told("a", 0, 10, 9), told("b", 0, 10, 9)], source="billing", now=NOW)

    def other_ends():
        try:
            movements.keep([told("b", 10, 0, 1)], source="billing", now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            movements.keep([told("a", 10, 0, 1)], source="billing", now=NOW)
            other = pool.submit(other_ends)
            time.sleep(0.3)
        other.result(10)
    assert Customer.objects.get().status == "churned"


@pytest.mark.django_db
def test_whoever_becomes_known_later_finds_their_movements():
    assert movements.keep([STORY[0]], source="stripe", now=NOW) == 1
    item = parse({"email": "kim@acme.example", "external_id": "cus_1", "source": "stripe"}, now=NOW)
    [outcome] = capture([item], by=None, via="hook", now=NOW)
    movements.keep([], source="stripe", now=NOW, people=[outcome.person_id])
    kept = SubscriptionMovement.objects.get()
    assert (kept.person_id, kept.company_id) == (outcome.person_id, outcome.company_id)


def price(amount, interval, count=1, quantity=1):
    recurring = {"interval": interval, "interval_count": count}
    return {"price": {"unit_amount": amount, "recurring": recurring}, "quantity": quantity}


@pytest.mark.parametrize(
    ("items", "status", "monthly"),
    [
        ([price(12_000, "year")], "active", 1_000),
        ([price(1_000, "year")], "active", 83),  # 83.33
        ([price(1_001, "month", 2)], "past_due", 501),  # 500.5, half up
        ([price(700, "month", quantity=10), price(1_200, "year")], "active", 7_100),
        ([price(700, "month", quantity=10)], "trialing", 0),
        ([price(700, "month")], "canceled", 0),
        ([price(1e30, "month"), price(5, "eon"), price(5, "month", 0)], "active", 0),
    ],
)
def test_what_is_paid_a_month(items, status, monthly):
    assert stripe.monthly({"status": status, "items": {"data": items}}) == monthly


def test_an_update_says_what_it_was_before():
    subject = {"object": "subscription", "id": "sub_1", "customer": "cus_1", "currency": "usd", "status": "active",
               "items": {"data": [price(2_000, "month")]}}  # fmt: skip
    event = {
        "type": "customer.subscription.updated",
        "data": {"object": subject, "previous_attributes": {"status": "trialing"}},
    }
    assert stripe.movement(event) == {
        "subscription": "sub_1",
        "customer": "cus_1",
        "currency": "USD",
        "before": 0,
        "after": 2_000,
    }
    assert stripe.movement(event | {"type": "customer.subscription.deleted"})["after"] == 0


@pytest.mark.parametrize(
    ("more", "before"),
    [
        ({}, 2_000),
        ({"trial_end": 1_700_000_000, "ended_at": 1_700_600_000}, 2_000),
        ({"trial_end": 1_700_600_000, "ended_at": 1_700_000_000}, 0),  # gone before it paid
        ({"trial_end": 1_700_000_000, "ended_at": 1_700_000_000}, 0),
        ({"trial_end": "soon", "ended_at": None}, 2_000),
    ],
)
def test_a_subscription_that_ends_is_told_as_canceled_and_lost_what_it_paid(more, before):
    subject = {"object": "subscription", "id": "sub_1", "customer": "cus_1", "currency": "usd", "status": "canceled",
               "items": {"data": [price(2_000, "month")]}} | more  # fmt: skip
    moved = stripe.movement({"type": "customer.subscription.deleted", "data": {"object": subject}})
    assert (moved["before"], moved["after"]) == (before, 0)
