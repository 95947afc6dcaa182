"""A renewal is opened 90 days before a term ends, once, by the night or by hand; and those who go hand over."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from customers import accounts, caring, movements, renewals
from customers.ics import appointment
from customers.models import Customer, Term
from deals.models import Deal
from notify.models import Notice
from revops.lib.errors import Refused
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db
RENEWS = date(2027, 11, 26)
CHICAGO = ZoneInfo("America/Chicago")


def night(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=CHICAGO)


def test_ninety_days_before_and_once(customer, won, csm):
    assert renewals.open_due(now=night(RENEWS - timedelta(days=91))) == 0
    assert renewals.open_due(now=night(RENEWS - timedelta(days=90))) == 1
    assert renewals.open_due(now=night(RENEWS - timedelta(days=89))) == 0
    deal = Deal.objects.get(kind="renewal")
    assert (deal.name, deal.amount, deal.close_on, deal.owner, deal.stage) == (
        "Kestrel Foods: renewal Nov 2027", 2_400_000, RENEWS, csm, "open")  # fmt: skip
    assert deal.pipeline_stage_id and Term.objects.get().deal == deal


def test_not_for_those_who_left_nor_for_a_term_that_is_over(customer, csm):
    term = Term.objects.get()
    renewals.end_term(term, by=csm, at=NOW)
    assert renewals.open_due(now=night(RENEWS)) == 0
    with pytest.raises(Refused, match="this term is over"):
        renewals.open_one(term, by=csm, at=NOW)
    Term.objects.update(ended_at=None)
    Customer.objects.update(status="churned")
    assert renewals.open_due(now=night(RENEWS)) == 0
    with pytest.raises(Refused, match="left"):
        renewals.expand(Customer.objects.get(), name="", amount=100, close_on=RENEWS, by=csm, at=NOW)


def test_a_billing_system_makes_customers_of_who_subscribes_by_themselves(customer, won):
    moved = {"key": "k", "subscription": "s", "customer": "cus_9", "currency": "USD", "before": 0, "after": 7_000,
             "occurred_at": NOW, "company_id": customer.company_id}  # fmt: skip
    movements.keep([moved], source="stripe", now=NOW)
    assert accounts.monthly([customer.company_id], currency="USD", as_of=NOW) == {customer.company_id: 7_000}, (
        "not twice"
    )
    Customer.objects.all().delete()
    movements.keep([{**moved, "key": "l", "before": 7_000, "after": 9_000}], source="stripe", now=NOW)
    assert (Customer.objects.get().status, Customer.objects.get().first_deal) == ("onboarding", None)


def test_nobody_is_left_behind_when_their_manager_goes(customer, csm, cast):
    assert caring.open_counts([csm.pk, cast.owner.pk]) == {csm.pk: 1}
    assert caring.hand_over(csm, by=cast.admin, at=NOW) == 1
    customer.refresh_from_db()
    assert customer.csm == cast.admin and {s.owner for s in customer.steps.all()} == {cast.admin}
    caring.give(customer, csm, by=cast.admin, at=NOW + timedelta(hours=1))
    assert Notice.objects.filter(user=csm, kind="customer.given").count() == 1


def test_an_appointment_is_folded_and_escaped():
    begins = datetime(2026, 11, 30, 18, tzinfo=ZoneInfo("UTC"))
    text = appointment(
        uid="1@x", title="Call: Müller, Söhne; " + "ü" * 60, begins=begins, now=begins, url="https://x.example/"
    )
    assert "SUMMARY:Call: Müller\\, Söhne\\; " in text and "DTEND:20261130T184500Z" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
