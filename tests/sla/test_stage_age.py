"""Time in stage: the limit follows what is usual here, and only strictly more is late (STAGE_AGE, D01)."""

from datetime import date, timedelta

import pytest

from deals.conversion import convert
from deals.models import Deal, PipelineStage, Stint
from leads.models import Lead, Person
from sla import stage_medians, state
from sla.models import Clock, Policy
from tests.cast import handed_over
from tests.deals.conftest import sql_lead  # noqa: F401
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
D01 = [6, 8, 9, 10, 12, 14, 20]


def days(n):
    return timedelta(days=n)


def first_stage():
    return PipelineStage.objects.select_related("pipeline").first()


def won_deals(lengths, at=NOW):
    """Deals won after so many days in the first stage, and as many again in the last."""
    last = PipelineStage.objects.last()
    for n, length in enumerate(lengths):
        deal = Deal.objects.create(
            name=f"Past {n}", stage="won", amount=1, created_at=at - days(30 + 2 * length), closed_at=at - days(30)
        )
        for stage, ends in ((first_stage(), deal.closed_at - days(length)), (last, deal.closed_at)):
            Stint.objects.create(deal=deal, stage=stage, entered_at=ends - days(length), left_at=ends)


def past_leads(stage, lengths):
    """Leads that stayed in `stage` for so many days and then went on."""
    entered, left = {"sal": ("sal_at", "sql_at"), "sql": ("sql_at", "opportunity_at")}[stage]
    for n, length in enumerate(lengths):
        person = Person.objects.create(first_name=f"Past {n}", last_name=stage)
        end = NOW - days(20)
        Lead.objects.create(person=person, stage="lost", created_at=end - days(length), stage_at=end,
                            **{entered: end - days(length), left: end})  # fmt: skip


def sample(n):
    for line in Policy.objects.filter(target="stage_age"):
        line.terms = {**line.terms, "sample": n}
        line.save()


def clock(run=1, **of):
    return Clock.objects.get(target="stage_age", run=run, **of)


@pytest.fixture
def deal(sql_lead, cast):  # noqa: F811
    def opened():
        return convert(sql_lead, name="Rollout", amount=100, currency="USD", close_on=date(2027, 1, 15),
                       by=cast.owner, at=NOW)  # fmt: skip

    return opened


def test_D01_the_limit_is_one_and_a_half_times_the_median_and_only_more_is_late(deal):
    won_deals(D01)
    sample(7)
    begun = clock(deal=deal())
    assert begun.due_at == NOW + days(15)
    assert state.of(begun, NOW + days(15.00)) == "running"
    assert state.of(begun, NOW + days(15.01)) == "overdue"


def test_too_few_to_judge_by_leave_the_stages_own_limit_or_the_lines_if_that_is_longer(deal):
    won_deals(D01)
    made = deal()
    assert clock(deal=made).due_at == NOW + days(14), "seven of the ten that are asked for"
    PipelineStage.objects.filter(position=2).update(limit_days=3)
    made.move(to=PipelineStage.objects.get(position=2), by=made.owner, at=NOW + days(1))
    assert clock(2, deal=made).due_at == NOW + days(1 + 7)


def test_each_stage_of_a_deal_has_a_clock_of_its_own(deal, cast):
    won_deals([20] * 10)
    made = deal()
    made.move(to=PipelineStage.objects.last(), by=cast.owner, at=NOW + days(3))
    assert (clock(deal=made).outcome, clock(deal=made).stopped_at) == ("met", NOW + days(3))
    assert (clock(2, deal=made).started_at, clock(2, deal=made).due_at) == (NOW + days(3), NOW + days(33))
    made.move(to=first_stage(), by=cast.owner, at=NOW + days(40))
    assert (clock(2, deal=made).outcome, clock(3, deal=made).due_at) == ("met_late", NOW + days(70))


def test_what_is_usual_never_shortens_the_limit(deal):
    won_deals([1] * 12)
    assert clock(deal=deal()).due_at == NOW + days(7)


def test_deals_lost_and_deals_of_long_ago_say_nothing_about_what_is_usual():
    won_deals(D01)
    won_deals([90] * 9, at=NOW - days(400))
    lost = Deal.objects.create(name="Lost", stage="lost", reason="price", created_at=NOW - days(300),
                               closed_at=NOW - days(10))  # fmt: skip
    Stint.objects.create(deal=lost, stage=first_stage(), entered_at=lost.created_at, left_at=lost.closed_at)
    assert stage_medians.of(NOW)[str(first_stage().pk)] == stage_medians.Median(7, 10 * 86_400)


def test_an_sal_is_limited_by_what_leads_took_to_become_sqls(lead, cast):
    past_leads("sal", [20] * 10)
    lead.accept(by=cast.owner, at=NOW)
    assert clock(lead=lead).due_at == NOW + days(30)


def test_each_stage_has_a_clock_of_its_own_and_leaving_keeps_it(lead, cast):
    lead.accept(by=cast.owner, at=NOW)
    items = {item: {"value": "yes", "evidence": "said so"} for item in ("budget", "authority", "need", "timeline")}
    lead.qualify(by=cast.owner, at=NOW + days(2), items=items)
    assert (clock(lead=lead).outcome, clock(lead=lead).stopped_at) == ("met", NOW + days(2))
    assert (clock(2, lead=lead).phase, clock(2, lead=lead).started_at) == ("running", NOW + days(2))


def test_moving_on_after_the_limit_is_late(lead, cast):
    lead.accept(by=cast.owner, at=NOW)
    lead.recycle(by=cast.owner, at=NOW + days(8), reason="timing", track="newsletter")
    assert (clock(lead=lead).outcome, clock(lead=lead).breached_at) == ("met_late", NOW + days(7))


def test_an_mql_has_no_time_in_stage(lead):
    assert not Clock.objects.filter(target="stage_age").exists()


def test_a_deal_that_ends_keeps_it_and_one_reopened_begins_anew(deal, cast):
    made = deal()
    handed_over(made).win(by=cast.owner, at=NOW + days(3))
    assert clock(deal=made).outcome == "met"
    made.reopen(by=cast.owner, at=NOW + days(4))
    assert clock(2, deal=made).started_at == NOW + days(4)


def test_the_medians_are_asked_for_once_an_hour(django_assert_num_queries):
    with django_assert_num_queries(2):  # of leads, and of deals
        stage_medians.of(NOW)
        stage_medians.of(NOW + timedelta(minutes=59))
    with django_assert_num_queries(2):
        stage_medians.of(NOW + timedelta(minutes=60))
