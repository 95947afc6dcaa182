"""S02, ties, and one class only: how well scores tell who converts (DOMAIN 3.4)."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.replay import evaluation

S02 = [(92, 1), (88, 1), (85, 0), (80, 1), (74, 0), (70, 0), (70, 1), (55, 0), (40, 0), (30, 0)]
PAIRS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=7)


def test_s02_auc():
    assert evaluation.auc(S02) == 20.5 / 24
    assert round(evaluation.auc(S02), 4) == 0.8542


def test_s02_lift_at_20_percent_and_what_the_top_fifth_holds():
    assert evaluation.lift(S02) == 2.5
    assert evaluation.captured(S02) == 0.5


@pytest.mark.parametrize(
    ("at_least", "counts", "precision", "recall", "f1"),
    [(70, (4, 3, 0, 3), 0.571, 1.0, 0.727), (71, (3, 2, 1, 4), 0.6, 0.75, 0.667), (85, (2, 1, 2, 5), 0.667, 0.5, 0.571)],
)  # fmt: skip
def test_s02_by_threshold(at_least, counts, precision, recall, f1):
    row = evaluation.threshold(S02, at_least)
    assert (row.tp, row.fp, row.fn, row.tn) == counts
    assert (round(row.precision, 3), round(row.recall, 3), round(row.f1, 3)) == (precision, recall, f1)


@pytest.mark.parametrize("converted", [True, False])
def test_one_class_only_has_no_auc(converted):
    assert evaluation.auc([(90, converted), (10, converted)]) is None


def test_nobody_converted_has_no_lift_no_share_and_no_recall():
    nobody = [(90, False), (10, False)]
    assert evaluation.lift(nobody) is None
    assert evaluation.captured(nobody) is None
    assert evaluation.threshold(nobody, 50).recall is None
    assert evaluation.threshold(nobody, 95).precision is None
    assert evaluation.auc([]) is None


def test_everybody_with_the_same_score_is_a_coin():
    tied = [(50, True), (50, False), (50, False), (50, True), (50, False)]
    assert evaluation.auc(tied) == 0.5
    assert evaluation.lift(tied) == pytest.approx(1.0)


@pytest.mark.parametrize(("n", "k"), [(10, 2), (11, 3), (4, 1), (5, 1), (0, 0), (100_000, 20_000)])
def test_how_many_are_the_top_fifth(n, k):
    assert evaluation.cut(n, 0.2) == k


@given(PAIRS)
def test_ties_at_the_cut_count_as_the_mean_over_their_orders(pairs):
    positives = sum(converted for _, converted in pairs)
    k = evaluation.cut(len(pairs), 0.2)
    by_score = sorted({score for score, _ in pairs}, reverse=True)
    orders = [order for order in permutations(pairs) if [s for s, _ in order] == sorted((s for s, _ in pairs))[::-1]]
    assert by_score and orders
    mean = sum(sum(converted for _, converted in order[:k]) for order in orders) / len(orders)
    expected = mean / positives if positives else None
    assert evaluation.captured(pairs) == pytest.approx(expected)


@given(PAIRS)
def test_auc_is_won_pairs_plus_half_of_the_tied(pairs):
    won = [(p > n) + (p == n) / 2 for p, yes in pairs if yes for n, no in pairs if not no]
    assert evaluation.auc(pairs) == (pytest.approx(sum(won) / len(won)) if won else None)
