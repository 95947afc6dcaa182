"""Territories: the first that covers the place, the company's before the person's; kept while a rule names them."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from leads import conditions, territories
from leads.models import Company, Pool, RoutingPlan, RoutingRule, Territory
from revops.lib.errors import Forbidden, Invalid, Refused
from teams.models import User

pytestmark = pytest.mark.django_db
T = datetime(2026, 2, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh():
    territories.NAMES.forget()
    yield
    territories.NAMES.forget()


@pytest.fixture
def add(cast):
    def adding(name, areas, **more):
        return territories.add(name=name, areas=territories.read_areas(areas), by=cast.admin, at=T, **more)

    return adding


def covered(code: str, *, moment="now", as_of=T) -> set[int]:
    sql = conditions.compile(
        {"attribute": "lead.territory", "op": "is", "value": code}, prefix="t", moment=moment
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id FROM leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON "
            f"c.id = p.company_id WHERE ({sql.text}) IS TRUE", sql.params | {"as_of": as_of},
        )  # fmt: skip
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def place(make_lead):
    """A lead at a place: person's (country, region) and company's."""

    def at(name, person=("", ""), company=("", "")):
        lead = make_lead(name, at=T, country=person[0], region=person[1])
        Company.objects.filter(pk=lead.company_id).update(country=company[0], region=company[1])
        return lead.pk

    return at


def test_the_first_territory_that_covers_the_companys_place_else_the_persons(add, place):
    west, states, germany = add("Mountain West", "US: CO, Utah"), add("United States", "US"), add("Germany", "DE")
    by_letters = place("Ann Able", company=("US", "co"))
    by_name = place("Ben Bold", company=("US", "Colorado"))
    by_letters_of_name = place("Cid Cole", company=("US", "UT"))
    elsewhere = place("Dan Dole", company=("US", "Ohio"))
    company_first = place("Eve Ernst", person=("US", "CO"), company=("DE", ""))
    persons = place("Fay Fink", person=("US", "CO"))
    nobodys_company = place("Gil Graf", person=("DE", "Hessen"), company=("FR", ""))
    nowhere = place("Hal Hunt")
    assert covered(west.code) == {by_letters, by_name, by_letters_of_name, persons}
    assert covered(states.code) == {elsewhere}
    assert covered(germany.code) == {company_first, nobodys_company}
    territories.move(states, to=1, by=User.objects.get(role="admin"), at=T)
    assert covered(states.code) == {by_letters, by_name, by_letters_of_name, elsewhere, persons}
    assert nowhere not in covered(west.code) | covered(states.code) | covered(germany.code)


def test_the_place_is_read_as_it_was_known_then(add, make_lead, cast):
    west = add("Mountain West", "US: CO")
    lead = make_lead("Ann Able", at=T, country="US", region="CO")
    assert covered(west.code, moment="then", as_of=datetime(2026, 2, 9, tzinfo=UTC)) == set()
    assert covered(west.code, moment="then", as_of=T) == {lead.pk}


def test_it_reads_as_a_sentence_and_a_new_name_changes_no_rule(add, cast):
    west = add("Mountain West", "US: CO")
    rule = {"attribute": "lead.territory", "op": "is", "value": west.code}
    assert conditions.sentence(rule) == "Territory is Mountain West"
    territories.change(west, name="Rockies", areas=[("US", "CO")], by=cast.admin, at=T)
    assert conditions.sentence(rule) == "Territory is Rockies"


def test_what_a_rule_names_cannot_be_removed(add, cast):
    west, east = add("Mountain West", "US: CO"), add("East", "US: NY")
    rule = {"any": [{"attribute": "lead.territory", "op": "in", "value": [west.code, "x"]}]}
    pool = Pool.objects.get(is_fallback=True)
    plan = RoutingPlan.objects.get(state="live")
    RoutingRule.objects.create(plan=plan, position=900, name="Rockies first", condition=rule, pool=pool)
    with pytest.raises(Refused, match="the routing rule Rockies first"):
        territories.remove(west, by=cast.admin, at=T)
    territories.remove(east, by=cast.admin, at=T)
    assert list(Territory.objects.filter(removed_at=None)) == [west]
    territories.undo(east, by=cast.admin, at=T)
    assert list(Territory.objects.filter(removed_at=None)) == [west, east]


def test_each_change_can_be_taken_back_once(add, cast):
    west = add("Mountain West", "US: CO, UT")
    territories.change(west, name="Rockies", areas=[("US", "ID")], by=cast.admin, at=T)
    territories.undo(west, by=cast.admin, at=T)
    west.refresh_from_db()
    assert (west.name, list(west.areas.values_list("country", "region"))) == ("Mountain West", [("US", "CO"), ("US", "UT")])
    with pytest.raises(Refused):
        territories.undo(west, by=cast.admin, at=T)


def test_only_administrators_and_only_good_areas(add, cast):
    with pytest.raises(Forbidden):
        territories.add(name="X", areas=[("DE", "")], by=cast.manager, at=T)
    for text, words in (("USA", "Line 1"), ("\nDE\nUS:", "Line 3"), ("", "covers 1 to"), ("US: " + "x" * 81, "Line 1")):
        with pytest.raises(Invalid, match=words):
            territories.read_areas(text)
    add("East", "US: NY")
    with pytest.raises(Invalid, match="already"):
        add("east ", "US: NY")
    assert territories.written_areas([("US", "NY"), ("US", "NJ"), ("CA", "")]) == "US: NY, NJ\nCA"


def test_a_new_company_begins_with_four(cast):
    for _ in range(2):
        territories.seed(by=cast.admin, at=T)
    assert [one.name for one in Territory.objects.all()] == [name for name, _ in territories.DEFAULTS]


@pytest.mark.parametrize("path", ["/territories/", "/territories/new/", "/territories/1/", "/territories/1/removal/"])
def test_only_administrators_come_in(cast, client, path):
    assert client.get(path).status_code == 302, "a stranger signs in first"
    for who in (cast.owner, cast.manager, cast.marketer, cast.viewer):
        client.force_login(who)
        assert client.get(path).status_code == 403
        assert client.post(path, {"name": "x", "areas": "DE"}).status_code == 403


def test_the_page_adds_edits_moves_removes_and_undoes(cast, signed_in):
    admin = signed_in(cast.admin)
    assert "No territory is kept yet" in admin.get("/territories/").content.decode()
    for name, areas in (("Mountain West", "US: CO, UT"), ("Germany", "DE")):
        assert admin.post("/territories/new/", {"name": name, "areas": areas}).status_code == 302
    west, germany = Territory.objects.all()
    refused = admin.post("/territories/new/", {"name": "germany", "areas": "AT"})
    assert refused.status_code == 422 and "already" in refused.content.decode()
    assert "Line 2" in admin.post("/territories/new/", {"name": "B", "areas": "AT\nGermany"}).content.decode()
    admin.post(f"/territories/{germany.pk}/", {"name": "D A CH", "areas": "DE\nAT\nCH"})
    admin.post(f"/territories/{germany.pk}/position/", {"to": "up"})
    page = admin.get("/territories/").content.decode()
    assert page.index("D A CH") < page.index("Mountain West")
    admin.post(f"/territories/{west.pk}/removal/")
    assert "US: CO, UT" not in admin.get("/territories/").content.decode()
    admin.post(f"/territories/{west.pk}/undo/")
    assert "US: CO, UT" in admin.get("/territories/").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_territories(cast, signed_in, add, django_assert_max_num_queries):
    admin = signed_in(cast.admin)
    for n in range(12):
        add(f"Place {n}", f"US: Region {n}\nDE")
    with django_assert_max_num_queries(8):
        admin.get("/territories/")
