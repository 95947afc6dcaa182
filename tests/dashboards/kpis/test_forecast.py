"""K24, K28, K29: what is given away, what covers the goal, what is still to come."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from dashboards import rows
from dashboards.agreed.models import Goal
from dashboards.kpis import forecast, registry
from deals import discount_report
from deals.models import Deal, DiscountRequest, Give, PipelineStage, Stint

pytestmark = pytest.mark.django_db


# --- K24 -----------------------------------------------------------------------------


def test_k24_the_rate_is_weighted_8_82_and_no_mean_of_rates(ask, make_deal, ago):
    for list_, net in ((50, 45), (100, 90), (20, 20)):
        make_deal(ago(30), won_at=ago(2), amount=net * 1_000, list_amount=list_ * 100_000)
    make_deal(ago(30), won_at=ago(2), amount=7)
    make_deal(ago(30), won_at=ago(2), amount=1, list_amount=9_900, kind="renewal")
    answer = ask().answer("discount-rate")
    assert answer.figure.value == 1 - Fraction(155, 170) and round(float(answer.figure.value) * 100, 2) == 8.82
    assert answer.figure.formula == "1 − $155,000 ÷ $170,000 by the list"
    assert {k: n for k, (n, _) in answer.excluded.items()} == {"listed": 1, "renewal": 1}


def test_k24_what_exceeds_a_reps_authority_needs_an_approval(ask, make_deal, ago, cast):
    def wins(percent, cost=0, approved=None, decided=8, given=9):
        deal = make_deal(ago(30), won_at=ago(2), amount=1_000 - percent * 10, list_amount=100_000)
        if cost:
            Give.objects.create(deal=deal, give="Training", get="Case study", cost=cost, given_at=ago(given))
        if approved is not None:
            DiscountRequest.objects.create(
                deal=deal, percent=percent, combined=approved, list_amount=100_000, why="They asked", level="manager",
                state="approved", asked_at=ago(9), decided_at=ago(decided),
            )  # fmt: skip
        return deal.pk

    wins(10)  # the bound itself is a rep's
    over = wins(10, cost=10)  # 10.01% with the give
    wins(15, approved=15)
    outgrown = wins(16, approved=15)
    after = wins(15, approved=15, decided=1)  # an approval after the win covers nothing
    wins(10, cost=10, given=1)  # and what is given after it was not given to win it
    sheet = ask()
    assert {row.id for row in rows.walk(sheet, registry.find("K24"), part="unapproved")} == {over, outgrown, after}
    assert sheet.answer("K24").figure.beside[0].value == Fraction(3, 6)
    n, beyond, of_the_desk = discount_report.unapproved(since=ago(30), until=ago(0))
    assert (n, beyond) == (6, 3) and {row.deal_id for row in of_the_desk} == {over, outgrown, after}


# --- K28 -----------------------------------------------------------------------------


@pytest.fixture
def goal(cast, now):
    return Goal.objects.create(
        kpi="won-amount", name="Won revenue", target=100_000_000, starts_on=date(2026, 10, 1), made_at=now,
        ends_on=date(2026, 12, 31), marketing_by=cast.admin, marketing_at=now, sales_by=cast.admin, sales_at=now,
    )  # fmt: skip


def test_k28_coverage_is_3_0_and_4_0_or_3_5_are_needed(ask, goal, make_deal, ago):
    make_deal(ago(30), amount=2_400_000, close_on=date(2026, 12, 15))
    make_deal(ago(30), amount=900_000, close_on=date(2027, 1, 15))
    make_deal(ago(60), amount=200_000, won_at=ago(5))
    make_deal(ago(30), amount=400_000, close_on=date(2026, 12, 15), kind="renewal")
    answer = ask().answer("coverage")
    assert answer.figure.value == 3
    assert answer.figure.formula == "$2,400,000 closing 1 Oct – 31 Dec ÷ ($1,000,000 − $200,000 won)"
    assert answer.excluded["later"][0] == 1
    assert ask(source="webinar").answer("K28").figure.na.startswith("the goal is everybody's")
    assert forecast.needed(Fraction(1, 4)) == 4
    assert forecast.needed(Fraction(1, 5), Fraction(3, 10)) == Fraction(35, 10)
    assert forecast.needed(None) is None


def test_k28_without_an_agreed_goal_is_no_number(ask, goal, make_deal, ago):
    Goal.objects.update(sales_at=None)
    make_deal(ago(30), close_on=date(2026, 12, 15))
    figure = ask().answer("K28").figure
    assert figure.value is None and figure.na == "no goal for won revenue is agreed for 1 Oct – 31 Dec"


def test_k28_a_reached_goal_needs_no_coverage(ask, goal, make_deal, ago):
    make_deal(ago(60), amount=1_000_000, won_at=ago(5))
    assert ask().answer("K28").figure.na == "the goal for 1 Oct – 31 Dec is reached"


# --- K29 -----------------------------------------------------------------------------


@pytest.fixture
def stages(db):
    stages = list(PipelineStage.objects.filter(pipeline__is_default=True, retired_at=None).order_by("position")[:4])
    for stage, probability in zip(stages, (10, 30, 60, 90), strict=True):
        PipelineStage.objects.filter(pk=stage.pk).update(probability=probability)
    return stages


def stands(deal, stage, since):
    Stint.objects.create(deal=deal, stage=stage, entered_at=since)
    Deal.objects.filter(pk=deal.pk).update(pipeline_stage=stage, pipeline_id=stage.pipeline_id)


def test_k29_weighted_forecast_is_116k(ask, make_deal, stages, ago):
    for stage, amount in zip(stages, (200, 100, 50, 40), strict=True):
        stands(make_deal(ago(20), amount=amount * 1_000), stage, ago(9))
    make_deal(ago(20), amount=5)
    answer = ask().answer("weighted-forecast")
    assert answer.figure.value == 11_600_000
    assert answer.figure.notes[0].startswith("4 of 4 stand in stages of which fewer than 20 deals are decided")
    assert answer.excluded["placed"][0] == 1
    assert answer.found.now.sum(f"stage.{stages[2].pk}.weighted") == 3_000_000


def test_k29_twenty_decided_deals_of_a_stage_tell_its_probability(ask, make_deal, stages, ago):
    for n in range(20):
        deal = make_deal(ago(80), **({"won_at": ago(20)} if n < 5 else {"lost_at": ago(20)}))
        Stint.objects.create(deal=deal, stage=stages[3], entered_at=ago(70), left_at=ago(20))
        if n == 0:  # it went back and forth: still one deal
            Stint.objects.create(deal=deal, stage=stages[3], entered_at=ago(60), left_at=ago(20))
    stands(make_deal(ago(20), amount=100_000), stages[3], ago(9))
    sheet = ask()
    assert sheet.answer("K29").figure.value == 2_500_000 and not sheet.answer("K29").figure.notes
    [row] = rows.walk(sheet, registry.find("K29"), part="measured")
    assert (row.values["stage_name"], float(row.values["probability"])) == (stages[3].name, 0.25)


def test_k29_the_past_knows_where_a_deal_stood(ask, make_deal, stages, ago):
    deal = make_deal(ago(40), amount=1_000)
    Stint.objects.create(deal=deal, stage=stages[0], entered_at=ago(30), left_at=ago(5))
    stands(deal, stages[2], ago(5))
    then = (ago(10) + timedelta(0)).isoformat().replace("+00:00", "Z")
    assert (ask().answer("K29").figure.value, ask(as_of=then).answer("K29").figure.value) == (60_000, 10_000)
