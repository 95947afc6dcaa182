"""Renewals are won by service: they stay out of what measures selling, and are counted as left out."""

import pytest

pytestmark = pytest.mark.django_db
OUT = ("win-rate", "win-rate-by-value", "sales-cycle", "pipeline-velocity", "pipeline-generated", "win-rate-cohort")


def test_renewals_are_left_out_of_selling_and_counted(ask, make_deal, ago):
    make_deal(ago(20), won_at=ago(2))
    make_deal(ago(40), lost_at=ago(2))
    before = {key: ask().answer(key).figure.value for key in (*OUT, "open-pipeline")}
    for kind in ("renewal", "renewal"):
        make_deal(ago(3), won_at=ago(1), amount=9_000, kind=kind)
    make_deal(ago(3), kind="renewal", amount=70_000)
    sheet = ask()
    assert {key: sheet.answer(key).figure.value for key in before} == before
    for key in OUT:
        assert sheet.answer(key).excluded["renewal"][1] == "renewals", key
    assert sheet.answer("win-rate").excluded["renewal"][0] == 2
    assert sheet.answer("open-pipeline").excluded["renewal"][0] == 1


def test_k23_counts_new_business_by_its_yearly_value(ask, make_deal, ago):
    for amount, acv in ((30_000, None), (99_000, 4_500_000), (75_000, None), (8_000, 0)):
        make_deal(ago(60), won_at=ago(2), amount=amount, acv=acv)
    make_deal(ago(60), won_at=ago(2), amount=5, kind="expansion")
    make_deal(ago(60), won_at=ago(2), amount=7, kind="renewal")
    answer = ask().answer("K23")
    assert (answer.figure.value, answer.figure.beside[0].value) == (5_000_000, 4_500_000)
    assert answer.excluded == {"business": (2, "renewals and expansions"), "amount": (1, "without an amount")}
