"""The page of numbers: what it shows, to whom, at what cost, and what it says when there is nothing."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from dashboards import sheet
from deals.models import Deal
from journal.models import Entry
from leads.models import Company
from tests.dashboards.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(frozen, organisation):
    with frozen(NOW):
        yield


@pytest.fixture
def read(signed_in, cast):
    return signed_in(cast.viewer).get


@pytest.fixture
def won(make_deal, make_lead, ago, cast):
    for _ in range(23):
        lead = make_lead(ago(80), mql_at=ago(70), sal_at=ago(69), sql_at=ago(60), opportunity_at=ago(50), won_at=ago(3),
                         first_response_at=ago(69.9), owner=cast.owner)  # fmt: skip
        make_deal(ago(50), won_at=ago(3), lead=lead, person=lead.person, company=lead.company, owner=cast.owner)
    for _ in range(27):
        make_deal(ago(50), lost_at=ago(4), source="referral")


def words_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_stranger_is_sent_to_the_sign_in_page(client):
    assert client.get("/dashboard/").status_code == 302


def test_a_viewer_reads_everything(read, won):
    for address in ("/dashboard/", "/dashboard/?funnel=stock", "/dashboard/?funnel=flow&compare=month&segment=smb",
                    "/kpis/", "/kpis/win-rate/", "/kpis/K04/rows/", "/kpis/ltv-cac/", "/kpis/win-rate/rows.csv",
                    "/dashboard/numbers.csv", "/dashboard/numbers.pdf", "/journey/", "/journey/?owner=1"):  # fmt: skip
        assert read(address).status_code == 200, address


def test_an_empty_database_says_why_there_is_no_number(read):
    text = words_of(read("/dashboard/"))
    for said in ("n/a: 0 won or lost in this period", "n/a: 0 handed over in this period",
                 "n/a: 0 decided in this period", "n/a: 0 fell due in this period", "n/a: no gross margin entered",
                 "n/a: 0 customers paid when the period began", "n/a: 0 won with an amount in this period",
                 "n/a: 0 open deals", "n/a: 0 moved on in this period"):  # fmt: skip
        assert said in text, said


def test_the_page_shows_the_number_the_api_gives(read, won, cast, client):
    text = words_of(read("/dashboard/"))
    found = read("/api/v1/kpis/win-rate/").json()
    assert found["text"] == "46.0%" and "46.0%" in text
    assert found["formula"] == "23 won ÷ (23 won + 27 lost); 0 no decision" and found["formula"] in text
    assert found["parts"] == {"won": 23, "lost": 27, "no_decision": 0}


@pytest.mark.parametrize(("part", "n"), [("", 50), ("won", 23), ("lost", 27), ("no_decision", 0)])
def test_page_rows_api_rows_and_csv_are_as_many_as_counted(read, won, part, n):
    body = read("/api/v1/kpis/win-rate/rows/", {"limit": 20} | ({"part": part} if part else {})).json()
    ids = [row["id"] for row in body["results"]]
    while body["next"]:
        body = read(body["next"]).json()
        ids += [row["id"] for row in body["results"]]
    lines = b"".join(read(f"/kpis/win-rate/rows.csv?part={part}").streaming_content).decode().splitlines()
    page = read(f"/kpis/win-rate/rows/?part={part}")
    assert len(ids) == len(set(ids)) == len(lines) - 1 == page.context["total"] == n


def test_every_card_is_one_link_to_its_rows_with_the_as_of(read, won):
    page = read("/dashboard/")
    cards = {card["key"]: card for card in page.context["cards"]}
    query = parse_qs(urlsplit(cards["win-rate"]["href"]).query)
    assert query["as_of"] == [NOW.isoformat().replace("+00:00", "Z")]
    assert read(cards["win-rate"]["href"]).context["total"] == 50


@pytest.mark.long
def test_every_link_of_the_dashboard_answers(read, won, make_clock, ago):
    make_clock(ago(3), outcome="met")
    seen = set()
    for address in ("/dashboard/", "/dashboard/?funnel=stock", "/dashboard/?funnel=flow", "/journey/"):
        html = read(address).content.decode()
        links = {
            link.replace("&amp;", "&") for link in re.findall(r'href="(/(?:kpis|dashboard|journey)/[^"]*)"', html)
        } - seen
        assert len(links) > 15
        seen |= links
        for link in links:
            assert read(link).status_code == 200, link


def test_rows_in_the_dialog_are_the_first_few(read, won):
    page = read("/kpis/win-rate/rows/?part=won", headers={"HX-Request": "true"})
    assert b"<html" not in page.content and b"15 more" in page.content


def test_source_rows_give_small_samples_as_counts(read, won, make_deal, ago):
    make_deal(ago(20), won_at=ago(2), source=None)
    text = words_of(read("/dashboard/"))
    assert "Unknown source" in text and "1 of 1, small sample" in text


def test_filters_stand_in_the_address_and_narrow_the_page(read, won, cast):
    page = read(f"/dashboard/?source=webinar&team={cast.midwest.pk}&days=30")
    tokens = [(token["name"], token["value"]) for token in page.context["filters"]["tokens"]]
    assert tokens == [("Source is", "Webinar"), ("Team is", "Midwest")]
    assert page.context["sources"]["wins"] == 23 and page.context["sources"]["closed"] == 23


def test_a_filter_is_taken_away_on_the_page_it_stands_on(read, won):
    for here in ("/kpis/", "/kpis/win-rate/", "/journey/", "/retention/", "/dashboard/"):
        bar = read(f"{here}?source=webinar&team=1").context["filters"]
        for link in (bar["tokens"][0]["remove"], bar["clear"]):
            assert link.startswith("?") and "source" not in link


def test_a_number_of_days_chosen_over_a_period_is_counted_to_today(read, won):
    """The choice is named by its days; the period's own, which the form still sends, must not move it."""
    bar = read("/dashboard/?from=2026-07-01&to=2026-09-30").context["filters"]
    days, text = bar["periods"][0]
    chosen = read(f"/dashboard/?from=2026-07-01&to=2026-09-30&days={days}").context["filters"]
    assert chosen["asked"].words == text == "28 Oct – 26 Nov, 30 days"
    assert read(f"/dashboard/?to=2026-09-30&days={days}").context["filters"]["asked"].words.startswith("1 Sep – 30 Sep")


@pytest.mark.parametrize(
    "query", ["from=yesterday", "owner=x", "days=0", "compare=last", "from=2026-11-20&to=2026-11-01",
              "segment=huge", "as_of=2999-01-01T00:00:00Z", "as_of=2026-11-01", "team=99999999999999999999", "funnel=pie", "source=%00"],
)  # fmt: skip
def test_filters_that_cannot_be_read_are_named(read, query):
    page = read(f"/dashboard/?{query}")
    assert page.status_code == 400
    assert query.split("=")[0].replace("from", "").strip() in page.content.decode()
    if not query.startswith("funnel"):
        answer = read(f"/api/v1/kpis/?{query}")
        assert answer.status_code == 400 and answer.json()["errors"][0]["field"]


def test_unknown_kpis_and_parts_are_not_found(read):
    assert read("/kpis/nothing/").status_code == 404
    assert read("/kpis/win-rate/rows/?part=nothing").status_code == 404
    assert read("/api/v1/kpis/nothing/").status_code == 404
    assert read("/api/v1/kpis/win-rate/rows/?part=nothing").status_code == 400
    assert read("/api/v1/kpis/win-rate/rows/?cursor=x").status_code == 400


def test_the_api_lists_every_kpi_and_says_what_is_not_kept(read, won):
    found = {kpi["id"]: kpi for kpi in read("/api/v1/kpis/").json()["results"]}
    assert {"K01", "K02", "K03", "K04", "K05", "K07", "K08", "K09", "K10", "K11", "K12", "K15", "K23"} <= set(found)
    assert found["K19"]["value"] is None and found["K19"]["text"].startswith("n/a: ")
    assert found["K23"]["value"] == {"amount": "1000.00", "currency": "USD"}


def test_a_key_without_the_scope_may_not_read(client, db):
    assert client.get("/api/v1/kpis/").status_code == 401


def test_names_are_safe_in_a_spreadsheet(read, make_deal, ago):
    make_deal(ago(20), won_at=ago(2))
    Deal.objects.update(name='=HYPERLINK("http://evil.example")')
    lines = b"".join(read("/kpis/win-rate/rows.csv").streaming_content).decode()
    assert "'=HYPERLINK" in lines


def test_the_number_of_queries_does_not_grow_with_the_rows(read, won, make_deal, ago, cast):
    read("/dashboard/")

    def count(address):
        sheet.forget()
        with CaptureQueriesContext(connection) as queries:
            assert read(address).status_code == 200
        return len(queries)

    few, few_rows = count("/dashboard/"), count("/kpis/win-rate/rows/")
    for _ in range(30):
        make_deal(ago(20), won_at=ago(2), owner=cast.owner)
    assert count("/dashboard/") == few <= 52
    assert count("/kpis/win-rate/rows/") == few_rows <= 14


def test_a_second_look_scans_nothing(read, won, make_deal, ago, monkeypatch):
    monkeypatch.setattr(sheet, "COSTLY", float("inf"))  # a slow machine keeps what was costly for ten seconds
    Entry.objects.create(kind="deal.won", subject_kind="deal", subject_id=1, at=NOW)
    read("/dashboard/")
    with CaptureQueriesContext(connection) as queries:
        read("/dashboard/")
    assert not [q for q in queries if "width_bucket" in q["sql"] or "percentile_cont" in q["sql"]]
    Entry.objects.create(kind="deal.won", subject_kind="deal", subject_id=1, at=NOW)
    make_deal(ago(20), won_at=ago(2))
    assert read("/api/v1/kpis/win-rate/").json()["n"] == 51


def test_the_audit_chooses_the_cards_and_their_class(read, won, cast):
    from dashboards.agreed import audit

    assert [card["key"] for card in read("/dashboard/").context["cards"]] == list(audit.CARDS)
    audit.choose(["win-rate", "sales-cycle", "average-deal-size"], by=cast.manager, at=NOW)
    cards = read("/dashboard/").context["cards"]
    assert [(card["key"], card["digit"]) for card in cards] == [
        ("win-rate", "1"), ("sales-cycle", "2"), ("average-deal-size", "3")
    ]  # fmt: skip


def test_the_goal_shows_its_pace_over_its_own_days_and_opens_those_rows(read, won, make_deal, make_lead, ago, cast):
    """$2M over 91 days of which 57% are gone: $1.4M accepted is 1.22 of pace."""
    from dashboards.agreed.models import Goal

    lead = make_lead(ago(40), mql_at=ago(39), sal_at=ago(38), sql_at=ago(37), opportunity_at=ago(30))
    make_deal(ago(30), amount=1_377_000, lead=lead, person=lead.person)
    goal = Goal.objects.create(kpi="sales-accepted-pipeline", name="Pipeline", target=200_000_000, made_at=NOW,
                               starts_on="2026-10-01", ends_on="2026-12-31", marketing_by=cast.manager, marketing_at=NOW)  # fmt: skip
    assert "pace" not in words_of(read("/dashboard/")), "one side alone sets no goal"
    goal.sales_by, goal.sales_at = cast.owner, NOW
    goal.save()
    sheet.forget()
    card = read("/dashboard/").context["cards"][0]
    rows = read("/api/v1/kpis/sales-accepted-pipeline/?from=2026-10-01&to=2026-11-26").json()
    assert card["title"] == rows["text"] and card["comparison"] == "of $2M this quarter"
    assert card["meter"]["value"] == pytest.approx(float(rows["value"]["amount"]) / 2_000_000)
    assert (card["change"]["text"], card["change"]["direction"]) == ("1.13 of pace", "up")
    assert read(card["href"]).context["total"] == rows["row_count"]
    assert "pace" not in words_of(read("/dashboard/?source=webinar")), "the goal is of all channels"


def test_a_segment_narrows_numbers_and_rows_alike(read, won, make_deal, ago):
    from leads.models import Company

    big = Company.objects.create(name="Big", name_key="big", employees=4_000)
    make_deal(ago(20), won_at=ago(2), company=big)
    for segment, n in (("enterprise", 1), ("unknown", 50), ("smb", 0)):
        assert read(f"/api/v1/kpis/win-rate/?segment={segment}").json()["row_count"] == n
        assert read(f"/kpis/win-rate/rows/?segment={segment}").context["total"] == n
        tokens = read(f"/dashboard/?segment={segment}").context["filters"]["tokens"]
        assert [token["name"] for token in tokens] == ["Size is"]


def test_the_flow_counts_who_entered_and_left_each_week(read, make_lead, ago):
    make_lead(ago(80), mql_at=ago(70), sal_at=ago(69))
    make_lead(ago(400), mql_at=ago(10), rejected_at=ago(2))
    make_lead(ago(400), mql_at=ago(300))  # nothing happened to it in the period
    found = read("/dashboard/?funnel=flow").context["funnel"]
    counted = {row["label"]: (row["entered"], row["left"], row["net"]) for row in found["rows"]}
    assert counted["Inquiry"] == (1, 2, "−1") and counted["MQL"] == (2, 2, "0") and counted["SAL"] == (1, 0, "+1")
    weeks = [line for line in found["table"] if any(cell["n"] for cell in line["cells"])]
    assert sum(cell["n"] for line in found["table"] for cell in line["cells"]) == 8 and len(weeks) == 4
    for line in weeks:
        for cell in line["cells"]:
            if cell["n"]:
                assert read(cell["href"]).context["total"] == cell["n"]


def test_views_are_kept_for_oneself_or_for_everybody(cast):
    manager, mine, other = clients = [Client() for _ in range(3)]
    for client, user in zip(clients, (cast.manager, cast.owner, cast.other), strict=True):
        client.force_login(user)
    reader = Client()
    reader.force_login(cast.viewer)
    address = "/dashboard/views/save/?days=30&source=webinar&from=2026-01-01&as_of=2026-02-01T00:00:00Z"
    assert b"Everybody sees it" in manager.get(address).content and b"Everybody sees" not in reader.get(address).content
    query = "days=30&source=webinar&funnel=flow&from=2026-01-01"
    done = manager.post("/dashboard/views/save/", {"name": "Webinars", "query": query, "shared": "on"})
    assert done.status_code == 302 and "days=30" in done.url and "from=" not in done.url
    assert mine.post("/dashboard/views/save/", {"name": "Mine", "query": "days=365"}).status_code == 302
    again = manager.post("/dashboard/views/save/", {"name": "Webinars", "query": query, "shared": "on"})
    assert again.status_code == 409 and b"There is a view with this name already" in again.content
    for query in ("days=x", "funnel=" + "é" * 300):
        assert manager.post("/dashboard/views/save/", {"name": "Bad", "query": query}).status_code == 400
    shown = mine.get("/dashboard/?days=30&source=webinar&funnel=flow").context["views"]
    assert [(view["name"], view["current"], bool(view["remove"])) for view in shown] == [
        ("Webinars", True, False), ("Mine", False, True)
    ]  # fmt: skip
    assert [view["name"] for view in other.get("/dashboard/").context["views"]] == ["Webinars"]
    rows = mine.get("/api/v1/dashboard/views/").json()["results"]
    assert [row["name"] for row in rows] == ["Webinars", "Mine"]
    for who, row, status in ((mine, 0, 403), (other, 1, 404), (mine, 1, 200)):
        got = who.post(f"/api/v1/dashboard/views/{rows[row]['id']}/removal/", {}, content_type="application/json")
        assert got.status_code == status, (row, got.content)


def test_who_earned_it_shows_every_model_and_the_same_sum(read, make_lead, make_deal, ago):
    from leads.models import Touch

    lead = make_lead(ago(60), mql_at=ago(50), opportunity_at=ago(40), won_at=ago(3))
    for day, channel in ((55, "webinar"), (45, "email")):
        Touch.objects.create(person=lead.person, kind="form", channel_id=channel, occurred_at=ago(day),
                             received_at=ago(day))  # fmt: skip
    make_deal(ago(40), won_at=ago(3), amount=60_000, lead=lead, person=lead.person, company=lead.company)
    make_deal(ago(40), won_at=ago(3), amount=5_000)
    earned = read("/dashboard/").context["earned"]
    assert earned["title"] == "Who earned the $60k" and earned["wins"] == "1 win"
    assert {row["name"] for row in earned["rows"]} == {"Webinar", "E-mail"}
    by_model = {
        mark["name"]: mark["text"] for row in earned["rows"] if row["name"] == "Webinar" for mark in row["marks"]
    }
    assert (by_model["First touch"], by_model["Last touch"], by_model["Linear"]) == ("$60k", "$0", "$30k")
    assert "1 win without a marketing touch: $5k beside." in earned["notes"]


def test_the_pdf_has_at_most_two_pages_and_says_what_it_is(read, won):
    body = read("/dashboard/numbers.pdf?source=webinar").content
    assert body.startswith(b"%PDF") and body.count(b"/Type /Page") - body.count(b"/Type /Pages") in (1, 2)


def test_what_reads_many_touches_comes_after_the_page_with_the_same_numbers(read, won, monkeypatch):
    from dashboards import page

    Entry.objects.create(kind="deal.won", subject_kind="deal", subject_id=1, at=NOW)  # sheets are kept until news
    whole = words_of(read("/dashboard/"))
    sheet.forget()
    monkeypatch.setattr(page, "FEW", 10)
    monkeypatch.setattr(page, "MANY", 0)
    company = Company.objects.create(name="Kestrel", name_key="kestrel")
    Customer.objects.create(company=company, since=NOW)
    html = read("/dashboard/").content.decode()
    later = re.findall(r'hx-get="(/dashboard/(?:silence|earned|cards|sources)/[^"]*)" hx-trigger="load"', html)
    assert len(later) == 4
    for address in later:
        part = words_of(read(address.replace("&amp;", "&"))).strip()
        assert part and part in whole
    assert 'hx-trigger="load"' not in read("/dashboard/").content.decode(), "known by now"
