"""A number both own: agreed by two people, with its pace."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from dashboards.agreed import goals
from revops.lib.errors import Forbidden, Invalid, Refused

Q4 = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31)}
TWO_MILLION = Decimal(200_000_000)


@pytest.fixture
def goal(cast, organisation, now):
    return goals.propose(
        "sales-accepted-pipeline", name="Our goal", target=TWO_MILLION, by=cast.marketer, at=now, **Q4
    )


def test_k15_1_350_000_of_2_million_after_41_of_66_weekdays_is_1_09_of_pace(goal, cast, make_lead, make_deal, ago, now):
    for amount, source in ((500_000, "webinar"), (850_000, "paid_search"), (150_000, "product")):
        lead = make_lead(ago(40), source=source, mql_at=ago(39), sal_at=ago(38), sql_at=ago(30), opportunity_at=ago(20))
        make_deal(ago(20), lead=lead, source=source, amount=amount)
    goals.agree(goal, side="sales", by=cast.manager, at=now)
    stands = goals.joint(now)
    assert stands.value_text == "$1.35M" and stands.target_text == "$2M"
    assert stands.share == Fraction(27, 40) and stands.gone == Fraction(41, 66)
    assert stands.pace_text == "1.09 of pace" and stands.tone == "ok" and stands.period == "this quarter"


def test_a_goal_counts_once_two_people_of_both_sides_agree(goal, cast, now):
    assert goal.marketing_by == cast.marketer and goals.joint(now) is None
    with pytest.raises(Forbidden):
        goals.agree(goal, side="sales", by=cast.marketer, at=now)
    goals.agree(goal, side="sales", by=cast.owner, at=now)
    assert goals.joint(now).goal == goal
    assert goals.target_of("sales-accepted-pipeline", on=date(2026, 11, 1)) == goal


def test_bad_goals_are_refused_by_field(goal, cast, now):
    for field, change in (("kpi", {"kpi": "luck"}), ("target", {"target": Decimal(0)}),
                          ("ends_on", {"ends_on": date(2026, 9, 1)})):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            goals.propose(**({"kpi": "win-rate", "name": "", "target": Decimal("0.3"), "by": cast.admin, "at": now}
                             | Q4 | change))  # fmt: skip
        assert refusal.value.field == field
    with pytest.raises(Refused):
        goals.propose("sales-accepted-pipeline", name="", target=TWO_MILLION, by=cast.admin, at=now, **Q4)
    with pytest.raises(Forbidden):
        goals.propose("win-rate", name="", target=Decimal("0.3"), by=cast.viewer, at=now, **Q4)
