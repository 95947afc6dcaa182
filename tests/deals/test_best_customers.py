"""Who bought, who never did, and with whom: what the ideal customer profile is derived from."""

from datetime import UTC, datetime, timedelta

import pytest

from deals import best_customers
from deals.models import Deal
from leads.models import Company, Lead, Person

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def firm(name):
    return Company.objects.create(name=name, name_key=name.lower())


def deal(of, stage, *, closed, opened=None, **fields):
    return Deal.objects.create(
        name=of.name, company=of, stage=stage, created_at=opened or closed - 30 * DAY, closed_at=closed,
        reason="price" if stage == "lost" else "", **fields,
    )  # fmt: skip


def test_a_firm_is_a_customer_since_its_first_win_and_worth_all_it_bought():
    acme = firm("Acme")
    person = Person.objects.create(first_name="Ines", company=acme, first_touch_at=NOW - 500 * DAY)
    deal(acme, "lost", closed=NOW - 450 * DAY, amount=999_00)
    deal(acme, "won", closed=NOW - 400 * DAY, amount=100_000_00, person=person)
    deal(acme, "won", closed=NOW - 100 * DAY, amount=50_000_50)
    [found] = best_customers.of(NOW)
    assert (found.company_id, found.won, found.value, found.since) == (acme.pk, True, 150_000.5, NOW - 400 * DAY)
    assert found.cycle_days == pytest.approx(100)
    assert (found.person_id, found.lead_id, found.health) == (person.pk, None, None)


def test_money_of_another_currency_is_not_added_up():
    acme = firm("Acme")
    deal(acme, "won", closed=NOW - DAY, amount=100, currency="EUR")
    assert best_customers.of(NOW)[0].value is None


def test_a_firm_that_only_turned_us_down_is_lost_once_with_the_last_contact():
    acme, person = firm("Acme"), Person.objects.create(first_name="Ines")
    lead = Lead.objects.create(
        person=person, company=acme, stage="lost", created_at=NOW - 90 * DAY, stage_at=NOW - 10 * DAY
    )
    deal(acme, "lost", closed=NOW - 200 * DAY)
    deal(acme, "lost", closed=NOW - 10 * DAY, lead=lead)
    deal(acme, "lost", closed=NOW - 100 * DAY)
    [found] = best_customers.of(NOW)
    assert not found.won
    assert (found.value, found.cycle_days, found.since) == (None, None, NOW - 10 * DAY)
    assert (found.person_id, found.lead_id) == (person.pk, lead.pk)


def test_what_is_open_or_still_to_come_counts_for_nothing():
    acme = firm("Acme")
    Deal.objects.create(name="Open", company=acme, created_at=NOW)
    deal(acme, "won", closed=NOW + DAY)
    assert best_customers.of(NOW) == []


def test_a_deal_without_dates_has_no_cycle():
    acme = firm("Acme")
    deal(acme, "won", closed=NOW - DAY, undated=True, amount=5_00)
    assert best_customers.of(NOW)[0].cycle_days is None
    assert best_customers.decided(NOW - 9 * DAY, NOW) == []


def test_decided_deals_of_a_window_are_listed_with_their_cycle():
    acme = firm("Acme")
    first = deal(acme, "lost", closed=NOW - 5 * DAY)
    second = deal(acme, "won", closed=NOW)
    deal(acme, "won", closed=NOW - 9 * DAY)
    found = best_customers.decided(NOW - 9 * DAY, NOW)
    assert [(one.deal_id, one.won, one.cycle_days) for one in found] == [(first.pk, False, 30), (second.pk, True, 30)]


def test_as_many_queries_for_many_as_for_one(django_assert_num_queries):
    for n in range(12):
        deal(firm(f"Firm {n}"), "won" if n % 2 else "lost", closed=NOW - n * DAY)
    with django_assert_num_queries(3):  # the firms, our currency, who of them is a customer
        assert len(best_customers.of(NOW)) == 12
