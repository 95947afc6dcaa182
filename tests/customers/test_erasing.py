"""Erasing somebody takes the words that were written about the deals they were part of, and leaves what is counted."""

from datetime import timedelta

import pytest

from customers import erasing, handover, onboarding, promises, readings
from customers.models import Customer, HandoverAnswer, HealthReading, OnboardingStep, PromiseMade, SubscriptionMovement
from customers.readings import Reading
from revops.lib import bulk
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db
NAME = "Zyx Duarte"


def holding(table):
    columns = bulk.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND data_type IN "
        "('text', 'character varying', 'jsonb')", [table],
    )  # fmt: skip
    return [f"{table}.{c}" for (c,) in columns
            if bulk.query(f"SELECT 1 FROM {table} WHERE \"{c}\"::text LIKE %s LIMIT 1", [f"%{NAME}%"])]  # fmt: skip


def test_no_word_is_left_and_nothing_that_is_counted_goes(customer, won, csm, cast):
    later = NOW + timedelta(days=1)
    promises.promise(won, f"{NAME} gets a login", by=cast.owner, at=NOW)
    HandoverAnswer.objects.update(text=f"Sponsor: {NAME}")
    handover.Handover.objects.update(gaps=f"Ask {NAME}")
    onboarding.first_value(customer, f"{NAME} smiled", seen_at=later, by=csm, at=later)
    onboarding.add(customer, f"Train {NAME}", by=csm, at=later)
    readings.keep([Reading(customer.pk, "usage", 5, later, note=f"Says {NAME}")], by=csm, at=later)
    SubscriptionMovement.objects.update(note=f"Told by {NAME}")
    Customer.objects.update(churn_note=f"{NAME} left")
    tables = [
        t for (t,) in bulk.query("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'customers%%'")
    ]
    assert len([hit for table in tables for hit in holding(table)]) == 8
    erasing.erase([won.person_id], [won.lead_id], at=later)
    assert [hit for table in [*tables, "journal_entry", "journal_change"] for hit in holding(table)] == []
    assert (PromiseMade.objects.count(), HealthReading.objects.get().value, Customer.objects.get().first_value_at) == (
        1, 5, later)  # fmt: skip
    assert OnboardingStep.objects.count() == 7 and SubscriptionMovement.objects.get().after == 200_000
