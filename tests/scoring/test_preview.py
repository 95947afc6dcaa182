"""What a model would make of one lead: the same as what happens when it really comes, and nothing is written."""

import pytest
from django.db import connection

from journal.models import Entry
from leads import rehearsal
from leads.incoming import parse
from leads.intake import capture
from leads.models import Company, Lead, Person, Submission, Touch
from marketing.models import Campaign
from scoring import receipt
from scoring.models import Definition
from scoring.preview import preview
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db
PRICING = {"kind": ["page_view"], "url_contains": "/pricing"}
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
VISIT = {"kind": "page_view", "url": "https://x.example/pricing"}


@pytest.fixture
def live():
    return model(
        {"kind": "fit", "points": 45, "condition": BIG, "name": "Big"},
        {"kind": "fit", "points": 30, "condition": {"attribute": "person.seniority", "op": "at_least", "value": "vp"}},
        {"kind": "engagement", "points": 60, "touches": PRICING, "at_least": 3, "within_days": 7},
        {"kind": "engagement", "points": 10, "touches": {"kind": ["form"]}, "half_life_days": 14},
    )  # fmt: skip


def asked(data, now=T):
    return parse(data, now=now)


def counts():
    return [kind.objects.count() for kind in (Person, Company, Lead, Touch, Submission, Entry, Campaign)]


def visits(*ages):
    return [{**VISIT, "occurred_at": (T - days(age)).isoformat(), "url": f"{VISIT['url']}?n={age}"} for age in ages]


ENQUIRIES = [
    {"email": "ann@lumen.example", "title": "VP Sales", "company": {"name": "Lumen", "employees": 600},
     "touches": visits(0, 1, 2)},
    {"email": "ann@lumen.example", "company": {"name": "Lumen", "employees": 499}, "touches": visits(0, 1, 7)},
    {"email": "ann@gmail.com", "title": "VP Sales", "hand_raise": "demo", "utm": {"campaign": "spring"}},
    {"email": "known@firm.example", "touches": visits(0)},
    {"email": "known@firm.example", "hand_raise": "contact", "title": "Clerk"},
    {"email": "new@firm.example", "touches": [{"kind": "form", "external_id": "f1"}], "source": "site"},
]  # fmt: skip


@pytest.fixture
def known(live):
    """Somebody at a firm of 800 who looked at prices twice and is in a cycle already."""
    first = {"email": "known@firm.example", "company": {"name": "Firm", "employees": 800}, "touches": visits(1, 3)}
    [outcome] = capture([asked(first, T - days(1))], by=None, via="api", now=T - days(1))
    return Lead.objects.get(pk=outcome.lead_id)


@pytest.mark.parametrize("data", ENQUIRIES)
def test_an_enquiry_scores_as_it_would_if_it_were_sent_and_nothing_is_written(known, live, data):
    before = counts()
    told = preview(asked(data), model=live, now=T)
    assert counts() == before
    [outcome] = capture([asked(data)], by=None, via="api", now=T)
    lead, who = Lead.objects.get(pk=outcome.lead_id), Person.objects.get(pk=outcome.person_id)
    found = told.receipt
    assert [float(found.fit), float(found.engagement), found.cell] == [who.fit, who.engagement, who.cell]
    assert told.would_be_mql == (lead.stage == "mql")
    assert (told.lead_id or lead.pk, told.person_id or who.pk) == (lead.pk, who.pk)
    really = receipt.of(who.pk, as_of=T, model=live)
    assert [(line.label, line.points) for line in found.lines] == [(line.label, line.points) for line in really.lines]


def test_what_a_draft_would_make_of_a_lead_that_is_kept(live):
    who = person(company={"employees": 600}, seniority="vp", lead={"stage": "inquiry"})
    lead = Lead.objects.get(person=who)
    draft = model(
        {"kind": "fit", "points": 75, "condition": BIG}, {"kind": "engagement", "points": 60, "touches": PRICING},
        published=False,
    )  # fmt: skip
    before = preview(lead, model=live, now=T)
    assert (before.receipt.cell, before.would_be_mql, before.meets) == ("A3", False, False)
    assert before.why == f"Not met: {before.failing}." and before.failing
    touch(who, "page_view", T, url="/pricing")
    after = preview(lead, model=draft, now=T)
    assert (after.receipt.cell, after.would_be_mql, after.why) == ("A1", True, "Meets the definition.")
    assert Person.objects.get(pk=who.pk).cell == "C3" and Lead.objects.get(pk=lead.pk).stage == "inquiry"


def test_s05_staff_unknown_is_unknown_and_499_is_not_enough(live):
    predicate = {"all": [BIG, {"touches": {}, "at_least": 2, "distinct": "asset"}]}
    s05 = Definition(stage="mql", version=9, predicate=predicate, effective_at=T)
    assets = [{"kind": "download", "asset": "roi"}, {"kind": "download", "asset": "guide"}]

    def said(staff, touches=assets):
        data = {"email": "ann@lumen.example", "company": {"name": "Lumen", "employees": staff}, "touches": touches}
        told = preview(asked(data), model=live, now=T, definition=s05)
        return told.meets, told.would_be_mql

    assert [said(500), said(499), said(None)] == [(True, True), (False, False), (None, False)]
    assert said(500, [assets[0], assets[0]]) == (False, False)


def test_who_may_not_be_contacted_or_waits_is_no_mql_and_says_why(live):
    definition = Definition(stage="mql", version=9, predicate={}, effective_at=T)

    def why(who):
        return preview(Lead.objects.get(person=who, cycle=2), model=live, now=T, definition=definition).why

    def back(**fields):
        who = person(lead={"stage": "recycled", "recycled_at": T - days(10), "reason": "timing"}, **fields)
        Lead.objects.create(person=who, cycle=2, created_at=T, stage_at=T)
        return who

    assert why(back(suppressed=True)) == "They don't want to be contacted."
    assert why(back()) == "They were recycled and wait until 1 May 2026, unless they raise a hand."
    Lead.objects.filter(cycle=2).update(hand_raise="demo")
    assert why(Person.objects.exclude(suppressed=True).get()) == "Meets the definition."


def test_a_cycle_that_allows_no_new_one_is_said(live):
    who = person(email="gone@firm.example", lead={"stage": "disqualified"})
    who.keys.create(kind="email", key="gone@firm.example")
    told = preview(asked({"email": "gone@firm.example"}), model=live, now=T)
    assert (told.stage, told.lead_id, told.would_be_mql) == ("", None, False)
    assert told.why == "Their last cycle allows no new one."


def test_rows_beside_the_record_are_found_by_the_index():
    covered = rehearsal.beside({Person: [], Touch: []})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN {covered.text} SELECT p.id, t.n FROM leads_person p, LATERAL (SELECT count(*) n FROM leads_touch x "
            "WHERE x.person_id = p.id AND x.occurred_at <= now()) t WHERE p.id = 7", covered.params,
        )  # fmt: skip
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "leads_person_pkey" in plan and "touch_person" in plan and "CTE Scan" not in plan


def test_a_preview_takes_a_handful_of_queries(live, django_assert_max_num_queries):
    item = asked(ENQUIRIES[0] | {"source": "warm"})
    preview(item, model=live, now=T)
    with django_assert_max_num_queries(12):
        preview(item, model=live, now=T)
