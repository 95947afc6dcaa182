"""D02: what is given away, exactly, and who may (DOMAIN 6). Pure."""

from decimal import Decimal
from fractions import Fraction

import pytest

from deals import authority
from deals.lines import Line, totals

BOUNDS = {"rep": Decimal(10), "manager": Decimal(20), "director": Decimal(30), "vp": Decimal(40), "cfo": Decimal(100)}
LIST = 5_000_000  # $50,000


def test_d02_a_give_in_place_of_ten_percent_is_within_a_reps_authority_and_keeps_the_margin():
    share = authority.combined(LIST, 0, [120_000])
    assert share == Fraction(24, 10)
    assert authority.level_of(share, BOUNDS) == "rep"
    assert authority.kept(LIST, Decimal(10), share) == 380_000


@pytest.mark.parametrize(
    ("percent", "level"),
    [
        ("0", "rep"), ("10.00", "rep"), ("10.01", "manager"), ("10.0001", "manager"), ("20", "manager"),
        ("20.01", "director"), ("30", "director"), ("40", "vp"), ("40.01", "cfo"), ("100", "cfo"),
    ],
)  # fmt: skip
def test_d02_bounds_are_exact_and_included(percent, level):
    assert authority.level_of(authority.asked(LIST, Decimal(percent)), BOUNDS) == level


def test_more_than_everything_is_still_the_last_level_and_fits_its_column():
    share = authority.combined(100, 100, [5_000])
    assert authority.level_of(share, BOUNDS) == "cfo"
    assert authority.stored(share) == authority.MOST


def test_what_is_stored_never_says_less_than_was_given():
    third = authority.combined(3, 1)
    assert authority.stored(third) == Decimal("33.3334")
    assert authority.combined(None, 5) is None and authority.combined(0, 5) is None


def test_percentages_have_two_places_and_more_than_a_bound_never_reads_like_it():
    assert [authority.said(Decimal(text)) for text in ("12.5000", "10.0001", "10")] == ["12.5", "10.01", "10"]
    assert authority.said(Decimal("12.3456"), bound=True) == "12.34"
    assert authority.may_give(authority.level_of(Fraction(10), BOUNDS)) == "a rep may give this"
    assert set(authority.MAY_GIVE) == set(BOUNDS) and authority.may_give("") == ""


def test_a_deal_counts_a_year_of_what_recurs():
    lines = [
        Line("Platform", "monthly", 10, 10_000, 9_000),
        Line("Support", "annual", 1, 200_000, 200_000),
        Line("Training", "one_off", 2, 50_000, 0),
    ]
    assert totals(lines) == (1_200_000 + 200_000 + 100_000, 1_080_000 + 200_000, 1_280_000)
