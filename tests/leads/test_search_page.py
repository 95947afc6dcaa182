"""Search or jump: people, companies, deals, pages and verbs by a few letters."""

from datetime import UTC, datetime

import pytest

from deals.models import Deal

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def record(cast, make_lead):
    lead = make_lead("Grace Lindqvist", at=NOW, company={"name": "Harbor & Pine"})
    deal = Deal.objects.create(name="Harbor routing", lead=lead, company=lead.company, amount=4_860_000, created_at=NOW)
    return lead, deal


def found(answer):
    return {group["name"]: [hit.name for hit in group["hits"]] for group in answer.context["groups"]}


def test_one_word_finds_people_companies_and_deals(cast, signed_in, record):
    groups = found(signed_in(cast.viewer).get("/search/?q=harbor"))
    assert groups == {"People": ["Grace Lindqvist"], "Companies": ["Harbor & Pine"], "Deals": ["Harbor routing"]}


def test_by_mail_and_by_the_start_of_a_short_word(cast, signed_in, record):
    client = signed_in(cast.owner)
    assert found(client.get("/search/?q=lindqvist@"))["People"] == ["Grace Lindqvist"]
    assert found(client.get("/search/?q=gr"))["People"] == ["Grace Lindqvist"]
    assert "People" not in found(client.get("/search/?q=qv"))


def test_pages_and_verbs_by_role(cast, signed_in):
    assert found(signed_in(cast.owner).get("/search/?q=rej"))["Verbs"] == ["Reject…"]
    assert "Verbs" not in found(signed_in(cast.viewer).get("/search/?q=rej"))
    assert found(signed_in(cast.admin).get("/search/?q=peo"))["Pages"] == ["People"]
    assert "Pages" not in found(signed_in(cast.owner).get("/search/?q=peo"))


def test_without_a_word_it_offers_where_to_go(cast, signed_in):
    groups = found(signed_in(cast.owner).get("/search/"))
    assert "My queue" in groups["Pages"] and "New lead" in groups["Verbs"]


@pytest.mark.parametrize("text", ["zebra", "%25", "%00", "'%3B--", "x" * 500])
def test_nothing_found_says_so(cast, signed_in, record, text):
    answer = signed_in(cast.owner).get(f"/search/?q={text}")
    assert answer.status_code == 200
    if text == "zebra":
        assert "Nobody and nothing is called like that" in answer.content.decode()


def test_queries_are_pinned(cast, signed_in, record, django_assert_num_queries):
    client = signed_in(cast.viewer)
    with django_assert_num_queries(8):  # session, user, people and their leads, companies, deals, unread notices, floor
        client.get("/search/?q=harbor")
