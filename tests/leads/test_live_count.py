"""How many match while somebody writes: exact when there is time, else estimated from a draw that says so."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import live_count
from leads.models import Company, Lead, Person
from revops.lib import bulk

T = datetime(2026, 2, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
SLEEPS = "SELECT pg_sleep(0.4)"


@pytest.fixture
def many(db):
    """1,200 people: every fourth in a big firm, every fourth in one of unknown size; one in ten has an open lead."""
    big = Company.objects.create(name="Big", name_key="big", employees=900)
    small = Company.objects.create(name="Small", name_key="small", employees=5)
    unsaid = Company.objects.create(name="Unsaid", name_key="unsaid")
    firms = [big, small, small, unsaid]
    people = Person.objects.bulk_create(Person(first_name=f"P{i}", company=firms[i % 4]) for i in range(1_200))
    Lead.objects.bulk_create(
        Lead(person=person, company=person.company, created_at=T, stage_at=T) for person in people[::10]
    )
    Lead.objects.bulk_create(
        Lead(person=person, company=person.company, created_at=T, stage_at=T, stage="recycled") for person in people[1::10]
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_person, leads_lead, leads_company")
    return people


def test_everybody_is_asked_when_there_is_time(many):
    counted = live_count.count(BIG, now=T, budget_ms=5_000)
    assert (counted.n, counted.unknown, counted.of, counted.estimated) == (300, 300, 1_200, False)
    assert counted.words == "300 match" and counted.how == ""
    assert [name for _, name, _ in counted.sample] and {firm for _, _, firm in counted.sample} == {"Big"}
    leads = live_count.count(BIG, now=T, budget_ms=5_000, who="leads")
    assert (leads.n, leads.unknown, leads.of) == (60, 0, 120), "only the open ones: every tenth, of which half are big"
    assert len(leads.sample) == 5


def test_a_draw_says_that_it_estimates_and_is_about_right(many):
    counted = live_count.count(BIG, now=T, budget_ms=5_000, exact_most=-1)
    assert not counted.estimated, "everybody was drawn, so nothing is estimated"
    estimate = _drawn(many, LOOKED=400)
    assert estimate.estimated and estimate.looked == 400
    assert abs(estimate.n - 300) <= 2 * estimate.margin and 40 < estimate.margin < 60
    assert abs(estimate.unknown - 300) <= 2 * estimate.margin
    assert estimate.of == 1_200
    assert estimate.words.startswith("about ") and "estimated from 400 drawn at random, ± " in estimate.how
    assert estimate.sample and {firm for _, _, firm in estimate.sample} == {"Big"}
    assert _drawn(many, LOOKED=400) == estimate, "the same people every time, so that words can be compared"


def _drawn(many, *, LOOKED, condition=BIG):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_count, "LOOKED_MOST", LOOKED)
        return live_count.count(condition, now=T, budget_ms=5_000, exact_most=-1)


def test_nobody_among_those_drawn_is_not_nobody(many):
    rare = {"attribute": "company.name", "op": "is", "value": "Nowhere"}
    estimate = _drawn(many, LOOKED=400, condition=rare)
    assert (estimate.n, estimate.found, estimate.margin) == (0, 0, 9)
    assert estimate.words == "fewer than about 9 match"


def test_the_budget_is_kept_and_the_transaction_lives_on(many):
    now = "SELECT current_setting('statement_timeout'), current_setting('enable_hashjoin')"
    before = bulk.query(now)
    assert live_count.within(SLEEPS, None, seconds=0.03) is None
    assert live_count.within("SELECT 1", None, seconds=1) == [(1,)]
    inside = live_count.within(now, None, seconds=1, enable_hashjoin="off")
    assert inside == [("1s", "off")] and bulk.query(now) == before
    counted = live_count.count(BIG, now=T, budget_ms=0)
    assert counted.n is None and counted.words == "too much to count at once"


def test_a_list_no_index_serves_is_counted_the_same_way(many):
    open_ones = Lead.objects.filter(stage="inquiry")
    assert live_count.of_list(open_ones, most=10_000, budget_ms=5_000).n == 120
    assert live_count.of_list(open_ones, most=50, budget_ms=5_000).n == 51
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_count, "LOOKED_MOST", 100)
        real, calls = live_count.within, []

        def slow_first(text, params, **how):
            calls.append(text)
            return None if len(calls) == 1 else real(text, params, **how)

        patch.setattr(live_count, "within", slow_first)
        estimate = live_count.of_list(open_ones, most=10_000, budget_ms=5_000)
    assert estimate.estimated and abs(estimate.n - 120) <= 2 * estimate.margin


ASKED = {"condition": json.dumps(BIG), "who": "leads"}


@pytest.mark.parametrize("htmx", [True, False])
def test_the_fragment_says_number_unknown_and_who(many, cast, signed_in, htmx):
    browser = signed_in(cast.viewer)
    page = browser.post("/conditions/count/", ASKED, headers={"HX-Request": "true"} if htmx else {})
    text = page.content.decode()
    assert page.status_code == 200
    assert "<b>60 match</b>" in text and "of 120 open leads" in text and "/leads/" in text
    assert ("<html" in text) is not htmx
    people = browser.get("/conditions/count/", {"condition": json.dumps(BIG)}).content.decode()
    assert "300 unknown" in people


@pytest.mark.parametrize("condition", [
    "", "{", "null", "[]", "7", '"x"', "NaN", "[" * 50_000, '{"all": []}', '{"version": 2, "all": []}',
    '{"attribute": "person.title", "op": "is", "value": "\\ud800"}', '{"attribute": "x\\u0000", "op": "is_set"}',
    '{"touches": {"url_matches": "%s%(as_of)s"}, "at_least": 1e400}', "x" * 200_000, "\0",
])  # fmt: skip
def test_whatever_is_sent_is_answered(cast, signed_in, condition):
    browser = signed_in(cast.viewer)
    assert browser.post("/conditions/count/", {"condition": condition}).status_code == 422
    fragment = browser.post("/conditions/count/", {"condition": condition}, headers={"HX-Request": "true"})
    assert fragment.status_code == 200 and "n/a" in fragment.content.decode()


def test_strangers_are_asked_to_sign_in_and_a_count_costs_few_statements(many, client, cast, signed_in):
    assert client.post("/conditions/count/", ASKED).status_code == 302
    with CaptureQueriesContext(connection) as asked:
        live_count.count(BIG, now=T, budget_ms=5_000)
    assert len(asked) <= 8
