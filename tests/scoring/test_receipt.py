"""Every score explains itself: lines that sum to it exactly."""

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from leads import timeline
from leads.models import AttributeFact
from scoring import card, panels, receipt
from scoring.models import Definition
from scoring.receipt_page import for_page, hint
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch
from tests.scoring.test_counterfactual import DEMO
from tests.scoring.test_rescore import PRICING, S01, s01_person

pytestmark = pytest.mark.django_db


def lines(found, part="engagement"):
    return [(line.label, line.points) for line in found.of_part(part)]


def total(found, part):
    return sum((line.points for line in found.of_part(part)), Decimal(0))


def test_s01_is_explained_line_by_line(django_assert_num_queries):
    published = model(*S01)
    someone = s01_person()
    with django_assert_num_queries(5):  # the model, once more with its rules on first use, then two
        receipt.of(someone.pk, as_of=T)
    with django_assert_num_queries(3):
        found = receipt.of(someone.pk, as_of=T)
    assert lines(found) == [
        ("Demo request", Decimal("39.0864")), ("Pricing page", Decimal(15)), ("Whitepaper", Decimal("6.8958")),
        ("Webinar", Decimal("3.5355")), *[("E-mail clicks", Decimal("2.7172"))] * 3,
        *[("E-mail clicks", Decimal("1.8285"))] * 3, ("E-mail: at most 4", Decimal("-9.6371")),
    ]  # fmt: skip
    assert total(found, "engagement") == found.engagement == Decimal("68.5177")
    assert total(found, "fit") == found.fit == 90
    assert (found.cell, found.version) == ("A1", published.version)


def test_the_cap_of_two_clicks_is_the_line_domain_names():
    model(S01[-1])
    someone = person()
    touch(someone, "email_click", T - days(10))
    touch(someone, "email_click", T - days(2))
    found = receipt.of(someone.pk, as_of=T)
    assert lines(found)[-1] == ("E-mail: at most 4", Decimal("-0.5457"))
    assert found.engagement == 4


def test_a_line_opens_its_touch_and_a_window_says_until_when():
    model(PRICING)
    someone = person()
    visits = [touch(someone, "page_view", T - days(n), url="/pricing") for n in (1, 2, 3, 4)]
    [line] = receipt.of(someone.pk, as_of=T).lines
    assert line.touch_id == visits[2].pk
    assert line.until == visits[2].occurred_at + days(7)
    assert line.note == "3 in 7 days"


def test_what_is_unknown_is_a_line_of_its_own_not_a_minus():
    model(*S01)
    someone = person(title="Director", seniority="director")
    found = receipt.of(someone.pk, as_of=T)
    missing = [line.label for line in found.lines if line.kind == "missing"]
    assert missing == ["Company size", "Industry", "Region", "Technology"]
    assert (found.fit, total(found, "fit")) == (20, 20)


@pytest.mark.parametrize(("points", "fit", "label"), [(-25, 0, "never below 0"), (130, 100, "at most 100")])
def test_the_limits_are_lines(points, fit, label):
    model({"kind": "fit", "points": points, "condition": {}})
    found = receipt.of(person().pk, as_of=T)
    assert (found.fit, total(found, "fit")) == (fit, fit)
    assert label in found.lines[-1].label


def test_the_past_is_read_from_what_was_known_then():
    model(S01[2], {"kind": "engagement", "points": 8, "touches": {"kind": ["download"]}})
    someone = person(seniority="director")
    for at, level in ((T - days(40), "staff"), (T - days(10), "director")):
        AttributeFact.objects.create(subject_kind="person", subject_id=someone.pk, at=at, values={"seniority": level})
    late = touch(someone, "download", T - days(21))
    late.recorded_at = T - days(3)
    late.save()

    def then(ago):
        found = receipt.of(someone.pk, as_of=T - days(ago), moment="then")
        return found.fit, found.engagement

    assert [then(50), then(20), then(5)] == [(0, 0), (0, 0), (20, 0)]
    assert then(0) == (20, Decimal("2.8284"))
    assert [line.label for line in receipt.of(someone.pk, as_of=T - days(50), moment="then").lines] == ["Seniority"]


def test_nobody_has_no_receipt():
    assert receipt.of(10**9, as_of=T) is None


def test_the_page_gets_sums_that_add_up():
    published = model(*S01)
    someone = s01_person()
    page = for_page(receipt.of(someone.pk, as_of=T), published, now=T, zone=UTC)
    sums = [row["label"] for row in page if row["kind"] == "sum"]
    assert sums == ["Fit, A from 70", "Engagement, 1 from 60"]
    engagement = page[[row["label"] for row in page].index("Fit, A from 70") + 1 : -1]
    shown_sum = sum(Decimal(row["value"].replace("−", "-")) for row in engagement)
    assert f"{shown_sum:.2f}" == page[-1]["value"] == "68.52"
    assert ("E-mail clicks, 6", "+13.64") in [(row["label"], row["value"]) for row in engagement]
    assert ("Pricing page", "3 in 7 days, until tomorrow 00:00") in [(row["label"], row["note"]) for row in engagement]


def test_the_hint_names_what_would_lift_the_score():
    published = model(*S01)
    someone = person(seniority="director")
    touch(someone, "webinar", T)
    found = receipt.of(someone.pk, as_of=T)
    assert hint(found, published) == "Engagement 2 from 30: 20 more. Demo request (+40) would do it."
    touch(someone, "demo_request", T)
    touch(someone, "demo_request", T)
    assert hint(receipt.of(someone.pk, as_of=T), published) == ""


def test_lines_open_their_touch_on_the_page_or_further_down_and_fit_opens_its_rule():
    published = model(*S01)
    someone = s01_person()
    rescore([someone.pk], now=T)
    lead = someone.leads.get().pk
    demo = someone.touches.get(kind="demo_request").pk
    lines = card.of(someone.pk, as_of=T, lead=lead, shown={demo})["lines"]
    href = {line["label"]: line.get("href", "") for line in lines}
    assert href["Demo request"] == f"#touch-{demo}"
    clicks = someone.touches.filter(kind="email_click").order_by("-occurred_at", "-id").first()
    address, _, anchor = href["E-mail clicks, 6"].partition("#")
    assert anchor == f"touch-{clicks.pk}"
    place = address.partition("before=")[2]
    assert timeline.of(someone.leads.get(), before=place)[0].id == clicks.pk
    first = published.rules.first()
    assert href[first.name] == f"/scoring/rules/{first.line}/"
    assert {line["label"]: line for line in lines}["Webinar"]["href"].startswith(f"/leads/{lead}/?before=")


@pytest.mark.parametrize(
    ("predicate", "said"),
    [({"attribute": "score.priority", "op": "at_least", "value": 120}, "Priority, MQL from 120"),
     ({"attribute": "score.top", "op": "is", "value": True}, "Priority, no cut taken yet")],
)  # fmt: skip
def test_by_a_threshold_or_the_top_share_the_compared_number_is_a_line(predicate, said):
    model(*S01)
    Definition.objects.filter(stage="mql").update(predicate=predicate, effective_at=T - days(9))
    someone = s01_person()
    rescore([someone.pk], now=T, crossings=False)
    last = card.of(someone.pk, as_of=T)["lines"][-1]
    assert (last["label"], last["value"], last["kind"]) == (said, "158.52", "sum")


def test_the_panel_of_many_leads_is_one_query(django_assert_num_queries):
    model(*S01)
    people = [s01_person(), s01_person()]
    rescore([one.pk for one in people], now=T)
    leads = [one.leads.get().pk for one in people]
    with django_assert_num_queries(1):
        found = panels.score(leads, now=T + timedelta(hours=1))
    assert found[leads[0]]["cell"] == "A1"
    assert found[leads[0]]["as_of"] == T
    assert found[leads[1]]["priority"] == 158.5177


def test_the_card_adds_up_to_the_score_shown_beside_it(django_assert_num_queries):
    model(*S01)
    someone = s01_person()
    rescore([someone.pk], now=T)
    receipt.of(someone.pk, as_of=T)
    with django_assert_num_queries(5):
        found = card.of(someone.pk, as_of=T + timedelta(hours=20), zone=UTC)
    assert (found["as_of"], found["cell"]) == (T, "A1")
    assert [line["label"] for line in found["top"]] == [
        "Demo request", "Pricing page", "E-mail clicks, 6", "Whitepaper", "Engagement, 1 from 60", "Fit, A from 70"
    ]  # fmt: skip
    assert (found["more"], found["top"][-1]["value"], found["hint"]) == (1, "90", "")
    assert found["top"][-1]["note"].startswith("fintech, 501–1,000 staff")


def test_the_hint_makes_up_for_what_lies_below_nought():
    careers = {
        "kind": "engagement", "name": "Careers", "points": -40, "touches": {"kind": ["download"]}, "half_life_days": 30,
    }  # fmt: skip
    published = model(DEMO, careers)
    someone = person()
    touch(someone, "download", T)
    assert hint(receipt.of(someone.pk, as_of=T), published) == "Engagement 2 from 30: 70 more."


def test_the_hint_names_no_rule_that_may_not_count_for_this_person():
    published = model(DEMO | {"condition": {"attribute": "person.country", "op": "is", "value": "US"}})
    someone = person(country="DE")
    assert hint(receipt.of(someone.pk, as_of=T), published) == "Engagement 2 from 30: 30 more."
    american = person(country="US")
    touch(american, "demo_request", T - days(90))
    assert "Demo request (+40) would do it." in hint(receipt.of(american.pk, as_of=T), published)
