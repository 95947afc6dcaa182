"""Which deals are stuck: the rule by its numbers, and the same asked of the database (DOMAIN 6)."""

from dataclasses import replace
from datetime import timedelta
from statistics import median

import pytest

from deals import stalls
from deals.models import ContactRole, Deal, ExitCriterion, PipelineStage, Stint
from leads.models import Person, Touch
from tests.deals.conftest import NOW

D01 = [6, 8, 9, 10, 12, 14, 20]


def days(n):
    return timedelta(days=n)


QUIET = stalls.Standing(
    NOW, "Proposal", NOW - days(3), NOW - days(40), None, "America/Chicago", limit_days=14, spoken_at=NOW - days(2)
)


def test_D01_one_and_a_half_times_the_median_and_only_more_is_stuck():
    assert stalls.limit(median(D01), len(D01), 14, sample=7) == 15
    ten = [*D01, 7, 10, 11]
    assert (median(ten), stalls.limit(median(ten), len(ten), 14)) == (10, 15)
    for stood, stuck in ((15.00, False), (15.01, True)):
        found = stalls.judge(replace(QUIET, stage_at=NOW - days(stood), median=10.0, n_won=10))
        assert (found is not None) is stuck
        if found:
            assert found.codes == ["stage"] and found.limit == 15 and found.since == NOW - days(0.01)
            assert "1.5 × the median of 10 deals" in found.reasons[0][1]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"stage_at": NOW - days(14)}, []),
        ({"stage_at": NOW - days(14.01)}, ["stage"]),
        ({"stage_at": NOW - days(14.01), "median": 20.0, "n_won": 9}, ["stage"]),
        ({"stage_at": NOW - days(14.01), "median": 20.0, "n_won": 10}, []),
        ({"stage_at": NOW - days(7), "median": 1.0, "n_won": 40}, []),
        ({"stage_at": NOW - days(7.01), "median": 1.0, "n_won": 40}, ["stage"]),
        ({"spoken_at": NOW - days(14)}, []),
        ({"spoken_at": NOW - days(14.01)}, ["silent"]),
        ({"spoken_at": None}, ["silent"]),
        ({"spoken_at": None, "created_at": NOW - days(14)}, []),
        ({"close_on": NOW.date()}, []),
        ({"close_on": NOW.date() - days(1)}, ["late"]),
        ({"pushes": 1}, []),
        ({"pushes": 2, "close_on": NOW.date() - days(9), "spoken_at": None}, ["silent", "late", "pushed"]),
    ],
)
def test_each_limit_is_strict(changes, codes):
    found = stalls.judge(replace(QUIET, **changes))
    assert (found.codes if found else []) == codes
    if found:
        assert found.proposal and found.since <= NOW


def test_the_stages_own_step_is_proposed_first():
    stuck = replace(QUIET, stage_at=NOW - days(30), spoken_at=None)
    assert stalls.judge(replace(stuck, next_step="Send the case", missing="Budget")).proposal == "Send the case"
    assert "Budget" in stalls.judge(replace(stuck, missing="Budget")).proposal
    assert "primary contact" in stalls.judge(stuck).proposal
    assert "closing date" in stalls.judge(replace(QUIET, close_on=NOW.date() - days(3))).proposal


def past(stage, lengths):
    """Won deals that stood in the stage twice, so long together, and skipped it once more."""
    for length in lengths:
        deal = Deal.objects.create(
            name="Past", stage="won", amount=1, created_at=NOW - days(90), closed_at=NOW - days(9)
        )
        ends = NOW - days(20)
        Stint.objects.bulk_create([
            Stint(deal=deal, stage=stage, entered_at=ends - days(length - 1), left_at=ends),
            Stint(deal=deal, stage=stage, entered_at=ends, left_at=ends, skipped=True),
            Stint(deal=deal, stage=stage, entered_at=ends + days(1), left_at=ends + days(2)),
        ])  # fmt: skip


@pytest.mark.django_db
def test_the_question_reads_what_the_rule_needs(deal, cast, django_assert_num_queries):
    stage = PipelineStage.objects.get(pk=deal.pipeline_stage_id)
    past(stage, [*D01, 7, 10, 11])
    now = NOW + days(15.01)
    colleague = Person.objects.create(first_name="Ada", last_name="Two", email="ada@kestrel.example")
    ContactRole.objects.create(deal=deal, person=colleague, role="buyer", added_at=NOW)
    Touch.objects.create(
        person=colleague, kind="call", outcome="two_way", occurred_at=NOW + days(14), received_at=NOW, automatic=False
    )
    ExitCriterion.objects.create(stage=stage, text="Pain is named")
    with django_assert_num_queries(3):
        stuck = stalls.of([deal.pk], now=now)[deal.pk]
    with django_assert_num_queries(2):  # what is usual is worked out once an hour
        assert stalls.of([deal.pk], now=now + timedelta(minutes=1)).keys() == {deal.pk}
    assert (stuck.codes, stuck.limit, stuck.n_won) == (["stage"], 15.0, 10)
    assert (round(stuck.days_in_stage, 2), round(stuck.silence_days, 2)) == (15.01, 1.01)
    assert "Pain is named" in stuck.proposal
    assert stalls.of(now=NOW + days(15)) == {} == stalls.of([], now=now)
    for close_on in ("2027-02-01", "2027-03-01"):
        deal.edit(by=cast.owner, at=NOW + days(1), close_on=type(deal.close_on).fromisoformat(close_on))
    pushed = stalls.of(now=NOW + days(2))[deal.pk]
    assert (pushed.codes, pushed.pushes, pushed.since) == (["pushed"], 2, NOW + days(1))
