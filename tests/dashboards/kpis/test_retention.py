"""K21, K22: of those that paid when the period began, how much and how many still do."""

from fractions import Fraction

import pytest

from dashboards import rows
from dashboards.kpis import registry, retention
from dashboards.kpis.base import Slice

pytestmark = pytest.mark.django_db


def test_k21_nrr_104_grr_92_from_its_movements():
    sums = {"start": 10_000_000, "more": 1_200_000, "less": 300_000, "gone": 500_000}
    figure = retention.net(Slice({"": 40}, sums))
    assert (figure.value, figure.beside[0].value) == (Fraction(104, 100), Fraction(92, 100))
    assert figure.formula == "($100,000 + $12,000 − $3,000 − $5,000) ÷ $100,000"


def test_k21_nrr_66_7_grr_60_0_each_customer_capped_at_its_start(ask, make_customer, pays, ago):
    for end in (120, 80, 0):
        pays(make_customer(ago(400)), (ago(300), 100), (ago(20), end))
    answer = ask().answer("net-revenue-retention")
    assert (answer.figure.value, answer.figure.beside[0].value) == (Fraction(200, 300), Fraction(180, 300))
    assert answer.figure.small  # three customers claim nothing


def test_k21_new_returned_and_foreign_customers_are_out_and_counted(ask, make_customer, pays, ago):
    pays(make_customer(ago(400)), (ago(300), 100))
    pays(make_customer(ago(10)), (ago(10), 500))
    pays(make_customer(ago(400)), (ago(300), 70), (ago(200), 0), (ago(5), 90))
    pays(make_customer(ago(400)), (ago(300), 100), currency="EUR")
    answer = ask().answer("K21")
    assert answer.figure.value == 1 and answer.figure.n == 1
    assert {name: n for name, (n, _) in answer.excluded.items()} == {"new": 2, "currency": 1}
    assert ask().answer("K21M").figure.value == 59_000


def test_k21_two_subscriptions_are_one_customer_and_an_unknown_one_is_its_source_s(ask, make_customer, pays, ago):
    both = make_customer(ago(400))
    pays(both, (ago(300), 100))
    pays(both, (ago(300), 50), (ago(20), 0))
    pays(None, (ago(300), 40))
    sheet = ask()
    assert sheet.answer("K21").figure.n == 2 and sheet.answer("K22").figure.value == 1
    kinds = {row.kind: row for row in rows.walk(sheet, registry.find("K21"))}
    assert kinds["customer"].name == str(both.company) and kinds["movement"].url == "/customers/"
    assert (kinds["customer"].values["mrr_start"], kinds["customer"].values["mrr_end"]) == (15_000, 10_000)


def test_k22_80_at_the_start_4_lost_is_95_percent(ask, make_customer, pays, ago):
    assert retention.logos(Slice({"": 80, "gone": 4})).value == Fraction(95, 100)
    for n in range(4):
        pays(make_customer(ago(400)), (ago(300), 10), *([(ago(9), 0)] if n == 0 else []))
    figure = ask().answer("logo-retention").figure
    assert (figure.hits, figure.n, figure.value) == (3, 4, Fraction(3, 4))


def test_k21_no_customer_at_the_start_is_no_number(ask, make_customer, pays, ago):
    pays(make_customer(ago(10)), (ago(10), 500))
    figure = ask().answer("K21").figure
    assert figure.value is None and figure.na == "0 customers paid when the period began"
