"""Won is booked when the handover is complete and its success manager accepted it; only of new business."""

from datetime import date

import pytest

from customers import guards, handover, promises
from customers.models import Handover, HandoverItem
from deals.models import Deal
from deals.story import of as story
from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db


def full():
    return dict.fromkeys(HandoverItem.objects.values_list("key", flat=True), "As they said it")


def why_not(deal):
    return guards.handover([deal], "won", NOW).get(deal.pk, "")


def test_step_by_step_until_it_may_be_won(fresh, cast, csm, django_assert_num_queries):
    by = {"by": cast.owner, "at": NOW}
    assert why_not(fresh).startswith(
        "Not won: the handover isn’t complete. Missing: goals in their words, stakeholders"
    )
    handover.fill(fresh, {k: v for k, v in full().items() if k != "risks"}, **by)
    assert why_not(fresh) == "Not won: the handover isn’t complete. Missing: risks."
    handover.name_csm(fresh, csm, **by)
    with pytest.raises(Refused, match="risks still missing"):
        handover.accept(fresh, by=csm, at=NOW)
    handover.fill(fresh, {"risks": "A small IT team"}, **by)
    assert why_not(fresh) == "Not won: Iris Bauer hasn’t accepted the handover yet."
    handover.give_back(fresh, gaps="Who pays?", by=csm, at=NOW)
    assert why_not(fresh) == "Not won: Iris Bauer returned the handover: Who pays?"
    handover.give_back(fresh, gaps=" Who pays? ", by=csm, at=NOW)
    assert Entry.objects.filter(kind="deal.handover_returned").count() == 1
    with pytest.raises(Refused, match="returned the handover"):
        fresh.win(**by)
    handover.accept(fresh, by=csm, at=NOW)
    with django_assert_num_queries(1):
        assert why_not(fresh) == ""
    assert fresh.win(**by).stage == "won"
    told = [item.text for item in story(fresh)]
    assert (
        "Iris Bauer accepted the handover" in told and "Jonah Reyes asked Iris Bauer to take the customer over" in told
    )


def test_what_was_accepted_and_is_changed_waits_again(deal, cast):
    handover.fill(deal, {"risks": "As agreed."}, by=cast.owner, at=NOW)
    assert why_not(deal) == "", "the same again changes nothing"
    handover.fill(deal, {"risks": "They may be bought"}, by=cast.owner, at=NOW)
    assert "hasn’t accepted" in why_not(deal)
    assert Entry.objects.get(kind="deal.handover_filled").data == {"items": ["risks"], "again": True}


def test_nobody_judges_their_own_and_strangers_nothing(fresh, cast, csm):
    handover.fill(fresh, full(), by=cast.owner, at=NOW)
    with pytest.raises(Refused, match="Nobody was asked"):
        handover.accept(fresh, by=cast.owner, at=NOW)
    handover.name_csm(fresh, csm, by=cast.manager, at=NOW)
    for user in (cast.owner, cast.manager, cast.other, cast.viewer):
        with pytest.raises(Forbidden):
            handover.accept(fresh, by=user, at=NOW)
    for user in (cast.other, cast.viewer, csm):
        with pytest.raises(Forbidden):
            handover.fill(fresh, {"risks": "x"}, by=user, at=NOW)
    with pytest.raises(Invalid, match="customer success"):
        handover.name_csm(fresh, cast.marketer, by=cast.owner, at=NOW)
    with pytest.raises(Invalid, match="There is no item"):
        handover.fill(fresh, {"weather": "fine"}, by=cast.owner, at=NOW)
    assert handover.accept(fresh, by=cast.admin, at=NOW).state == Handover.State.ACCEPTED


@pytest.mark.parametrize("change", [{"kind": "renewal"}, {"kind": "expansion"}, {"history": True}])
def test_only_new_business_of_today_is_handed_over(fresh, change):
    Deal.objects.filter(pk=fresh.pk).update(**change)
    assert why_not(fresh) == ""


def test_losing_asks_for_no_handover(fresh):
    assert guards.handover([fresh], "lost", NOW) == {}


def test_promises_are_written_down_once_and_kept_by_who_looks_after_them(fresh, won, customer, cast, csm):
    one = promises.promise(won, "Single sign-on by March", due_on=date(2027, 3, 1), by=cast.owner, at=NOW)
    assert promises.promise(won, " Single  sign-on by March", by=cast.owner, at=NOW) == one
    with pytest.raises(Forbidden):
        promises.keep(one, by=cast.other, at=NOW)
    promises.keep(one, by=csm, at=NOW)
    one.refresh_from_db()
    assert (one.kept_at, one.kept_by) == (NOW, csm)
    with pytest.raises(Refused, match="was kept"):
        promises.drop(one, by=cast.owner, at=NOW)
