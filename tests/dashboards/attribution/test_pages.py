"""The attribution page, the wins behind a line, one deal's path; the same in CSV and REST."""

import csv
import io

import pytest

from deals.models import Deal

pytestmark = pytest.mark.django_db
DAYS = "from=2026-08-29&to=2026-11-26&as_of=2026-11-26T18:00:00Z"


@pytest.fixture(autouse=True)
def today(monkeypatch, now):
    monkeypatch.setattr("revops.lib.now.now", lambda: now)


@pytest.fixture
def past(make_deal, make_person, make_firm, touch, ago, organisation):
    """Three wins: two with the same path, one that nobody touched; and one lost."""
    for n in range(2):
        firm = make_firm()
        who = make_person(firm)
        make_deal(ago(40), won_at=ago(10 + n), amount=600, company=firm, person=who)
        touch(who, ago(80), "ad_click", "paid_search")
        touch(who, ago(60), "form", "webinar")
        touch(who, ago(20), "email_click", "email")
    make_deal(ago(40), won_at=ago(9), amount=100)
    make_deal(ago(40), lost_at=ago(9), amount=100, person=who)


def read(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_page_shows_all_models_over_the_same_wins(past, client, cast):
    client.force_login(cast.viewer)
    page = client.get(f"/attribution/?{DAYS}&own=20-60-20")
    text = page.content.decode()
    assert page.status_code == 200 and "Who earned the" in text and "style=" not in text
    result = page.context["result"]
    assert [line.name for line in result.lines] == ["E-mail", "Paid search", "Webinar"], "disagreement first"
    assert {sum(line.credits[m.key] for line in result.lines) for m in result.models} == {120_000}
    assert page.context["drawing"]["said"] == "$0 by first touch, $1.2k by last touch"
    assert "1 win without an eligible touch" in text and "needs 100 wins with a touch; this period has 2" in text
    assert "Own 20/60/20" in text and page.context["table"]["sums"] == ["$1,200"] * 11
    drawn = page.context["drawing"]["rows"][0]
    assert (drawn["x1"], drawn["x2"], len(drawn["marks"])) == (3.0, pytest.approx(97, abs=25), 5)


def test_choices_stay_in_the_address_and_nonsense_is_refused(past, client, cast):
    client.force_login(cast.viewer)
    page = client.get(f"/attribution/?{DAYS}&teams=all&look_back=30&level=asset&show=linear-u")
    assert page.status_code == 200 and page.context["asked"].look_back == 30
    assert ("teams", "all") in page.context["filters"]["more"]
    assert [t["name"] for t in page.context["toggles"] if t["current"]] == ["Linear", "U 40/40/20"]
    wrong = client.get("/attribution/?mapping=everybody&look_back=0&own=1-2&level=x&half_life=zz&teams=y")
    assert wrong.status_code == 400 and len(wrong.context["wrong"]) == 6
    assert client.get("/attribution/?own=0-0-0").status_code == 400, "nothing is no weight"
    assert client.get("/attribution/?from=2025-01-01&to=2025-01-31").status_code == 200, "nothing won: n/a, no error"


def test_a_line_opens_its_wins_which_add_up_to_it(past, client, cast):
    client.force_login(cast.viewer)
    rows = read(client.get(f"/attribution/credits.csv?{DAYS}"))
    webinar = dict(zip(rows[0], next(r for r in rows if r[1] == "webinar"), strict=True))
    assert (webinar["wins"], webinar["Linear"], webinar["Full path"]) == ("2", "400.00", "600.00")
    wins = read(client.get(f"/attribution/deals.csv?{DAYS}&key=webinar"))
    at = wins[0].index("Full path")
    assert len(wins) - 1 == 2 and sum(float(r[at]) for r in wins[1:]) == 600
    page = client.get(f"/attribution/deals/?{DAYS}&key=webinar")
    assert page.context["total"] == 2 and page.context["sums"][-1] == "$600"
    assert client.get(f"/attribution/deals/?{DAYS}&without=1").context["total"] == 1
    assert client.get(f"/attribution/deals/?{DAYS}").context["total"] == 2
    assert client.get(f"/attribution/deals/?{DAYS}&key=event").status_code == 404
    assert client.get(f"/attribution/deals/?{DAYS}&page=x").status_code == 400


def test_a_win_opens_its_path_with_credits_of_each_model(past, client, cast, django_assert_max_num_queries):
    client.force_login(cast.viewer)
    deal = Deal.objects.filter(stage="won").order_by("id").first()
    with django_assert_max_num_queries(14):
        page = client.get(f"/attribution/deals/{deal.pk}/")
    assert [[mark for mark, _ in row["milestones"]] for row in page.context["rows"]] == [["FT"], ["LC", "OC"], ["CW"]]
    assert [row["credits"]["full_path"] for row in page.context["rows"]] == [15_000, 30_000, 15_000]
    untouched, lost = Deal.objects.get(person=None), Deal.objects.get(stage="lost")
    assert "Nobody on this deal" in client.get(f"/attribution/deals/{untouched.pk}/").content.decode()
    assert client.get(f"/attribution/deals/{lost.pk}/").status_code == 200
    assert client.get("/attribution/deals/0/").status_code == 404


def test_the_page_costs_the_same_however_many_wins(past, client, cast, django_assert_max_num_queries):
    client.force_login(cast.viewer)
    with django_assert_max_num_queries(60):
        assert client.get(f"/attribution/?{DAYS}").status_code == 200


def test_rest_gives_the_same_numbers_and_walks_the_same_wins(past, client, cast):
    client.force_login(cast.viewer)
    page = client.get(f"/attribution/?{DAYS}").context["result"]
    body = client.get(f"/api/v1/attribution/?{DAYS}").json()
    assert body["credited"] == {"amount": "1200.00", "currency": "USD"} and body["without_touch"]["wins"] == 1
    for line, told in zip(page.lines, body["lines"], strict=True):
        assert {k: round(float(v["amount"]) * 100) for k, v in told["credits"].items()} == line.credits
        deals = client.get(told["deals"].removeprefix("http://testserver")).json()["results"]
        assert len(deals) == line.wins
        for model in ("linear", "full_path", "decay"):
            assert sum(round(float(d["credits"][model]["amount"]) * 100) for d in deals) == line.credits[model]
    assert [m["key"] for m in body["models"] if m["na"]] == ["markov", "shapley"]
    first = client.get(f"/api/v1/attribution/deals/?{DAYS}&limit=1").json()
    second = client.get(first["next"].removeprefix("http://testserver")).json()
    assert {d["deal"] for p in (first, second) for d in p["results"]} == set(
        Deal.objects.filter(stage="won").exclude(person=None).values_list("id", flat=True)
    ) and second["next"] is None
    path = client.get(first["results"][0]["path"].removeprefix("http://testserver")).json()
    assert [t["milestones"] for t in path["touches"]] == [["FT"], ["LC", "OC"], ["CW"]]
    assert client.get("/api/v1/attribution/months/").json()["results"] == []
    assert client.get("/api/v1/attribution/?look_back=0").status_code == 400
    assert client.get("/api/v1/attribution/?nonsense=1").status_code == 400
