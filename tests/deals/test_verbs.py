"""Win, lose, edit, reopen: guarded, once, told to the journal, the lead in step."""

from datetime import date, timedelta

import pytest

from deals.models import Deal
from journal.models import Entry
from leads.models import Lead
from revops.lib.errors import Forbidden, Invalid, Refused
from tests.cast import handed_over

pytestmark = pytest.mark.django_db


def refuse_all(deals, to_stage, at):
    return {deal.pk: f"Not {to_stage}: the handover is not complete." for deal in deals}


def entries(kind):
    return Entry.objects.filter(kind=kind)


def test_winning_closes_the_deal_and_moves_the_lead(deal, cast, now):
    later = now + timedelta(days=3)
    deal.win(by=cast.owner, at=later)
    lead = Lead.objects.get()
    assert (deal.stage, deal.closed_at, lead.stage, lead.won_at) == ("won", later, "won", later)
    assert entries("deal.won").get().data["amount"] == 5_200_000
    assert entries("lead.won").get().data["deal"] == deal.pk


def test_winning_twice_is_winning_once(deal, cast, now):
    deal.win(by=cast.owner, at=now)
    Deal.objects.get().win(by=cast.owner, at=now + timedelta(hours=1))
    assert entries("deal.won").count() == 1
    assert Deal.objects.get().closed_at == now


def test_a_win_needs_an_amount(deal, cast, now):
    Deal.objects.update(amount=None)
    with pytest.raises(Refused, match="no amount"):
        deal.win(by=cast.owner, at=now)


def test_a_guard_of_another_room_may_refuse_in_its_own_words(deal, cast, now, settings):
    settings.DEAL_GUARDS = ["tests.deals.test_verbs.refuse_all"]
    with pytest.raises(Refused, match="the handover is not complete"):
        deal.win(by=cast.owner, at=now)
    assert Deal.objects.get().stage == "open" and not entries("deal.won").exists()


def test_losing_keeps_the_reason_and_moves_the_lead(deal, cast, now):
    deal.lose(by=cast.owner, at=now, reason="competitor", competitor="Globex", note="cheaper")
    lead = Lead.objects.get()
    assert (deal.stage, deal.reason, deal.competitor) == ("lost", "competitor", "Globex")
    assert (lead.stage, lead.lost_at) == ("lost", now)
    # Words stay in the row that can be erased; the journal has codes.
    assert entries("deal.lost").get().data["reason"] == "competitor"
    assert "Globex" not in str(entries("deal.lost").get().data)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"reason": "because"}, "reason"), ({"reason": "competitor"}, "competitor"), ({"reason": "other"}, "note")],
)
def test_a_loss_says_why(deal, cast, now, given, field):
    with pytest.raises(Invalid) as refusal:
        deal.lose(by=cast.owner, at=now, **given)
    assert refusal.value.field == field and Deal.objects.get().stage == "open"


def test_what_is_won_is_not_lost_and_the_other_way_round(deal, cast, now):
    deal.win(by=cast.owner, at=now)
    with pytest.raises(Refused, match="was won"):
        deal.lose(by=cast.owner, at=now, reason="price")
    deal.reopen(by=cast.owner, at=now)
    deal.lose(by=cast.owner, at=now, reason="price")
    with pytest.raises(Refused, match="was lost"):
        deal.win(by=cast.owner, at=now)


@pytest.mark.parametrize("verb", ["win", "lose", "edit", "reopen"])
@pytest.mark.parametrize("who", ["other", "teammate", "viewer", "marketer"])
def test_verbs_are_for_owner_manager_and_administrator(deal, cast, now, verb, who):
    more = {"lose": {"reason": "price"}, "edit": {"amount": 5}}.get(verb, {})
    with pytest.raises(Forbidden, match="deal"):
        getattr(deal, verb)(by=getattr(cast, who), at=now, **more)


def test_an_edit_keeps_old_and_new_in_the_journal(deal, cast, now):
    deal.edit(by=cast.manager, at=now, amount=6_000_000, close_on=date(2027, 2, 1))
    assert (deal.amount, deal.close_on) == (6_000_000, date(2027, 2, 1))
    assert deal.amount_created == 5_200_000
    data = entries("deal.edited").get().data
    assert (data["was_amount"], data["amount"]) == (5_200_000, 6_000_000)
    assert (data["was_close_on"], data["close_on"]) == ("2027-01-15", "2027-02-01")
    assert data["fields"] == ["amount", "close_on"]


def test_an_edit_that_changes_nothing_writes_nothing(deal, cast, now):
    deal.edit(by=cast.owner, at=now, amount=5_200_000)
    assert not entries("deal.edited").exists()


def test_a_closed_deal_is_not_edited(deal, cast, now):
    deal.win(by=cast.owner, at=now)
    with pytest.raises(Refused, match="Reopen it first"):
        deal.edit(by=cast.owner, at=now, amount=1)


@pytest.mark.parametrize("how", ["win", "lose"])
def test_reopening_takes_it_back_on_deal_and_lead_but_not_in_the_journal(deal, cast, now, how):
    getattr(deal, how)(by=cast.owner, at=now, **({"reason": "price"} if how == "lose" else {}))
    deal.reopen(by=cast.owner, at=now + timedelta(minutes=1))
    lead = Lead.objects.get()
    assert (deal.stage, deal.closed_at, deal.reason) == ("open", None, "")
    assert (lead.stage, lead.won_at, lead.lost_at, lead.opportunity_at) == ("opportunity", None, None, now)
    kind = "won" if how == "win" else "lost"
    assert entries(f"deal.{kind}").count() == 1 and entries("deal.reopened").get().data["from"] == kind
    assert entries("lead.undone").get().data["kind"] == f"lead.{kind}"


def test_reopening_an_open_deal_changes_nothing(deal, cast, now):
    deal.reopen(by=cast.owner, at=now)
    assert not entries("deal.reopened").exists()


def test_a_deal_without_a_lead_has_the_same_verbs(cast, now):
    deal = handed_over(Deal.objects.create(name="Old one", owner=cast.owner, amount=100, created_at=now))
    deal.win(by=cast.owner, at=now)
    assert deal.stage == "won"
