"""A company becomes a customer with its first deal won, and is none again when that is taken back at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from customers import history, onboarding, renewals, subscriptions
from customers.models import Customer, OnboardingStep, StandardStep, SubscriptionMovement, Term
from deals.models import Deal
from journal.models import Entry
from leads.models import Company
from revops.lib.errors import Refused
from tests.cast import handed_over
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def moves():
    rows = SubscriptionMovement.objects.order_by("occurred_at", "id")
    return [(m.kind, m.before, m.after) for m in rows]


def another(customer, kind, acv, days, cast):
    deal = Deal.objects.create(
        name="More", company=customer.company, kind=kind, amount=100, acv=acv, created_at=NOW, owner=cast.owner
    )
    if kind == "new":
        handed_over(deal)
    return deal.win(by=cast.owner, at=NOW + days * DAY)


def test_the_first_win_begins_an_onboarding_a_revenue_and_a_term(customer, won, csm):
    assert (customer.status, customer.since, customer.first_deal_id, customer.csm) == ("onboarding", NOW, won.pk, csm)
    steps = list(customer.steps.all())
    assert [s.title for s in steps] == list(StandardStep.objects.values_list("title", flat=True))
    assert (steps[0].due_on, {s.owner_id for s in steps}) == (date(2026, 11, 27), {csm.pk})
    move = SubscriptionMovement.objects.get()
    assert (move.source, move.key, move.kind, move.after, move.company_id) == (
        "deals", str(won.pk), "new", 200_000, won.company_id)  # fmt: skip
    assert (Term.objects.get().starts_on, Term.objects.get().renews_on) == (date(2026, 11, 26), date(2027, 11, 26))
    assert Entry.objects.get(kind="customer.began").subject_id == customer.pk


def test_taken_back_at_once_they_are_no_customer_and_winning_again_begins_anew(customer, won, cast):
    won.reopen(by=cast.owner, at=NOW + DAY)
    assert not Customer.objects.exists() and not OnboardingStep.objects.exists()
    assert not moves() and not Term.objects.exists()
    won.win(by=cast.owner, at=NOW + 2 * DAY)
    assert Customer.objects.get().since == NOW + 2 * DAY and moves() == [("new", 0, 200_000)]


def test_what_somebody_wrote_down_is_not_taken_back(customer, won, cast, csm):
    renewals.add_term(customer, starts_on=NOW.date(), renews_on=(NOW + 100 * DAY).date(), by=csm, at=NOW)
    won.reopen(by=cast.owner, at=NOW + DAY)
    assert [term.subscription for term in Term.objects.all()] == [""]


def test_a_win_that_brought_them_back_and_was_none_leaves_them_gone(customer, won, cast, csm):
    subscriptions.churn(customer, left_at=NOW + DAY, reason="price", by=csm, now=NOW + DAY)
    deal = another(customer, "new", 1_200_000, 3, cast)
    customer.refresh_from_db()
    assert (customer.status, customer.reactivated_at) == ("active", NOW + 3 * DAY)
    deal.reopen(by=cast.owner, at=NOW + 4 * DAY)
    customer.refresh_from_db()
    assert (customer.status, customer.churned_at, customer.churn_reason, customer.reactivated_at) == (
        "churned", NOW + DAY, "price", None)  # fmt: skip
    assert Entry.objects.get(kind="customer.gone_again").data == {"deal": deal.pk}


def test_a_day_comes_after_what_is_known_of_it(customer, csm):
    """Won at 18:00: what somebody says of that day later on, noon to the record, is no older news."""
    noon, later = NOW.replace(hour=18) - timedelta(hours=2), NOW + 2 * DAY
    change = subscriptions.Change(250_000, noon, ("deals", f"company:{customer.company_id}"))
    assert noon < NOW and subscriptions.change(customer, change, by=csm, now=later)
    assert moves() == [("new", 0, 200_000), ("expansion", 200_000, 250_000)]
    with pytest.raises(Refused, match="later news"):
        subscriptions.change(customer, replace(change, at=NOW - DAY), by=csm, now=later)
    subscriptions.churn(customer, left_at=noon, reason="price", by=csm, now=later)
    assert Customer.objects.get().churned_at == NOW


def test_back_and_forth_by_hand_on_one_day_is_several_changes(customer, csm):
    which = ("deals", f"company:{customer.company_id}")
    for monthly in (250_000, 200_000, 250_000, 0):
        change = subscriptions.Change(monthly, NOW + 2 * DAY, which)
        assert subscriptions.change(customer, change, by=csm, now=NOW + 5 * DAY)
        assert not subscriptions.change(customer, change, by=csm, now=NOW + 5 * DAY), "twice is once"
    assert [after for _, _, after in moves()] == [200_000, 250_000, 200_000, 250_000, 0]


def test_once_something_was_done_for_them_they_stay(customer, won, cast, csm):
    onboarding.finish(customer.steps.first(), by=csm, at=NOW + DAY)
    won.reopen(by=cast.owner, at=NOW + 2 * DAY)
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_more_and_renewed_move_the_revenue_and_other_movements_are_answered(customer, won, cast):
    another(customer, "expansion", 1_200_000, 30, cast)
    assert moves() == [("new", 0, 200_000), ("expansion", 200_000, 300_000)]
    term = Term.objects.get()
    renewal = Deal.objects.create(name="Again", company=customer.company, kind="renewal", amount=100, acv=3_000_000,
                                  created_at=NOW, owner=cast.owner)  # fmt: skip
    Term.objects.filter(pk=term.pk).update(deal=renewal)
    renewal.win(by=cast.owner, at=NOW + 360 * DAY)
    assert moves()[-1] == ("contraction", 300_000, 250_000), "a renewal sets what is paid"
    old, new = Term.objects.order_by("id")
    assert old.ended_at and (new.starts_on, new.renews_on, new.ended_at) == (old.renews_on, date(2028, 11, 26), None)
    assert Customer.objects.count() == 1


def test_a_win_that_others_built_on_is_answered_and_not_erased(customer, won, cast):
    another(customer, "expansion", 1_200_000, 30, cast)
    won.reopen(by=cast.owner, at=NOW + 40 * DAY)
    assert moves() == [("new", 0, 200_000), ("expansion", 200_000, 300_000), ("contraction", 300_000, 100_000)]
    assert Customer.objects.exists(), "they still pay"


def test_a_deal_without_a_recurring_part_says_nothing_of_revenue(fresh, cast):
    handed_over(fresh).win(by=cast.owner, at=NOW)
    assert Customer.objects.exists() and not moves() and not Term.objects.exists()


def test_wins_of_the_past_make_customers_of_the_past(cast):
    firms = [Company.objects.create(name=n, name_key=n.lower()) for n in ("Acme", "Bolt")]
    deals = [
        Deal.objects.create(name="Old", company=firm, stage=stage, reason=reason, created_at=NOW - 90 * DAY,
                            closed_at=NOW - days * DAY, history=True)
        for firm, stage, reason, days in [(firms[0], "won", "", 50), (firms[0], "won", "", 80), (firms[1], "lost", "price", 9)]
    ]  # fmt: skip
    history.keep([deal.pk for deal in deals], now=NOW)
    history.keep([deal.pk for deal in deals], now=NOW)
    [kept] = Customer.objects.all()
    assert (kept.company, kept.first_deal, kept.status, kept.history) == (firms[0], deals[1], "active", True)
    assert kept.activated_at == kept.since == NOW - 80 * DAY and not kept.steps.exists()
    assert not Entry.objects.filter(kind__startswith="customer.").exists()
