"""The list: which leads are …? The address is the state; a page further on costs what the first one does."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leads import due
from leads.models import AttributeDefinition, Lead
from sla import clocks
from teams.models import SavedView

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
QUERIES = 15


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def at(**ago):
    return NOW - timedelta(**ago)


def names(answer):
    assert answer.status_code == 200, answer
    return [row["lead"].person.first_name for row in answer.context["rows"]]


@pytest.fixture
def three(cast, make_lead):
    """Late, due, and one that nobody owes anything."""
    late = make_lead("Priya Raman", at=at(hours=2), company={"name": "Northwind Cloud", "employees": 2200})
    due = make_lead("Marcus Hale", at=at(minutes=1), owner=cast.other)
    plain = make_lead("Erik Solberg", at=at(days=3), hand_raise="", source="webinar", title="Analyst")
    return late, due, plain


def test_open_ones_due_first_then_the_newest(cast, signed_in, three):
    answer = signed_in(cast.viewer).get("/leads/")
    assert names(answer) == ["Priya", "Marcus", "Erik"]
    assert "1 h 55 late" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("stage=inquiry", ["Erik"]),
        ("stage=mql,inquiry", ["Priya", "Marcus", "Erik"]),
        ("stage=won", []),
        ("owner=me", ["Priya"]),
        ("owner=none", ["Erik"]),
        ("source=webinar", ["Erik"]),
        ("q=northw", ["Priya"]),
        ("q=hale%20marcus", ["Marcus"]),
        ("q=er", ["Erik"]),  # two letters begin a word
        ("q=ik", []),
        ("q=%25", []),
        ("due=late", ["Priya"]),
        ("due=today", ["Marcus"]),
        ("due=none", ["Erik"]),
        ("answered=no", ["Priya", "Marcus"]),
        ("entered=1", ["Priya", "Marcus"]),
        ("created=7", ["Priya", "Marcus", "Erik"]),
        ("sort=-created", ["Marcus", "Priya", "Erik"]),
        ("sort=created", ["Erik", "Priya", "Marcus"]),
        ("sort=-due", ["Marcus", "Priya", "Erik"]),
        ("sort=nonsense", ["Priya", "Marcus", "Erik"]),
    ],
)
def test_filters_in_the_address(cast, signed_in, three, query, found):
    assert names(signed_in(cast.owner).get(f"/leads/?{query}")) == found


def test_team_company_and_ids_of_others(cast, signed_in, three):
    client = signed_in(cast.owner)
    assert names(client.get(f"/leads/?team={cast.coast.pk}")) == ["Marcus"]
    assert names(client.get(f"/leads/?owner={cast.other.pk}")) == ["Marcus"]
    assert names(client.get(f"/leads/?company={three[0].company_id}&stage=any")) == ["Priya"]


@pytest.mark.parametrize("query", ["stage=open", "owner=x", "team=x", "due=soon", "q=%00", "cell=D4", "source=nowhere"])
def test_a_filter_that_cannot_be_read_is_said(cast, signed_in, three, query):
    answer = signed_in(cast.owner).get(f"/leads/?{query}")
    assert answer.status_code == 200 and answer.context["asked"].problem
    assert names(answer) == []


def test_a_custom_attribute_is_a_filter(cast, signed_in, three):
    AttributeDefinition.objects.create(
        subject="company", name="tier", label="Tier", type="list", options=["gold", "silver"]
    )
    AttributeDefinition.objects.create(subject="lead", name="seats", label="Seats", type="number")
    late, due, _ = three
    late.company.attributes = {"tier": ["gold"]}
    late.company.save()
    Lead.objects.filter(pk=due.pk).update(attributes={"seats": 40})
    client = signed_in(cast.owner)
    assert names(client.get("/leads/?attr.company.tier=gold")) == ["Priya"]
    assert names(client.get("/leads/?attr.lead.seats=40")) == ["Marcus"]
    for nothing in ("attr.lead.seats=many", "attr.lead.nosuch=1", "attr.company.tier=%00"):
        assert names(client.get(f"/leads/?{nothing}")) == []
    text = client.get("/leads/?attr.company.tier=gold").content.decode()
    assert "Tier is" in text


def test_what_a_form_sends_becomes_an_address_to_share(cast, signed_in, three):
    client = signed_in(cast.owner)
    answer = client.get("/leads/?stage=mql&stage=sal&owner=&q=%20pri%20&due=")
    assert answer["Location"] == "/leads/?stage=mql,sal&q=pri"
    assert names(client.get(answer["Location"])) == ["Priya"]
    typed = client.get("/leads/?attribute=attr.company.tier&value=gold")
    assert typed["Location"] == "/leads/?attr.company.tier=gold"
    assert client.get("/leads/?q=&sort=due")["Location"] == "/leads/"


def test_the_filters_to_choose_from_are_a_dialog_or_a_page(cast, signed_in, three):
    client = signed_in(cast.owner)
    page = client.get("/leads/filters/?stage=mql&owner=me&q=pri&sort=-created").content.decode()
    assert "<html" in page and '<form action="/leads/">' in page
    assert '<input type="checkbox" name="stage" value="mql" checked>' in page
    assert '<input type="hidden" name="q" value="pri">' in page
    assert "<html" not in client.get("/leads/filters/", headers={"HX-Request": "true"}).content.decode()


def test_the_filters_in_force_are_said_and_can_be_dropped(cast, signed_in, three):
    answer = signed_in(cast.owner).get("/leads/?stage=mql,sal&owner=me&sort=-created")
    words = {token["name"]: (token["value"], token["remove"]) for token in answer.context["tokens"]}
    assert words["Stage is"] == ("MQL or SAL", "/leads/?owner=me&sort=-created")
    assert words["Owner is"][0] == "me"


def test_nothing_found_names_the_filter_that_empties_it(cast, signed_in, three):
    text = signed_in(cast.owner).get("/leads/?owner=me&q=zebra").content.decode()
    assert "Without “Search zebra” there is 1." in text


def test_pages_follow_each_other_without_a_gap(cast, signed_in, make_lead, monkeypatch):
    monkeypatch.setattr("leads.paging.page.__kwdefaults__", {"cursor": "", "size": 3})
    for number in range(4):
        make_lead(f"Due{number} Person", at=at(minutes=number), company={"name": f"Firm{number}"})
    for number in range(4):
        make_lead(
            f"Plain{number} Person", at=at(days=number + 1), hand_raise="", title="", company={"name": f"Other{number}"}
        )
    client = signed_in(cast.owner)
    seen, numbers, address, pages = [], [], "/leads/", []
    while address:
        answer = client.get(address)
        pages.append(names(answer))
        seen += pages[-1]
        numbers.append((answer.context["first"], answer.context["last"]))
        last, address = answer, f"/leads/{answer.context['next']}" if answer.context["next"] else ""
    assert seen == ["Due3", "Due2", "Due1", "Due0", "Plain0", "Plain1", "Plain2", "Plain3"]
    assert numbers == [(1, 3), (4, 6), (7, 8)]
    back = client.get(f"/leads/{last.context['previous']}")
    assert names(back) == pages[1] and back.context["first"] == 4
    assert names(client.get(f"/leads/{back.context['previous']}")) == pages[0]


@pytest.mark.parametrize("cursor", ["nonsense", "WyJkdWUiLDld", "W10"])
def test_an_old_cursor_starts_at_the_beginning(cast, signed_in, three, cursor):
    assert signed_in(cast.owner).get(f"/leads/?cursor={cursor}&owner=me")["Location"] == "/leads/?owner=me"


def test_many_are_counted_no_further_than_people_read(cast, signed_in, three, monkeypatch):
    monkeypatch.setattr("leads.counting.MOST", 2)
    text = signed_in(cast.owner).get("/leads/").content.decode()
    assert "over 2" in text or "about" in text


def test_named_views_are_tabs_with_their_counts(cast, signed_in, three):
    SavedView.objects.create(page="leads", name="Webinars", query="source=webinar", owner=cast.owner)
    SavedView.objects.create(page="leads", name="Hidden", query="source=email", owner=cast.other)
    SavedView.objects.create(page="leads", name="Everybody’s", query="owner=none", owner=None)
    answer = signed_in(cast.owner).get("/leads/?source=webinar")
    tabs = {tab.label: (tab.count, tab.current) for tab in answer.context["tabs"]}
    assert tabs == {
        "All open": (3, False), "Unanswered": (2, False), "Mine": (1, False), "Without an owner": (0, False),
        "Back soon": (0, False), "Webinars": (1, True), "Everybody’s": (1, False),
    }  # fmt: skip


def test_a_view_is_saved_for_oneself_or_for_all_and_removed(cast, signed_in, three):
    client = signed_in(cast.owner)
    answer = client.post("/leads/views/", {"name": "Mine late", "query": "due=late&owner=me"})
    assert answer["Location"] == "/leads/?due=late&owner=me"
    view = SavedView.objects.get()
    assert (view.owner, view.query) == (cast.owner, "due=late&owner=me")
    again = client.post("/leads/views/", {"name": "Mine late", "query": ""})
    assert again.status_code == 422
    client.post("/leads/views/", {"name": "All late", "query": "due=late", "shared": "on"})
    shared = SavedView.objects.get(owner=None)
    assert client.post(f"/leads/views/{shared.pk}/removal/").status_code == 404
    other = signed_in(cast.other)
    assert other.post(f"/leads/views/{view.pk}/removal/").status_code == 404
    assert signed_in(cast.owner).post(f"/leads/views/{view.pk}/removal/").status_code == 302
    assert signed_in(cast.admin).post(f"/leads/views/{shared.pk}/removal/").status_code == 302
    assert not SavedView.objects.exists()


def test_back_soon_is_who_returns_within_a_fortnight(cast, signed_in, three):
    late, due, _ = three
    late.recycle(by=cast.admin, at=NOW, reason="timing", track="newsletter", revisit_on=date(2026, 12, 1))
    due.recycle(by=cast.admin, at=NOW, reason="timing", track="newsletter", revisit_on=date(2027, 3, 1))
    answer = signed_in(cast.owner).get("/leads/?stage=recycled&back=14")
    assert names(answer) == ["Priya"]
    assert "until 1 Dec" in answer.content.decode()


def test_the_queries_do_not_grow_with_the_list(cast, signed_in, three, make_lead, django_assert_num_queries):
    client = signed_in(cast.owner)
    with django_assert_num_queries(QUERIES):
        client.get("/leads/?owner=me")
    for number in range(6):
        make_lead(f"More{number} People", at=at(minutes=number), company={"name": f"Firm{number}"})
    with django_assert_num_queries(QUERIES):
        client.get("/leads/?owner=me")


def test_the_csv_has_the_filters_of_the_list_and_runs_no_formula(cast, signed_in, three, make_lead):
    make_lead("=HYPERLINK Evil", at=at(minutes=5), company={"name": "Evil"}, email="evil@evil.example")
    client = signed_in(cast.viewer)
    answer = client.get("/leads/export.csv?owner=none&stage=mql,inquiry")
    lines = b"".join(answer.streaming_content).decode().strip().splitlines()
    assert len(lines) == 2 and "Erik" in lines[1] and lines[0].lstrip("\ufeff").startswith("Lead,First name")
    whole = b"".join(client.get("/leads/export.csv").streaming_content).decode()
    assert "'=HYPERLINK" in whole and len(whole.strip().splitlines()) == 5
    ticked = client.get(f"/leads/export.csv?lead={three[0].pk}&list=")
    assert len(b"".join(ticked.streaming_content).decode().strip().splitlines()) == 2


def test_the_clock_shown_is_the_one_the_order_goes_by(cast, signed_in, make_lead):
    """A response that waits for Monday's opening shows nothing of a decision that is due on Sunday."""
    lead = make_lead(at=NOW - timedelta(hours=1))
    for target, hours in (("first_response", 40), ("disposition", 15)):
        lead.clocks.filter(target=target).update(due_at=NOW + timedelta(hours=hours))
    due.remember(clocks.soonest([lead.pk]))
    [row] = signed_in(cast.viewer).get("/leads/").context["rows"]
    assert row["clock"]["due_at"] == Lead.objects.get(pk=lead.pk).next_due_at == NOW + timedelta(hours=15)


def test_nobody_signed_in_gets_neither_list_nor_file(cast, client):
    for address in ("/leads/", "/leads/export.csv", "/leads/new/", "/leads/reassignment/", "/leads/views/", "/search/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")
