"""K25, K26, K27: health, time to first value, who is lost after the handover."""

from datetime import timedelta
from fractions import Fraction

import pytest

from customers.models import HealthReading

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(ago):
    def write(customer, **values):
        for component, value in values.items():
            HealthReading.objects.create(customer=customer, component=component, value=1, at=ago(90))
            HealthReading.objects.create(customer=customer, component=component, value=value, at=ago(2))

    return write


def test_k25_health_73_is_yellow_and_78_75_without_sentiment(ask, make_customer, read, ago):
    one = make_customer(ago(200))
    read(one, usage=80, support=60, engagement=100, sentiment=50)
    figure = ask().answer("health-score").figure
    assert figure.value == 73 and [b.value for b in figure.beside] == [0, 1, 0, 0]
    HealthReading.objects.filter(component="sentiment").delete()
    make_customer(ago(100))
    gone = make_customer(ago(200), churned_at=ago(3), status="churned")
    read(gone, usage=5)
    answer = ask(compare="year").answer("K25")
    assert answer.figure.value == Fraction("78.75") and [b.value for b in answer.figure.beside] == [1, 0, 0, 1]
    assert answer.excluded == {"unread": (1, "without a reading")}


def test_k26_those_still_waiting_count_as_longer_12_days_naive_10(ask, make_customer, ago):
    since = ago(40)
    for days in (5, 8, 12, 20):
        make_customer(since, first_value_at=since + timedelta(days=days))
    make_customer(ago(15))
    make_customer(ago(30))
    make_customer(ago(40), history=True)
    answer = ask().answer("time-to-value")
    figure = answer.figure
    assert (figure.value, figure.beside[0].value, figure.beside[1].value) == (12, 10, 2)
    assert answer.excluded["history"][0] == 1


def test_k27_6_of_40_are_lost_at_their_ninetieth_day(ask, make_customer, ago):
    for n in range(40):
        lost = {"churned_at": ago(60)} if n < 2 else {} if n < 6 else {"first_value_at": ago(60)}
        make_customer(ago(120), **lost)
    make_customer(ago(120), history=True)
    make_customer(ago(89))  # its ninetieth day is to come
    figure = ask().answer("handover-drop-off").figure
    assert (figure.hits, figure.n, figure.value) == (6, 40, Fraction(15, 100))
    assert figure.formula == "(2 gone + 4 without a first value) ÷ 40 at day 90"
