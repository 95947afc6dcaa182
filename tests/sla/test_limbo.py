"""Limbo: what no person or no clock answers for, with the verb that finds it a place."""

from datetime import UTC, datetime, timedelta

import pytest

from deals import handover_call
from deals.conversion import convert
from deals.models import Deal
from leads import ownership
from leads.models import Lead, Pool, PoolMember
from sla import limbo, next_steps
from sla.models import Clock, Parked
from tests.cast import handed_over

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ITEMS = ("budget", "authority", "need", "timeline")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


@pytest.fixture
def monitor(cast):
    cast.marketer.watches_handoffs = True
    cast.marketer.save()
    return cast.marketer


def at(**ago):
    return NOW - timedelta(**ago)


def found(people=None):
    return [(row.kind.key, row.lead or row.deal or row.clock) for row in limbo.rows(people)]


def kinds(people=None):
    return [key for key, _ in found(people)]


def unowned(make_lead, name="Jo Park", **ago):
    """Handed over while nobody could take it."""
    lead = make_lead(name, at=at(**ago))
    Pool.objects.get(is_fallback=True).members.all().delete()
    PoolMember.objects.all().delete()
    ownership.release([lead.pk], at=at(**ago), cause="handover")
    return Lead.objects.get(pk=lead.pk)


def test_nothing_is_lost_and_the_page_says_so(monitor, signed_in, make_lead):
    make_lead(at=at(minutes=1))
    answer = signed_in(monitor).get("/limbo/")
    text = answer.content.decode()
    assert "Nobody is lost. Checked " in text and answer.context["total"] == 0


def test_a_lead_without_an_owner_waits_for_the_monitor(cast, monitor, signed_in, make_lead):
    lead = unowned(make_lead, hours=1, minutes=12)
    answer = signed_in(monitor).get("/limbo/")
    [row] = answer.context["groups"][0]["rows"]
    assert (row["name"], row["why"], row["age"]) == ("Jo Park", "MQL, no owner", "1 h 12")
    assert row["verb"]["href"] == f"/floor/leads/{lead.pk}/giving/"
    given = signed_in(monitor).post(f"{row['verb']['href']}?next=/limbo/", {"to": cast.teammate.pk},
                                    headers={"HX-Request": "true"})  # fmt: skip
    assert given.status_code == 204
    assert Lead.objects.get(pk=lead.pk).owner == cast.teammate
    assert "owner" not in kinds()


def test_an_accepted_lead_needs_a_next_step(cast, monitor, signed_in, make_lead):
    lead = make_lead("Anders Holm", at=at(days=3)).accept(by=cast.owner, at=at(days=2))
    assert ("step", lead.pk) in found()
    answer = signed_in(cast.manager).get("/limbo/")
    row = next(r for g in answer.context["groups"] for r in g["rows"] if r["kind"] == "step")
    assert (row["why"], row["age"], row["owner"]) == ("SAL, no next step", "since Mon", cast.owner)
    assert row["verb"]["href"] == f"/leads/{lead.pk}/next-step/"
    assert signed_in(cast.manager).get(row["verb"]["href"]).status_code == 200
    next_steps.set_step(lead, what="Send the contract", by_when=NOW + timedelta(days=2), by=cast.owner, at=NOW)
    assert ("step", lead.pk) not in found()


def test_without_step_and_limbo_name_the_same_leads(cast, make_lead):
    accepted = [make_lead(f"Person{n} Somebody", at=at(days=3)).accept(by=cast.owner, at=at(days=2)) for n in range(3)]
    next_steps.set_step(accepted[0], what="Call", by_when=NOW + timedelta(days=2), by=cast.owner, at=NOW)
    assert {pk for key, pk in found() if key == "step"} == set(
        next_steps.without_step().values_list("id", flat=True)
    ) == {lead.pk for lead in accepted[1:]}  # fmt: skip


def test_recycled_without_a_day_to_come_back(cast, make_lead):
    lead = make_lead(at=at(days=3))
    lead.recycle(by=cast.owner, at=at(days=2), reason="timing", track="newsletter")
    other = make_lead("Nora Quist", at=at(days=3))
    other.recycle(by=cast.owner, at=at(days=2), reason="timing", track="newsletter", revisit_on=NOW.date() + timedelta(9))
    assert found() == [("date", lead.pk)]


def test_a_won_deal_needs_a_hand_over_call(cast, monitor, signed_in, make_lead):
    lead = make_lead(at=at(days=3)).accept(by=cast.owner, at=at(days=2))
    lead.qualify(by=cast.owner, at=at(days=2), items={item: {"value": "yes", "evidence": "call"} for item in ITEMS})
    deal = convert(lead, name="Routing", amount=100, currency="USD", close_on=NOW.date(), by=cast.owner, at=at(days=1))
    handed_over(deal).win(by=cast.owner, at=at(hours=2))
    assert ("call", deal.pk) in found()
    row = next(r for g in signed_in(monitor).get("/limbo/").context["groups"] for r in g["rows"] if r["kind"] == "call")
    assert (row["why"], row["href"]) == ("Won, no hand-over call booked", f"/deals/{deal.pk}/")
    handover_call.book(deal, when=NOW + timedelta(days=1), by=cast.owner, at=NOW)
    assert ("call", deal.pk) not in found()


def test_open_without_a_running_clock(cast, make_lead):
    lead = make_lead(at=at(days=1))
    Clock.objects.filter(lead=lead, phase="running").update(
        phase="stopped", outcome="cancelled", stopped_at=at(hours=3), next_at=None
    )
    Lead.objects.filter(pk=lead.pk).update(next_due_at=None)
    [row] = limbo.rows(None)
    assert (row.kind.key, row.lead, row.since) == ("clock", lead.pk, at(hours=3))


def test_a_lead_whose_clocks_are_paused_is_not_lost(cast, make_lead):
    lead = make_lead(at=at(days=1))
    Clock.objects.filter(lead=lead, phase="running").update(phase="paused", due_at=None, next_at=None, next_level=None)
    Lead.objects.filter(pk=lead.pk).update(next_due_at=None)
    assert found() == []


def test_a_clock_that_could_not_be_fired_is_shown_with_its_error(cast, monitor, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20))
    clock = Clock.objects.filter(lead=lead).first()
    Parked.objects.create(clock=clock, error="numeric field overflow", first_at=at(minutes=9), last_at=at(minutes=4))
    assert ("parked", lead.pk) in found()
    text = signed_in(monitor).get("/limbo/").content.decode()
    assert "numeric field overflow" in text and "could not be fired" in text


def test_a_clock_of_a_deal_that_could_not_be_fired_is_its_owners_teams(cast):
    deal = Deal.objects.create(name="Dome", amount=1, amount_created=1, created_at=NOW, owner=cast.owner)
    clock = Clock.objects.create(
        deal=deal, target="stage_age", started_at=NOW - timedelta(days=9), seconds=10, due_at=NOW, owner=cast.owner
    )
    Parked.objects.create(clock=clock, first_at=NOW, last_at=NOW, attempts=5, error="no")
    assert limbo.counts([cast.owner.pk])["parked"] == 1 == limbo.counts(None)["parked"]
    assert limbo.counts([cast.teammate.pk])["parked"] == 0


def test_what_was_imported_and_never_handed_over_here_is_left_out(cast, make_lead):
    lead = unowned(make_lead, hours=1)
    Lead.objects.filter(pk=lead.pk).update(history=True)
    assert found() == []


def test_a_manager_sees_what_the_own_people_lost(cast, signed_in, make_lead):
    make_lead(at=at(days=3)).accept(by=cast.owner, at=at(days=2))
    make_lead("Nora Quist", at=at(days=3), owner=cast.other).accept(by=cast.other, at=at(days=2))
    unowned(make_lead, hours=2)
    assert sorted(kinds()) == ["owner", "step", "step"]
    groups = signed_in(cast.manager).get("/limbo/").context["groups"]
    assert [(group["kind"].key, group["count"]) for group in groups] == [("step", 1)]


def test_counts_and_rows_agree_and_the_rest_has_a_page(cast, monitor, signed_in, make_lead, monkeypatch):
    monkeypatch.setattr("sla.limbo_views.EACH", 2)
    for number in range(4):
        make_lead(f"Person{number} Somebody", at=at(days=3)).accept(by=cast.owner, at=at(days=2, minutes=number))
    answer = signed_in(monitor).get("/limbo/")
    [group] = answer.context["groups"]
    assert (group["count"], [row["name"] for row in group["rows"]]) == (4, ["Person3 Somebody", "Person2 Somebody"])
    assert len(signed_in(monitor).get("/limbo/?kind=step").context["groups"][0]["rows"]) == 4
    assert limbo.counts(None)["step"] == 4


def test_the_live_limbo_answers_304_and_asks_little(cast, monitor, signed_in, make_lead, django_assert_num_queries):
    make_lead(at=at(days=3)).accept(by=cast.owner, at=at(days=2))
    client = signed_in(monitor)
    first = client.get("/limbo/", headers={"X-Live": "1", "HX-Request": "true"})
    assert first.status_code == 200 and "<html" not in first.content.decode()
    with django_assert_num_queries(5):  # session, user, teams, counts, rows
        again = client.get("/limbo/", headers={"X-Live": "1", "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_lead("Nora Quist", at=at(days=3)).accept(by=cast.owner, at=at(days=2))
    assert client.get("/limbo/", headers={"X-Live": "1", "If-None-Match": first["ETag"]}).status_code == 200
