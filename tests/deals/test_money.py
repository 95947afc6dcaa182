from decimal import Decimal

import pytest

from deals import money
from revops.lib.errors import Invalid


@pytest.mark.parametrize(
    ("given", "cents"), [("126000.00", 12_600_000), ("1,048,600.5", 104_860_050), (Decimal("0.1"), 10), ("1e3", 100_000)]
)
def test_amounts_become_minor_units(given, cents):
    assert money.minor(given) == cents


@pytest.mark.parametrize("given", ["", "a lot", "12,50", "1.005", "NaN", "Infinity", "9" * 20])
def test_what_is_no_amount_is_refused_with_a_sentence(given):
    with pytest.raises(Invalid) as refusal:
        money.minor(given)
    assert refusal.value.field == "amount"


def test_minor_units_come_back_exact():
    assert money.as_json(12_600_000, "USD") == {"amount": "126000.00", "currency": "USD"}
    assert money.as_json(None, "USD") is None
