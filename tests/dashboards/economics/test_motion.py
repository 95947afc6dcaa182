"""Hunter or farmer, and moving money: arithmetic without a database."""

from fractions import Fraction

import pytest

from dashboards.economics import motion, moving

SMB = motion.Inputs(
    customers=40, acv=Fraction(6_000_00), cycle=21, ltv_cac=Fraction("3.5"), expansion=Fraction("0.10"), nrr=None,
    sellers=12,
)  # fmt: skip
ENTERPRISE = motion.Inputs(
    customers=12, acv=Fraction(90_000_00), cycle=160, ltv_cac=Fraction("6.7"), expansion=Fraction("0.45"),
    nrr=Fraction("1.18"), sellers=12,
)  # fmt: skip


def but(x: motion.Inputs, **changes) -> str:
    from dataclasses import replace

    return motion.of(replace(x, **changes)).kind


def test_d03_small_firms_are_hunted_and_enterprises_farmed():
    assert motion.of(SMB).kind == "hunter"
    assert motion.of(ENTERPRISE).kind == "farmer"


@pytest.mark.parametrize(
    ("kind", "x", "changes"),
    [
        ("unknown", SMB, {"customers": 9}),
        ("hunter", SMB, {"customers": 10}),
        ("fix", SMB, {"ltv_cac": Fraction("0.99")}),
        ("hunter", SMB, {"ltv_cac": Fraction(1)}),
        ("hybrid", SMB, {"acv": Fraction(10_000_00)}),
        ("hunter", SMB, {"cycle": 45}),
        ("hybrid", SMB, {"cycle": 45.5}),
        ("hybrid", SMB, {"expansion": Fraction("0.30")}),
        ("generalists", SMB, {"expansion": Fraction("0.30"), "sellers": 5}),
        ("unknown", SMB, {"expansion": None}),
        ("unknown", SMB, {"ltv_cac": None}),
        ("farmer", ENTERPRISE, {"nrr": None}),
        ("farmer", ENTERPRISE, {"expansion": Fraction("0.2"), "nrr": Fraction("1.1")}),
        ("hybrid", ENTERPRISE, {"expansion": Fraction("0.2"), "nrr": Fraction("1.09")}),
        ("hybrid", ENTERPRISE, {"ltv_cac": Fraction("2.99")}),
        ("farmer", ENTERPRISE, {"ltv_cac": Fraction(3), "sellers": 3}),
    ],
)
def test_the_edges_of_each_rule(kind, x, changes):
    assert but(x, **changes) == kind


def test_moving_money_multiplies_what_each_channel_brought_for_it():
    webinar, organic = moving.Channel("Webinar", 3_000_000, 10), moving.Channel("Organic", 1_200_000, 6)
    moved = moving.move(Fraction(1, 10), webinar, organic)
    assert (moved.money, moved.fewer, moved.more, moved.net) == (300_000, 1, Fraction(3, 2), Fraction(1, 2))
    assert moving.move(Fraction(1, 10), webinar, moving.Channel("Referral", 0, 4)).why == (
        "no spend entered for Referral"
    )
    assert moving.move(Fraction(1, 10), webinar, webinar).why
