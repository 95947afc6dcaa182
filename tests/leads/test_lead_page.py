"""The lead page: why this person, why now, why then."""

from datetime import UTC, datetime, timedelta

import pytest

from leads import touches

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
QUERIES = 43


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def at(**ago):
    return NOW - timedelta(**ago)


@pytest.fixture
def lead(make_lead):
    return make_lead(
        "Grace Lindqvist", at=at(minutes=2), title="VP Operations", message="We lose carrier quotes.",
        company={"name": "Harbor & Pine", "industry": "Logistics", "employees": 820, "country": "US"},
        touches=[{"kind": "page_view", "url": "https://us.example/pricing", "occurred_at": at(hours=n).isoformat()} for n in (2, 3, 4)],
    )  # fmt: skip


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_everything_about_one_lead_is_on_one_page(cast, signed_in, lead):
    text = text_of(signed_in(cast.owner).get(f"/leads/{lead.pk}/"))
    for words in ("Grace Lindqvist", "VP Operations", "820 people", "Hand-off packet", "We lose carrier quotes.", "Score receipt",
                  "BANT", "Pricing page", "Became MQL", "First response", "People at Harbor", "why this rep", "Enquiries"):  # fmt: skip
        assert words in text, words


def test_the_deadline_explains_itself(cast, signed_in, lead):
    answer = signed_in(cast.owner).get(f"/leads/{lead.pk}/")
    card = answer.context["deadline"]
    assert card["due"] == lead.next_due_at
    assert card["lines"][0]["value"] == "2 min"
    assert card["lines"][-1] == {"label": "Left", "note": "", "value": "3 min"}
    assert "<svg" in text_of(answer)


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("owner", {"Call", "Accept", "Reject…", "Recycle…", "Reassign…", "Disqualify…", "E-mail", "Log touch", "Merge…"}),
        ("teammate", {"Call", "Accept", "E-mail", "Log touch"}),
        ("manager", {"Call", "Accept", "Reject…", "Recycle…", "Reassign…", "Disqualify…", "E-mail", "Log touch", "Merge…"}),
        ("admin", {"Call", "Accept", "Reject…", "Recycle…", "Reassign…", "Disqualify…", "E-mail", "Log touch", "Merge…"}),
        ("other", set()),
        ("marketer", set()),
        ("viewer", set()),
    ],
)
def test_each_sees_the_verbs_they_may_do(cast, signed_in, lead, who, offered):
    answer = signed_in(getattr(cast, who)).get(f"/leads/{lead.pk}/")
    assert {offer.label for offer in answer.context["offers"]} == offered
    assert "Grace Lindqvist" in text_of(answer)


def test_one_button_is_primary(cast, signed_in, lead):
    assert text_of(signed_in(cast.owner).get(f"/leads/{lead.pk}/")).count("btn primary") == 1


def test_the_tabs_show_their_part_and_count_it(cast, signed_in, lead):
    touches.log([touches.HumanTouch(lead.pk, "call", NOW, note="left a message")], by=cast.owner.pk, at=NOW)
    client = signed_in(cast.owner)
    answer = client.get(f"/leads/{lead.pk}/?tab=sales")
    assert [item.text for item in answer.context["items"]] == ["Jonah Reyes called, no answer"]
    counts = {tab["label"]: tab["count"] for tab in answer.context["tabs"]}
    assert counts["Sales"] == 1 and counts["Product"] == 0
    for code, name in (("", "Everything"), ("marketing", "Marketing"), ("rules", "Rules & clocks")):
        assert len(client.get(f"/leads/{lead.pk}/?tab={code}").context["items"]) == counts[name]


def test_twenty_then_more_without_losing_or_repeating_one(cast, signed_in, make_lead):
    lead = make_lead(
        at=at(days=1), touches=[{"kind": "download", "url": f"https://us.example/p{n}", "occurred_at": at(days=2).isoformat()} for n in range(30)],
    )  # fmt: skip
    client = signed_in(cast.owner)
    answer = client.get(f"/leads/{lead.pk}/")
    first = [(item.source, item.id) for item in answer.context["items"]]
    assert len(first) == 20
    rest = client.get(f"/leads/{lead.pk}/{answer.context['more']}".partition("#")[0]).context["items"]
    seen = first + [(item.source, item.id) for item in rest]
    assert len(seen) == len(set(seen)) == answer.context["tabs"][0]["count"]


def test_a_decision_taken_back_stays_struck(cast, signed_in, lead):
    lead.reject(by=cast.owner, at=NOW, reason="no_need")
    client = signed_in(cast.owner)
    assert f"/leads/{lead.pk}/undo/" in text_of(client.get(f"/leads/{lead.pk}/"))
    lead.undo(by=cast.owner, at=NOW)
    [item] = [item for item in client.get(f"/leads/{lead.pk}/").context["items"] if item.code == "lead.rejected"]
    assert item.struck and item.correction == "taken back by Jonah Reyes"


def test_the_way_through_the_queue_is_kept(cast, signed_in, lead, make_lead):
    late = make_lead("Priya Raman", at=at(minutes=30))
    way = signed_in(cast.owner).get(f"/leads/{lead.pk}/?from=queue").context["way"]
    assert (way.name, way.place) == ("My queue", "2 of 2")
    assert way.previous == f"/leads/{late.pk}/?from=queue" and way.following == ""


def test_the_way_through_a_list_is_kept(cast, signed_in, lead, make_lead):
    late = make_lead("Priya Raman", at=at(minutes=30))
    way = signed_in(cast.owner).get(f"/leads/{lead.pk}/?list=owner%3Dme").context["way"]
    assert way.href == "/leads/?owner=me"
    assert way.previous == f"/leads/{late.pk}/?list=owner%3Dme"


def test_news_since_the_page_was_drawn_is_said_in_a_line(cast, signed_in, lead):
    client = signed_in(cast.teammate)
    page = client.get(f"/leads/{lead.pk}/")
    address = f"/leads/{lead.pk}/news/?since={page.context['news_from']}"
    quiet = client.get(address)
    assert "new" not in quiet.content.decode().replace("lead-news", "").replace("/news/", "")
    assert client.get(address, headers={"If-None-Match": quiet["ETag"]}).status_code == 304
    lead.accept(by=cast.owner, at=NOW)
    fresh = client.get(address, headers={"If-None-Match": quiet["ETag"]})
    assert "Jonah Reyes accepted" in fresh.content.decode()


def test_without_a_clock_it_says_why(cast, signed_in, lead):
    lead.recycle(by=cast.owner, at=NOW, reason="timing", track="newsletter", revisit_on=datetime(2027, 3, 1).date())  # noqa: DTZ001
    assert "No clock runs: recycled for timing until 1 Mar 2027." in text_of(
        signed_in(cast.owner).get(f"/leads/{lead.pk}/")
    )


def test_why_this_rep_names_everybody_who_had_it(cast, signed_in, lead):
    lead.reassign(by=cast.manager, at=NOW, to=cast.teammate, note="holiday")
    text = text_of(signed_in(cast.viewer).get(f"/leads/{lead.pk}/why/"))
    assert "Jonah Reyes" in text and "Lena Fischer" in text and "Given by hand" in text


def test_a_broken_place_in_the_timeline_is_said(cast, signed_in, lead):
    assert signed_in(cast.owner).get(f"/leads/{lead.pk}/?before=nonsense").status_code == 400


def test_the_queries_are_pinned(cast, signed_in, lead, django_assert_num_queries):
    client = signed_in(cast.owner)
    with django_assert_num_queries(QUERIES):
        client.get(f"/leads/{lead.pk}/?from=queue")


def test_strangers_and_missing_leads(cast, client, signed_in):
    assert client.get("/leads/1/")["Location"].startswith("/accounts/login/")
    assert signed_in(cast.owner).get("/leads/4711/").status_code == 404
