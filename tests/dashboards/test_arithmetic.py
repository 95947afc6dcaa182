"""The worked numbers of the domain document, by their names."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.arithmetic import (
    Dispositions,
    attainment,
    is_small,
    largest_remainder,
    mean,
    median,
    percentile,
    ratio,
    survival_percentile,
    velocity_money,
    wilson,
)

TEN = [2, 3, 4, 6, 9, 12, 20, 35, 50, 240]


def test_percentiles_interpolate_as_in_section_0():
    assert median(TEN) == 10.5
    assert percentile(TEN, 0.9) == pytest.approx(69.0)
    assert mean(TEN) == pytest.approx(38.1)


def test_an_empty_list_has_no_median():
    assert median([]) is None and percentile([], 0.9) is None and mean([]) is None


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(8, 20, 0.219, 0.613), (0, 10, 0, 0.278), (31, 100, 0.228, 0.406)]
)
def test_wilson_intervals_of_section_0(hits, n, low, high):
    interval = wilson(hits, n)
    assert interval == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


def test_wilson_of_nothing_is_nothing():
    assert wilson(0, 0) is None


def test_a_ratio_over_zero_is_unknown_and_never_zero():
    assert ratio(0, 0) is None
    assert ratio(0, 5) == 0


def test_k01_pipeline_velocity_in_money():
    assert float(velocity_money(18, Fraction(24, 100), Fraction(42_000), 78)) == pytest.approx(2_326.15, abs=0.005)


def test_k01_a_cycle_of_zero_days_has_no_velocity():
    assert velocity_money(18, Fraction(24, 100), Fraction(42_000), 0) is None
    assert velocity_money(18, None, Fraction(42_000), 78) is None


def test_k02_velocity_in_days():
    days = [40, 62, 75, 90, 133]
    assert median(days) == 75 and mean(days) == 80


def test_k03_cycle_length():
    assert median([20, 40, 60]) == 40 and mean([20, 40, 60]) == 40


def test_k04_win_rate_narrow_and_broad():
    won, lost, no_decision = 12, 20, 8
    assert ratio(won, won + lost) == Fraction(375, 1000)
    assert ratio(won, won + lost + no_decision) == Fraction(3, 10)


def test_k05_created_cohort_and_closed_rate_differ():
    assert ratio(3, 100) == Fraction(3, 100)
    assert ratio(3, 3 + 7) == Fraction(3, 10)


def test_k07_stage_conversion_with_the_resolved_variant():
    assert ratio(52, 80) == Fraction(65, 100)
    assert float(ratio(52, 52 + 18)) == pytest.approx(0.743, abs=5e-4)


def test_k08_mql_to_sql():
    assert ratio(50, 200) == Fraction(1, 4)


def test_k09_l02_dispositions_leave_the_pending_beside():
    month = Dispositions(accepted=60, rejected=25, recycled=15, pending=10)
    assert (month.decided, month.acceptance, month.rejection) == (100, Fraction(60, 100), Fraction(25, 100))
    assert month.alarm is False


def test_k09_l03_the_alarm_rings_above_thirty_and_not_at_thirty():
    assert Dispositions(accepted=69, rejected=31, recycled=0).alarm is True
    assert Dispositions(accepted=70, rejected=30, recycled=0).alarm is False


def test_k09_l04_small_samples_are_not_judged():
    twenty = Dispositions(accepted=13, rejected=7, recycled=0)
    assert twenty.alarm is True
    assert wilson(7, 20) == (pytest.approx(0.18, abs=5e-3), pytest.approx(0.57, abs=5e-3))
    assert Dispositions(accepted=12, rejected=7, recycled=0).alarm is None


def test_k10_uncontacted_leads_enter_as_infinity():
    waiting = [*TEN, math.inf, math.inf]
    assert median(waiting) == 16
    assert percentile(waiting, 0.9) == math.inf


def test_k11_attainment():
    rate = attainment(met=42, met_late=3, overdue=4, breached_cancelled=0)
    assert rate == Fraction(42, 49)
    assert round(float(rate) * 100, 1) == 85.7


def test_k15_joint_goal():
    assert ratio(500_000 + 850_000, 2_000_000) == Fraction(675, 1000)


def test_k23_average_deal_size():
    assert mean([30_000, 45_000, 75_000]) == 50_000 and median([30_000, 45_000, 75_000]) == 45_000


def test_k30_months_by_largest_remainder():
    assert largest_remainder(160, [1, 1, 1]) == [54, 53, 53]


def test_k31_open_stints_are_censored():
    finished = {1: 1, 2: 1, 4: 1, 9: 1}
    assert survival_percentile(finished, {12: 1}) == 4
    assert median([1, 2, 4, 9]) == 3


def test_k31_a_share_nobody_reached_is_infinite():
    assert survival_percentile({1: 1}, {5: 9}) == math.inf
    assert survival_percentile({}, {}) is None


def test_k32_opportunity_creation_rate():
    assert ratio(18, 60) == Fraction(3, 10)


def test_fewer_than_twenty_is_a_small_sample():
    assert is_small(19) and not is_small(20)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(0, 1))
def test_a_percentile_lies_within_the_values(values, share):
    found = percentile(values, share)
    assert min(values) - 1e-6 <= found <= max(values) + 1e-6


@given(st.integers(0, 5_000), st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_largest_remainder_always_sums_to_the_whole(total, weights):
    parts = largest_remainder(total, weights)
    assert sum(parts) == total and all(part >= 0 for part in parts)


@given(st.integers(0, 400), st.integers(1, 400))
def test_wilson_holds_the_rate(hits, n):
    hits = min(hits, n)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12 and hits / n - 1e-12 <= high <= 1
