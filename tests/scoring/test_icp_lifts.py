"""The arithmetic behind the ideal customer profile, to the digits of the worked examples."""

import pytest

from revops.lib.statistics import median_interval, newcombe
from scoring.icp.lifts import Customer, describes_targeting, lift, ranked


def rounded(found):
    return round(found.raw, 3), round(found.lift, 3), round(found.low, 3), round(found.high, 3), found.verdict


def test_D04_fintech_is_kept():
    assert rounded(lift(10, 25, 0.2)) == (2.0, 1.714, 0.234, 0.593, "kept")


def test_D04_uses_x_is_dropped_for_too_few():
    found = lift(3, 4, 0.2)
    assert (round(found.raw, 3), round(found.lift, 3), found.verdict) == (3.75, 1.786, "few")


def test_D04_de_is_dropped_because_its_interval_holds_p0():
    assert rounded(lift(4, 30, 0.2)) == (0.667, 0.75, 0.053, 0.297, "unclear")


def test_a_value_that_keeps_customers_from_being_best_speaks_against():
    assert lift(0, 40, 0.2).verdict == "against"


@pytest.mark.parametrize("p0", [0, 1])
def test_when_all_or_none_are_best_nothing_is_told_apart(p0):
    assert lift(10, 10, p0).lift is None
    assert lift(10, 10, p0).verdict == "unclear"


def test_a_value_nobody_has_is_no_error():
    assert lift(0, 0, 0.2).verdict == "few"


def test_the_best_are_the_top_quarter_of_the_mean_percentile():
    """Value and speed pull apart: 1 has the most money and the slowest cycle, 2 is second in both."""
    found = ranked([
        Customer(1, 400, 90), Customer(2, 300, 20), Customer(3, 200, 30), Customer(4, 100, 10),
    ])  # fmt: skip
    assert found.best == {2}
    assert found.known == {"value": 4, "cycle": 4, "health": 0}


def test_what_is_missing_of_a_customer_is_left_out_for_it_alone():
    found = ranked([Customer(1, 10, None), Customer(2, 20, 5), Customer(3, 30, 50), Customer(4), Customer(5, 40, None)])
    assert found.ranked == 4  # 4 has nothing to be ranked by
    assert found.known == {"value": 4, "cycle": 2, "health": 0}
    assert found.best == {5}


def test_equal_customers_are_equally_good():
    assert ranked([Customer(i, 10, 10) for i in range(8)]).best == set(range(8))
    assert ranked([]).best == frozenset()


def test_a_value_as_common_among_lost_deals_describes_our_own_targeting():
    assert describes_targeting(20, 40, 100, 200) is True  # half of both
    assert describes_targeting(30, 40, 60, 200) is False
    assert describes_targeting(5, 40, 150, 200) is True  # rarer among the best
    assert describes_targeting(30, 40, 0, 0) is None


def test_D05_the_interval_of_a_difference_of_shares():
    low, high = newcombe(18, 40, 12, 40)
    assert (round(low * 100, 1), round(high * 100, 1)) == (-6.0, 34.3)
    low, high = newcombe(90, 200, 60, 200)
    assert (round(low * 100, 1), round(high * 100, 1)) == (5.5, 24.1)
    assert newcombe(0, 0, 1, 2) is None


def test_the_interval_of_a_median_takes_order_statistics():
    assert median_interval([1, 2, 3, 4, 5]) is None  # 2/32 outside: not 95% sure
    assert median_interval([6, 1, 2, 3, 4, 5]) == (1, 6)  # 2/64 outside
    assert median_interval(range(1, 21)) == (6, 15)  # the 6th and 15th of 20: 95.9%
    low, high = median_interval(range(1, 1001))
    assert (low, high) == pytest.approx((469, 532), abs=1)
    near = median_interval(range(1, 1000))
    assert near == pytest.approx((469, 531), abs=1)
