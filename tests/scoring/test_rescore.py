"""Scores as DOMAIN 3.2 works them out."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Lead
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db


def scored(someone, *, at=T):
    rescore([someone.pk], now=at)
    someone.refresh_from_db()
    return someone


S01 = [
    {"kind": "fit", "name": "Fintech", "points": 25,
     "condition": {"attribute": "company.industry", "op": "is", "value": "fintech"}},
    {"kind": "fit", "name": "501–1,000 staff", "points": 25, "condition": {"all": [
        {"attribute": "company.employees", "op": "at_least", "value": 501},
        {"attribute": "company.employees", "op": "at_most", "value": 1000}]}},
    {"kind": "fit", "name": "Director", "points": 20,
     "condition": {"attribute": "person.seniority", "op": "is", "value": "director"}},
    {"kind": "fit", "name": "Region", "points": 10,
     "condition": {"attribute": "person.region", "op": "in", "value": ["Midwest", "West"]}},
    {"kind": "fit", "name": "Complementary tech", "points": 10,
     "condition": {"attribute": "company.technologies", "op": "contains", "value": "salesforce"}},
    {"kind": "engagement", "name": "Demo request", "points": 40, "touches": {"kind": ["demo_request"]},
     "half_life_days": 30},
    {"kind": "engagement", "name": "Pricing page", "points": 15, "at_least": 3, "within_days": 7,
     "touches": {"kind": ["page_view"], "url_contains": "/pricing"}},
    {"kind": "engagement", "name": "Webinar", "points": 10, "touches": {"kind": ["webinar"]}, "half_life_days": 14},
    {"kind": "engagement", "name": "Whitepaper", "points": 8, "touches": {"kind": ["download"]}},
    {"kind": "engagement", "name": "E-mail clicks", "points": 3, "touches": {"kind": ["email_click"]},
     "group": ("E-mail", 4)},
]  # fmt: skip


def s01_person():
    someone = person(
        seniority="director", region="Midwest",
        company={"industry": "Fintech", "employees": 640, "technologies": ["Salesforce", "SAP"]},
        lead={},
    )  # fmt: skip
    touch(someone, "demo_request", T - days(1))
    for ago in (0.5, 3, 6.5):
        touch(someone, "page_view", T - days(ago), url="https://x.example/pricing?plan=2")
    touch(someone, "webinar", T - days(21))
    touch(someone, "download", T - days(3), asset="whitepaper")
    for ago in (10, 10, 10, 2, 2, 2):
        touch(someone, "email_click", T - days(ago))
    return someone


def test_s01_comes_out_as_worked_by_hand():
    model(*S01)
    someone = scored(s01_person())
    assert (someone.fit, someone.engagement, someone.cell) == (90, 68.5177, "A1")
    lead = Lead.objects.get(person=someone)
    assert (lead.fit, lead.engagement, lead.cell) == (90, 68.5177, "A1")
    assert someone.scored_at == T


@pytest.mark.parametrize(("age", "left"), [(0, 30), (7, 21.2132), (14, 15), (28, 7.5)])
def test_thirty_points_with_a_half_life_of_14_days(age, left):
    model({"kind": "engagement", "points": 30, "touches": {"kind": ["download"]}})
    someone = person()
    touch(someone, "download", T - days(age))
    assert scored(someone).engagement == left


PRICING = {"kind": "engagement", "points": 15, "at_least": 3, "within_days": 7,
           "touches": {"kind": ["page_view"], "url_contains": "/pricing"}}  # fmt: skip


def visits(someone, *moments):
    for moment in moments:
        touch(someone, "page_view", moment, url="/pricing")


def test_a_visit_exactly_seven_days_old_is_outside_the_window_and_one_now_is_inside():
    model(PRICING)
    day = lambda d: datetime(2026, 2, d, 12, tzinfo=UTC)  # noqa: E731
    someone = person()
    visits(someone, day(3), day(5), day(10))
    assert scored(someone).engagement == 0
    visits(someone, day(7))
    assert scored(someone).engagement == 15
    assert someone.score_due_at == day(5) + days(7), "the third latest leaves the window first"
    assert scored(someone, at=day(12)).engagement == 0


def test_reloads_within_half_an_hour_count_once():
    model(PRICING)
    someone = person()
    visits(someone, *(T - timedelta(minutes=m) for m in (0, 10, 39)), T - days(2))
    assert scored(someone).engagement == 0
    visits(someone, T - timedelta(minutes=69))
    assert scored(someone).engagement == 15


def test_a_frequency_rule_is_awarded_once_not_per_multiple():
    model(PRICING)
    someone = person()
    visits(someone, *(T - days(n / 2) for n in range(9)))
    assert scored(someone).engagement == 15


def test_trap_clamp_applied_step_by_step_shows_5_not_30():
    rules = [{"kind": "fit", "points": p, "condition": {"attribute": "person.title", "op": "contains", "value": w}}
             for p, w in ((-25, "student"), (15, "sales"), (15, "head"))]  # fmt: skip
    model(*rules)
    someone = person(title="student of sales")
    assert scored(someone).fit == 0
    someone.title = "student, head of sales"
    someone.save()
    assert scored(someone).fit == 5


FIRM = {"attribute": "company.industry", "op": "is", "value": "Fintech"}
S04_RULES = [("D to begin with", 2, {}), ("Industry", 2, FIRM),
             ("Title", 3, {"attribute": "person.title", "op": "contains", "value": "director"}),
             ("Wrong region", -1, {"attribute": "person.region", "op": "is", "value": "elsewhere"})]  # fmt: skip
GRADES = ["F", "D−", "D", "D+", "C−", "C", "C+", "B−", "B", "B+", "A−", "A", "A+"]


@pytest.mark.parametrize(
    ("firm", "title", "region", "more", "grade"),
    [("Fintech", "Director", "elsewhere", 0, "C+"), ("", "", "", 0, "D"), ("", "", "elsewhere", -9, "F"),
     ("Fintech", "Director", "", 9, "A+")],
)  # fmt: skip
def test_s04_a_grade_in_thirds_is_fit_by_points_clamped_at_both_ends(firm, title, region, more, grade):
    step = 100 / 12  # thirteen grades from 0 to 100
    rules = [*S04_RULES, ("More", more, {})]
    model(*({"kind": "fit", "name": name, "points": n * step, "condition": what} for name, n, what in rules))
    someone = person(title=title, region=region, company={"industry": firm})
    assert GRADES[round(scored(someone).fit / step)] == grade


def test_an_unknown_attribute_gives_no_points_and_takes_none():
    model(
        {"kind": "fit", "points": 20, "condition": {"attribute": "company.employees", "op": "at_least", "value": 500}},
        {"kind": "fit", "points": -9, "condition": {"attribute": "company.employees", "op": "at_most", "value": 50}},
        {"kind": "fit", "points": 7, "condition": {"any": [
            {"attribute": "company.employees", "op": "at_least", "value": 500},
            {"attribute": "person.country", "op": "is", "value": "DE"}]}},
    )  # fmt: skip
    assert scored(person(company={})).fit == 0
    assert scored(person(country="DE")).fit == 7
