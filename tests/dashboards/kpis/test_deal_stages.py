"""K07, K31 of deals: what becomes of those that enter a stage, and how long they stay."""

from datetime import timedelta
from fractions import Fraction

import pytest

from dashboards import rows
from dashboards.kpis import deal_stages, registry
from deals.models import PipelineStage, Stint

pytestmark = pytest.mark.django_db


@pytest.fixture
def stages(db):
    return list(PipelineStage.objects.filter(pipeline__is_default=True, retired_at=None).order_by("position"))


@pytest.fixture
def goes(make_deal, stages):
    """`goes((0, ago(30)), (1, ago(20)), won_at=…)`: the stages a deal passed, each until the next."""

    def write(*steps, **fields):
        deal = make_deal(steps[0][1], **fields)
        ended = fields.get("won_at") or fields.get("lost_at")
        for (number, entered), left in zip(steps, [*(at for _, at in steps[1:]), ended], strict=True):
            Stint.objects.create(deal=deal, stage=stages[number], entered_at=entered, left_at=left,
                                 skipped=left == entered)  # fmt: skip
        return deal

    return write


def test_k07_80_in_52_on_18_lost_10_open_is_65_percent_resolved_74_3(ask, goes, stages, ago):
    for n in range(80):
        if n < 50:
            goes((1, ago(30)), (2, ago(20)))
        elif n == 50:
            goes((1, ago(30)), (2, ago(25)), (1, ago(20)))  # comes back: counted once, and it had gone on
        elif n == 51:
            goes((1, ago(30)), won_at=ago(3))  # won from there: reached everything further
        elif n < 70:
            goes((1, ago(30)), lost_at=ago(3))
        else:
            goes((1, ago(30)))
    answer = ask().answer("deal-funnel")
    [step] = [s for s in deal_stages.steps(answer.found.now) if s["stage"] == stages[1].pk]
    assert (step["entered"], step["on"], step["lost"], step["open"]) == (80, 52, 18, 10)
    assert step["rate"] == Fraction(65, 100) and round(float(step["resolved"]), 3) == 0.743


def test_k07_a_stage_passed_over_counts_as_reached(ask, goes, stages, ago):
    goes((0, ago(30)), (1, ago(20)), (2, ago(20)))
    steps = {s["stage"]: s for s in deal_stages.steps(ask().answer("K07D").found.now)}
    assert [steps[stages[n].pk]["on"] for n in (0, 1, 2)] == [1, 1, 0]


def test_k07_every_part_of_a_stage_opens_its_rows(ask, goes, stages, ago):
    goes((1, ago(30)), (2, ago(20)))
    goes((1, ago(30)), lost_at=ago(3))
    sheet, kpi = ask(), registry.find("deal-funnel")
    parts = {part: n for part, _, n in sheet.answer(kpi).parts()}
    assert parts[f"stage.{stages[1].pk}"] == 2 and parts[f"stage.{stages[1].pk}.lost"] == 1
    for part, n in parts.items():
        assert len(list(rows.walk(sheet, kpi, part=part))) == rows.count(sheet, kpi, part) == n, part
    [row] = rows.walk(sheet, kpi, part=f"stage.{stages[1].pk}.lost")
    assert row.values["stage_name"] == stages[1].name and row.part_name == "Lost"
    assert kpi.predicate("stage.1 OR true") is None and kpi.predicate("stage.1.on OR true") is None


def test_k31_of_deals_volume_5_median_4_days_with_the_open_one(ask, goes, stages, ago):
    for days in (1, 2, 4, 9):
        entered = ago(12)
        goes((1, entered), (2, entered + timedelta(days=days)))
    goes((1, ago(12)))
    beside = {b.part: b for b in ask().answer("time-in-deal-stage").figure.beside}
    assert beside[f"stage.{stages[1].pk}"].value == 4
    assert beside[f"stage.{stages[1].pk}"].name == f"{stages[1].name}, 5 deals"
