"""Hand-over of a won deal: the call is booked within two business days and held, with all three, within ten."""

from datetime import date, timedelta

import pytest

from deals import handover_call
from deals.conversion import convert
from deals.models import Deal, HandoverCall
from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from sla.models import Clock
from teams.keys import create_api_key
from tests.cast import handed_over
from tests.deals.conftest import sql_lead  # noqa: F401
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
ALL = {"rep": True, "customer": True, "csm": True}


def after(**delta):
    return NOW + timedelta(**delta)


def clock(deal, target="handoff_sched", run=1):
    return Clock.objects.get(deal=deal, target=target, run=run)


@pytest.fixture
def deal(sql_lead, cast):  # noqa: F811
    return convert(sql_lead, name="Rollout", amount=100, currency="USD", close_on=date(2027, 1, 15),
                   by=cast.owner, at=NOW - timedelta(days=1))  # fmt: skip


@pytest.fixture
def won(deal, cast):
    return handed_over(deal).win(by=cast.owner, at=NOW)


def test_winning_starts_both_with_the_owners_hours(won, cast):
    booked, held = clock(won), clock(won, "handoff_call")
    assert (booked.phase, held.phase, booked.owner, booked.started_at) == ("running", "running", cast.owner, NOW)
    zone = booked.calendar_version.hours().tz if booked.calendar_version else None
    assert booked.due_at < held.due_at and (zone is None or booked.due_at > NOW + timedelta(days=1))


def test_a_deal_that_is_open_or_of_the_past_starts_nothing(deal):
    Deal.objects.create(name="Old", stage="won", amount=1, created_at=NOW, closed_at=NOW, history=True)
    assert not Clock.objects.filter(target__startswith="handoff").exists()


def test_booking_keeps_the_first_holding_with_all_three_the_second(won, cast):
    handover_call.book(won, when=after(days=3), by=cast.owner, at=after(hours=2))
    assert (clock(won).outcome, clock(won).stopped_at) == ("met", after(hours=2))
    assert clock(won, "handoff_call").phase == "running"
    call = handover_call.hold(won, held_at=after(days=3), **ALL, by=cast.owner, at=after(days=3, minutes=5))
    assert call.counts and call.booked_for == after(days=3)
    assert (clock(won, "handoff_call").outcome, clock(won, "handoff_call").stopped_at) == ("met", after(days=3))


@pytest.mark.parametrize("missing", ["rep", "customer", "csm"])
def test_without_one_of_the_three_it_does_not_count_and_says_who(won, cast, missing):
    call = handover_call.hold(won, held_at=NOW, **{**ALL, missing: False}, by=cast.owner, at=NOW)
    assert not call.counts and call.missing == [missing]
    assert f"{handover_call.WHO[missing]} was missing" in handover_call.verdict(call)
    assert {clock(won).phase, clock(won, "handoff_call").phase} == {"running"}
    assert Entry.objects.get(kind="deal.handover_missed").data["missing"] == [missing]
    handover_call.hold(won, held_at=after(hours=1), **ALL, by=cast.owner, at=after(hours=1))
    assert clock(won, "handoff_call").outcome == "met"


def test_a_call_that_nobody_booked_keeps_both(won, cast):
    handover_call.hold(won, held_at=NOW, **ALL, by=cast.owner, at=after(minutes=5))
    assert {clock(won).outcome, clock(won, "handoff_call").outcome} == {"met"}


def test_another_moment_takes_the_place_of_the_one_booked(won, cast):
    handover_call.book(won, when=after(days=1), by=cast.owner, at=NOW)
    handover_call.book(won, when=after(days=1), by=cast.owner, at=after(minutes=1))
    handover_call.book(won, when=after(days=2), by=cast.manager, at=after(minutes=2))
    assert HandoverCall.objects.filter(let_go_at=None).get().booked_for == after(days=2)
    assert Entry.objects.filter(kind="deal.handover_booked").count() == 2


def test_told_long_after_it_counts_from_the_telling_unless_the_manager_tells(won, cast):
    due = clock(won, "handoff_call").due_at
    handover_call.hold(won, held_at=due - timedelta(days=1), **ALL, by=cast.owner, at=due + timedelta(hours=1))
    assert clock(won, "handoff_call").outcome == "met_late"


def test_the_managers_word_dates_it_when_it_was(won, cast):
    due = clock(won, "handoff_call").due_at
    handover_call.hold(won, held_at=due - timedelta(days=1), **ALL, by=cast.manager, at=due + timedelta(hours=1))
    assert clock(won, "handoff_call").outcome == "met"


def test_what_makes_no_sense_is_refused(won, deal, cast):
    with pytest.raises(Invalid, match="after now"):
        handover_call.book(won, when=NOW, by=cast.owner, at=NOW)
    with pytest.raises(Invalid, match="future"):
        handover_call.hold(won, held_at=after(hours=1), **ALL, by=cast.owner, at=NOW)
    with pytest.raises(Invalid, match="before the deal was won"):
        handover_call.hold(won, held_at=NOW - timedelta(hours=1), **ALL, by=cast.owner, at=NOW)
    handover_call.hold(won, held_at=NOW, **ALL, by=cast.owner, at=NOW)
    with pytest.raises(Refused, match="held already"):
        handover_call.book(won, when=after(days=1), by=cast.owner, at=NOW)


def test_only_won_deals_are_handed_over(deal, cast):
    with pytest.raises(Refused, match="only a won deal"):
        handover_call.book(deal, when=after(days=1), by=cast.owner, at=NOW)


def test_strangers_may_not(won, cast):
    with pytest.raises(Forbidden):
        handover_call.book(won, when=after(days=1), by=cast.other, at=NOW)


def test_a_win_taken_back_takes_its_clocks_along_and_winning_again_begins_anew(won, cast):
    won.reopen(by=cast.owner, at=after(minutes=5))
    assert {clock(won).outcome, clock(won, "handoff_call").outcome} == {"cancelled"}
    won.win(by=cast.owner, at=after(minutes=10))
    assert clock(won, run=2).started_at == after(minutes=10)


def test_many_deals_won_at_once_cost_no_more_statements(cast, django_assert_max_num_queries):
    from journal.record import Fact, record

    deals = Deal.objects.bulk_create(
        Deal(name=f"D{n}", owner=cast.owner, stage="won", amount=1, created_at=NOW, closed_at=NOW) for n in range(20)
    )
    facts = [Fact("deal.won", "deal", deal.pk, NOW, data={"lead": None}) for deal in deals]
    with django_assert_max_num_queries(14):
        record(facts, now=NOW)
    assert Clock.objects.filter(target="handoff_call").count() == 20


# --- the page and REST ---------------------------------------------------------------


def test_the_deal_page_books_and_holds_it(signed_in, cast, won, frozen):
    client = signed_in(cast.owner)
    with frozen(after(hours=1)):
        assert b"Not booked yet" in client.get(f"/deals/{won.pk}/").content
        assert b"Book the hand-over call" in client.get(f"/deals/{won.pk}/handover-booking/").content
        client.post(f"/deals/{won.pk}/handover-booking/", {"when": "2026-11-26T10:00"})
        assert b"Booked for" in client.get(f"/deals/{won.pk}/").content
    with frozen(after(days=3)):
        said = {"held_at": "2026-11-27T09:00", "rep": "on", "customer": "on"}
        page = client.post(f"/deals/{won.pk}/handover-call/", said, follow=True).content.decode()
        assert "the customer success manager was missing" in page
        client.post(f"/deals/{won.pk}/handover-call/", {**said, "csm": "on"})
        page = client.get(f"/deals/{won.pk}/").content.decode()
    assert "with the rep, the customer and the customer success manager" in page
    assert "Hand-over call held with all three" in page


def test_over_rest(client, won, frozen):
    _, key = create_api_key("hand-over", ["read", "work"])

    def post(path, body):
        return client.post(f"/api/v1/deals/{won.pk}/{path}/", body, content_type="application/json",
                           headers={"Authorization": f"Api-Key {key}"})  # fmt: skip

    with frozen(after(hours=1)):
        booked = post("handover-booking", {"when": after(days=1).isoformat()})
        assert (booked.status_code, booked.json()["counts"]) == (200, False)
        assert post("handover-booking", {}).status_code == 400
        assert post("handover-call", {"held_at": NOW.isoformat(), "rep": 1}).status_code == 400
        held = post("handover-call", {"held_at": after(hours=1).isoformat(), "rep": True, "csm": True}).json()
        assert held["missing"] == ["customer"] and "doesn’t count" in held["said"]
        assert post("handover-call", {"held_at": after(hours=1).isoformat(), **ALL}).json()["counts"]
        assert post("handover-call", {"held_at": after(hours=1).isoformat(), **ALL}).status_code == 409
