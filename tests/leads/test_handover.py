"""Somebody leaves: all their open leads go to others at once, dated, with the reason; nothing else is touched."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads.handover import hand_over, join_fallback, open_counts
from leads.models import Company, Lead, Ownership, PoolMember
from leads.ownership import Assignment, assign
from leads.routing.why import why_sentence
from tests.leads.routing.test_deciding import NOW, leads, pool, reps

LATER = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """What clocks and notices make of it has tests of its own."""
    monkeypatch.setattr("journal.record.reactions", lambda: ())


def owned(user, n, **lead):
    ids = leads(n)
    assign([Assignment(pk, user.pk, "rule") for pk in ids], at=NOW, now=NOW)
    Lead.objects.filter(pk__in=ids).update(**lead) if lead else None
    return ids


def test_open_leads_are_shared_among_the_others_and_closed_ones_stay():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    pool("", [ann, bea, cai], fallback=True)
    given, kept = owned(ann, 6), owned(ann, 2, stage="won")
    ann.is_active = False
    assert hand_over(ann, by=bea, at=LATER) == 6
    assert Counter(Lead.objects.filter(pk__in=given).values_list("owner", flat=True)) == {bea.pk: 3, cai.pk: 3}
    assert set(Lead.objects.filter(pk__in=kept).values_list("owner", flat=True)) == {ann.pk}
    assert set(Ownership.objects.filter(lead_id__in=given, owner=ann).values_list("to_at", flat=True)) == {LATER}
    new = Ownership.objects.filter(lead_id__in=given, to_at=None)
    assert {(o.cause, o.from_at, o.by_id) for o in new} == {("handover", LATER, bea.pk)}
    assert why_sentence(new[0]).startswith("Handed over from somebody who couldn't go on. No rule matched, so Everyone")
    told = Entry.objects.filter(kind="lead.assigned", at=LATER)
    assert {entry.data["from"] for entry in told} == {ann.pk}
    assert {entry.data["cause"] for entry in told} == {"handover"}
    left = Entry.objects.get(kind="user.deactivated")
    assert (left.subject_id, left.by_id, left.data) == (ann.pk, bea.pk, {"to": None, "leads": 6, "accounts": 0})


def test_to_one_person():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    pool("", [ann, cai], fallback=True)
    given = owned(ann, 3)
    assert hand_over(ann, by=None, at=LATER, to=bea) == 3
    assert set(Lead.objects.filter(pk__in=given).values_list("owner", flat=True)) == {bea.pk}
    assert not Entry.objects.filter(kind="user.deactivated").exists(), "ann is still here"


def test_twice_is_once():
    ann, bea = reps("Ann", "Bea")
    pool("", [bea], fallback=True)
    owned(ann, 2)
    assert hand_over(ann, by=bea, at=LATER) == 2
    assert hand_over(ann, by=bea, at=LATER) == 0
    assert Ownership.objects.filter(owner=bea).count() == 2


def test_never_back_to_the_same_person_and_without_anybody_it_is_told():
    (ann,) = reps("Ann")
    pool("", [ann], fallback=True)
    [lead] = owned(ann, 1)
    assert hand_over(ann, by=None, at=LATER) == 1
    assert Lead.objects.get(pk=lead).owner is None
    assert Ownership.objects.get(lead_id=lead).to_at == LATER
    assert Entry.objects.get(kind="lead.unassigned").data == {"cause": "handover"}


def test_a_hundred_leads_cost_what_one_costs():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    pool("", [bea, cai], fallback=True)
    counts = []
    for user, n in ((ann, 1), (ann, 100)):
        owned(user, n)
        with CaptureQueriesContext(connection) as caught:
            hand_over(user, by=None, at=LATER)
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_open_leads_are_counted_for_all_in_one_query(django_assert_num_queries):
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    owned(ann, 3), owned(bea, 1), owned(cai, 2, stage="lost")
    with django_assert_num_queries(1):
        assert open_counts([ann.pk, bea.pk, cai.pk]) == {ann.pk: 3, bea.pk: 1}


def test_new_sellers_join_the_fallback_at_its_end(cast):
    for user in (cast.owner, cast.marketer, cast.teammate, cast.owner):
        join_fallback(user, by=cast.admin, at=NOW)
    members = PoolMember.objects.filter(pool__is_fallback=True)
    assert [(m.user, m.position) for m in members] == [(cast.owner, 0), (cast.teammate, 1)]


def test_accounts_of_who_left_become_the_heir_s_or_nobody_s():
    ann, bea = reps("Ann", "Bea")
    company = Company.objects.create(name="A", name_key="a", owner=ann)
    hand_over(ann, by=None, at=LATER)
    company.refresh_from_db()
    assert company.owner == ann, "she is still here"
    ann.is_active = False
    hand_over(ann, by=None, at=LATER, to=bea)
    company.refresh_from_db()
    assert company.owner == bea
    assert Entry.objects.get(kind="user.deactivated").data == {"to": bea.pk, "leads": 0, "accounts": 1}


def test_with_clocks_the_lead_s_keeps_running_and_the_owner_s_starts_anew(cast, monkeypatch):
    from leads.incoming import parse
    from leads.intake import capture
    from sla.models import Clock
    from teams import people

    monkeypatch.undo()  # the real reactions
    pool("", [cast.owner, cast.teammate], fallback=True)
    asked = {"email": "grace@harborpine.example", "hand_raise": "demo"}
    [taken] = capture([parse(asked, now=NOW)], by=None, via="api", now=NOW)
    lead = Lead.objects.get(pk=taken.lead_id)
    assert lead.owner == cast.owner
    people.deactivate(cast.owner, by=cast.admin, at=LATER)
    lead.refresh_from_db()
    assert lead.owner == cast.teammate
    clocks = Clock.objects.filter(lead=lead, target="first_response")
    by_lead = clocks.get(scope="lead")
    assert (by_lead.started_at, by_lead.phase) == (NOW, "running")
    running = clocks.get(scope="owner", phase="running")
    assert (running.owner, running.started_at, running.run) == (cast.teammate, LATER, 2)
    assert clocks.get(scope="owner", run=1).phase == "stopped"
