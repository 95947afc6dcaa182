"""A number both own: agreed by two people, with its pace."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from dashboards.agreed import announcing, goals
from journal.record import Fact
from notify.models import Notice
from notify.words import sentence
from revops.lib.errors import Forbidden, Invalid, Refused

Q4 = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31)}
TWO_MILLION = Decimal(200_000_000)


@pytest.fixture
def goal(cast, organisation, now):
    return goals.propose("sales-accepted-pipeline", name="Our goal", target=TWO_MILLION, by=cast.marketer, at=now, **Q4)


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
                          ("ends_on", {"ends_on": date(2026, 9, 1)}), ("kpi", {"kpi": "cac"}),
                          ("target", {"target": Decimal("1.1")})):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            goals.propose(**({"kpi": "win-rate", "name": "", "target": Decimal("0.3"), "by": cast.admin, "at": now}
                             | Q4 | change))  # fmt: skip
        assert refusal.value.field == field
    with pytest.raises(Refused):
        goals.propose("sales-accepted-pipeline", name="", target=TWO_MILLION, by=cast.admin, at=now, **Q4)
    with pytest.raises(Forbidden):
        goals.propose("win-rate", name="", target=Decimal("0.3"), by=cast.viewer, at=now, **Q4)


def test_an_average_has_no_pace_and_revenue_kept_can_be_more_than_all_of_it(cast, make_deal, organisation, ago, now):
    asked = {"name": "", "by": cast.marketer, "at": now, **Q4}
    size = goals.propose("average-deal-size", target=Decimal(5_000_000), **asked)
    make_deal(ago(40), won_at=ago(5), amount=45_000)
    stands = goals.of(size, now=now)
    assert (stands.share, stands.pace, stands.tone) == (Fraction(9, 10), None, "ok")
    assert goals.propose("net-revenue-retention", target=Decimal("1.1"), **asked).target == Decimal("1.1")


def test_a_goal_reached_is_told_to_both_sides_once(goal, cast, make_lead, make_deal, ago, now, monkeypatch):
    goals.agree(goal, side="sales", by=cast.owner, at=now)
    lead = make_lead(ago(40), mql_at=ago(39), sal_at=ago(38), sql_at=ago(30), opportunity_at=ago(20))
    make_deal(ago(20), lead=lead, amount=2_000_000)
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(announcing, "_tell", lambda *_, **__: 1 / 0)
        announcing.look(now)
    goal.refresh_from_db()
    assert goal.reached_at is None, "not dated before it is told"
    assert announcing.look(now) == 1 and announcing.look(now) == 0
    told = Notice.objects.filter(kind="goal.reached")
    assert {n.user for n in told} == {cast.owner, cast.teammate, cast.manager, cast.other}  # in teams of sales
    assert sentence("goal.reached", {}, "Our goal") == "Our goal is reached. Both teams did that."


def test_a_shared_win_is_news_to_both_but_not_to_the_winner(cast, make_lead, make_deal, ago, now):
    lead = make_lead(ago(40), mql_at=ago(39), sal_at=ago(38), sql_at=ago(30), opportunity_at=ago(20))
    deal = make_deal(ago(20), lead=lead, won_at=now, owner=cast.owner)
    alone = make_deal(ago(20), won_at=now, source="product", owner=cast.owner)
    facts = [Fact("deal.won", "deal", d.pk, now, by=cast.owner.pk, data={"amount": 5_200_000, "currency": "USD"})
             for d in (deal, alone)]  # fmt: skip
    for _ in range(2):
        announcing.follow(facts, now=now)
    told = Notice.objects.filter(kind="deal.shared_win")
    assert {n.subject_id for n in told} == {deal.pk} and {n.user for n in told} == {
        cast.teammate,
        cast.manager,
        cast.other,
    }
    assert "won for $52,000" in sentence("deal.shared_win", told[0].data, "Kestrel")
