"""The smooth weighted round robin by itself: R01, fairness, standing still."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.routing.rotation import take_turn

A, B, C = 1, 2, 3


def turns(standing, eligible, n):
    return [take_turn(standing, eligible) for _ in range(n)]


def test_r01_five_one_one():
    assert turns({}, [(A, 5), (B, 1), (C, 1)], 7) == [A, A, B, A, C, A, A]


def test_two_and_one():
    assert turns({}, [(A, 2), (B, 1)], 6) == [A, B, A, A, B, A]


def test_seventy_leads_are_shared_exactly():
    assert Counter(turns({}, [(A, 5), (B, 1), (C, 1)], 70)) == {A: 50, B: 10, C: 10}


def test_who_was_passed_over_gets_no_flood():
    standing: dict[int, int] = {}
    everybody = [(A, 1), (B, 1), (C, 1)]
    turns(standing, everybody, 3)
    assert Counter(turns(standing, [(A, 1), (B, 1)], 20)) == {A: 10, B: 10}
    back = turns(standing, everybody, 6)
    assert Counter(back) == {A: 2, B: 2, C: 2}


def test_nobody_is_an_error():
    with pytest.raises(ValueError, match="Nobody"):
        take_turn({}, [])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 5))
def test_every_round_is_exact_and_standings_return_to_nought(weights, rounds):
    standing: dict[int, int] = {}
    eligible = list(enumerate(weights))
    given_to = Counter(turns(standing, eligible, rounds * sum(weights)))
    assert given_to == {user: rounds * weight for user, weight in eligible}
    assert set(standing.values()) == {0}
    assert all(abs(at) <= sum(weights) for at in standing.values())
