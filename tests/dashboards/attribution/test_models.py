"""The models against the worked examples and published answers. No database."""

import csv
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path as File

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import arithmetic
from dashboards.attribution import markov, shapley, weights
from dashboards.attribution.paths import Path, Step

WON = datetime(2026, 6, 30, 12, tzinfo=UTC)
A01 = (
    ("t1", 90, "ad_click", "paid_search"), ("t2", 60, "page_view", "organic_search"), ("t3", 45, "webinar", "webinar"),
    ("t4", 30, "email_click", "email"), ("t5", 20, "page_view", "direct"), ("t6", 5, "event", "event"),
)  # fmt: skip
A03 = {("G",): (2, 1), ("M",): (1, 0), ("G", "M"): (1, 0)}
A04 = {("A", "W", "E"): (3, 2), ("A", "E"): (2, 3), ("W",): (1, 4), ("E", "W"): (2, 1), ("A",): (0, 2)}
DATA = File("/work/shared/data/attribution")


def path_of(rows, opened_days, amount=6_000_000):
    steps = [Step(n, WON - timedelta(days=days), kind, channel) for n, (_, days, kind, channel) in enumerate(rows, 1)]
    return Path(1, WON - timedelta(days=opened_days), WON, steps, amount)


def test_A01_each_model_gives_the_published_credit_to_the_cent():
    p = path_of(A01, 15)
    n, lc, oc = len(p.steps), p.lc, p.oc
    assert [p.milestones(i) for i in range(6)] == [["FT"], [], ["LC"], [], ["OC"], ["CW"]]
    expected = {
        weights.first(n): [60_000, 0, 0, 0, 0, 0],
        weights.last(n): [0, 0, 0, 0, 0, 60_000],
        weights.last_non_direct([s.channel for s in p.steps]): [0, 0, 0, 0, 0, 60_000],
        weights.linear(n): [10_000] * 6,
        weights.position(n): [24_000, 3_000, 3_000, 3_000, 3_000, 24_000],
        weights.u_shaped(n, lc): [24_000, 12_000, 24_000, 0, 0, 0],
        weights.w_shaped(n, lc, oc): [18_000, 3_000, 18_000, 3_000, 18_000, 0],
        weights.full_path(n, lc, oc): [13_500, 3_000, 13_500, 3_000, 13_500, 13_500],
        weights.decay(p.days, 7): [9.95, 193.96, 856.61, 3_783.08, 10_183.30, 44_973.10],
        weights.decay(p.days, 30): [2_727.86, 5_455.71, 7_715.54, 10_911.42, 13_747.53, 19_441.94],
        weights.position(n, (10, 80, 10)): [6_000, 12_000, 12_000, 12_000, 12_000, 6_000],
    }
    for weight, money in expected.items():
        assert weights.split(p.amount, weight) == [round(m * 100) for m in money]
        assert sum(weights.split(p.amount, weight)) == p.amount


def test_A02_a_touch_that_is_two_milestones_gets_both_shares():
    assert weights.w_shaped(2, 0, 1) == (60, 30), "a 2/3, b 1/3"
    assert weights.w_shaped(3, 0, 2) == (60, 10, 30)
    assert weights.position(2) == (40, 40) and weights.u_shaped(2, 1) == (40, 40), "no middles: in proportion"


def test_one_touch_gets_everything_whatever_the_model():
    for weight in (
        weights.first(1), weights.last(1), weights.linear(1), weights.position(1), weights.u_shaped(1, 0),
        weights.u_shaped(1, None), weights.w_shaped(1, None, None), weights.w_shaped(1, 0, 0),
        weights.full_path(1, 0, None), weights.decay([3.0], 7), weights.distinct(["webinar"]),
        weights.last_non_direct(["direct"]), weights.position(1, (0, 100, 0)),
    ):  # fmt: skip
        assert weights.split(999, weight) == [999]


def test_milestones_a_deal_does_not_have_leave_their_share_to_the_others():
    assert weights.w_shaped(3, None, 2) == (30, 10, 30)
    assert weights.w_shaped(3, 2, 1) == (30, 30, 0), "known only after the opening: not a mark of W"
    assert weights.u_shaped(3, None) == (40 * 2, 20, 20)
    assert weights.full_path(3, None, None) == (225, 100, 225)


def test_last_touch_ignores_direct_only_where_something_else_is_there():
    assert weights.last_non_direct(["webinar", "direct", "direct"]) == (1, 0, 0)
    assert weights.last_non_direct(["direct", "direct"]) == (0, 1)


def test_decay_is_continuous_and_does_not_vanish():
    shares = [w / sum(weights.decay([0, 7, 14, 28], 7)) for w in weights.decay([0, 7, 14, 28], 7)]
    assert [round(100 * s, 2) for s in shares] == [55.17, 27.59, 13.79, 3.45]
    assert weights.split(100, weights.decay([3_000, 3_007], 7)) == [67, 33]


def test_milestones_of_two_people_are_the_groups_own():
    """Adobe's published case: the first touch is B's, the touch that made them known is A's."""
    day = lambda y, m, d: datetime(y, m, d, 9, tzinfo=UTC)  # noqa: E731
    rows = [(day(2019, 8, 26), "page_view", 2), (day(2019, 9, 1), "page_view", 1), (day(2019, 11, 20), "form", 1),
            (day(2020, 2, 20), "form", 2), (day(2020, 3, 4), "webinar", 1), (day(2020, 5, 1), "email_click", 2)]  # fmt: skip
    steps = [Step(n, at, kind, "email", person) for n, (at, kind, person) in enumerate(rows)]
    p = Path(1, day(2020, 3, 7), day(2020, 5, 6), steps)
    assert {name: (steps[i].at.date().isoformat(), steps[i].person) for i in range(6) for name in p.milestones(i)} == {
        "FT": ("2019-08-26", 2), "LC": ("2019-11-20", 1), "OC": ("2020-03-04", 1), "CW": ("2020-05-01", 2),
    }  # fmt: skip


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_split_is_the_largest_remainder_and_sums_to_the_whole(amount, weight):
    assert weights.split(amount, weight) == arithmetic.largest_remainder(amount, weight)


def test_ties_of_a_split_go_to_the_earliest_touch():
    assert weights.split(100, (1, 1, 1)) == [34, 33, 33]


def test_A03_markov_and_shapley():
    chain = markov.chain(A03)
    assert chain.base == pytest.approx(4 / 5, abs=1e-9)
    assert chain.effects == pytest.approx({"G": 3 / 4, "M": 1 / 2}, abs=1e-9)
    assert {k: 4 * s for k, s in chain.shares.items()} == pytest.approx({"G": 2.4, "M": 1.6}, abs=1e-9)
    assert (
        shapley.of_journeys(A03) == {"G": Fraction(5, 2), "M": Fraction(3, 2)} == shapley.values(shapley.worth_of(A03))
    )


def test_A04_markov_solves_the_loop_exactly():
    chain = markov.chain(A04)
    assert chain.base == pytest.approx(8 / 20, abs=1e-9), "conversions ÷ journeys"
    exact = {"A": Fraction(271, 1540), "W": Fraction(2, 13), "E": Fraction(3, 26)}
    assert chain.without == pytest.approx({k: float(v) for k, v in exact.items()}, abs=1e-9)
    effects = {k: 1 - v / Fraction(2, 5) for k, v in exact.items()}
    assert effects == {"A": Fraction(345, 616), "W": Fraction(8, 13), "E": Fraction(37, 52)}
    assert chain.effects == pytest.approx({k: float(v) for k, v in effects.items()}, abs=1e-9)
    credit = {k: round(8 * s, 6) for k, s in chain.shares.items()}
    assert credit == {"A": 2.374429, "W": 2.608960, "E": 3.016610}


def test_A04_shapley_is_the_equal_split_over_distinct_channels():
    assert shapley.of_journeys(A04) == {"A": 2, "W": 3, "E": 3} == shapley.values(shapley.worth_of(A04))
    assert weights.distinct(["A", "W", "A", "E"]) == (1, 1, 0, 1)


def test_shapley_of_any_worth():
    worth = {"O": 7, "F": 6, "D": 4, "OF": 15, "OD": 7, "FD": 9, "OFD": 19}
    found = shapley.values({frozenset(k): v for k, v in worth.items()})
    assert found == {"O": Fraction(23, 3), "F": Fraction(49, 6), "D": Fraction(19, 6)}


@given(
    st.dictionaries(
        st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=6).map(tuple),
        st.tuples(st.integers(0, 5), st.integers(0, 5)),
        min_size=1,
        max_size=12,
    )
)
def test_the_chains_base_is_conversions_by_journeys(journeys):
    won, all_ = sum(w for w, _ in journeys.values()), sum(w + n for w, n in journeys.values())
    if all_:
        chain = markov.chain(journeys)
        assert chain.base == pytest.approx(won / all_, abs=1e-9)
        assert not won or sum(chain.shares.values()) == pytest.approx(1) or not any(chain.effects.values())


def test_a_removed_channel_is_a_dead_end_by_brute_force():
    """The one inverse gives what solving again without each channel gives."""
    import numpy

    found = markov.chain(A04)
    states = ["start", "A", "W", "E"]
    moves = {"start": {"A": 12, "W": 5, "E": 3}, "A": {"W": 5, "E": 5}, "W": {"E": 5}, "E": {"W": 3}}
    wins = {"W": 1 + 2, "E": 3 + 2}
    out = {"start": 20, "A": 12, "W": 5 + 5 + 3, "E": 5 + 5 + 3}
    for gone in "AWE":
        keep = [s for s in states if s != gone]
        q = numpy.array([[moves[a].get(b, 0) / out[a] for b in keep] for a in keep])
        r = numpy.array([wins.get(a, 0) / out[a] for a in keep])
        assert numpy.linalg.solve(numpy.eye(len(keep)) - q, r)[0] == pytest.approx(found.without[gone], abs=1e-12)


@pytest.mark.skipif(not DATA.exists(), reason="the published path data are not on this machine")
def test_published_path_data_first_last_and_linear_to_the_cent():
    models = {"first": weights.first, "last": weights.last, "linear": weights.linear}
    totals: dict[tuple[str, str, str], float] = {}
    with (DATA / "PathData.csv").open() as file:
        for row in csv.DictReader(file, delimiter=";"):
            channels = row["path"].split(" > ")
            for name, model in models.items():
                weight = model(len(channels))
                for channel, w in zip(channels, weight, strict=True):
                    for what, column in (("conversions", "total_conversions"), ("value", "total_conversion_value")):
                        place = (channel, name, what)
                        totals[place] = totals.get(place, 0) + float(row[column]) * w / sum(weight)
    with (DATA / "pathdata_heuristics_ChannelAttribution_2.2.5.csv").open() as file:
        published = list(csv.DictReader(file))
    assert len(published) == 12
    for row in published:
        for name in models:
            for what in ("conversions", "value"):
                answer = float(row[f"{name}_touch_{what}"])
                assert round(totals[row["channel_name"], name, what], 2) == round(answer, 2), (row, name, what)
