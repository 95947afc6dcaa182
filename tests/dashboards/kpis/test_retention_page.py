"""Retention by month, cohorts, the bars of monthly revenue: page, file and REST say the same."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from rest_framework.test import APIClient

from customers.models import SubscriptionMovement
from dashboards.retention import months, page

pytestmark = pytest.mark.django_db


def on(month, day=15, year=2026):
    return datetime(year, month, day, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_now(frozen, now, organisation):
    with frozen(now):
        yield


@pytest.fixture
def paid(make_customer, pays):
    """In September three begin; in October one pays more, one is gone; in November one begins and is gone again."""
    a, b, c = (make_customer(on(9)) for _ in range(3))
    pays(a, (on(9), 100), (on(10), 120))
    pays(b, (on(9), 100), (on(10), 0))
    pays(c, (on(9), 100), (on(11), 80))
    pays(make_customer(on(11)), (on(11), 50), (on(11, 20), 0))
    SubscriptionMovement.objects.filter(kind="churn", before=10_000).update(reason="price")


def test_each_month_is_of_those_who_paid_when_it_began(ask, paid):
    by_month, _ = months.of(ask())
    october, november = by_month[-2:]
    assert (october.first, october.last, october.n, october.lost) == (date(2026, 10, 1), date(2026, 10, 31), 3, 1)
    assert (october.net, october.gross, october.logos) == (Fraction(220, 300), Fraction(200, 300), Fraction(2, 3))
    assert (november.n, november.start, november.net) == (2, 22_000, Fraction(200, 220))
    assert by_month[0].net is None  # nobody paid a year ago: no number
    assert len(by_month) == 12


def test_a_month_is_the_kpi_of_its_days(ask, paid):
    for one in months.of(ask())[0]:
        kpi = ask(**{"from": one.first, "to": one.last, "as_of": "2026-11-26T18:00:00Z"}).answer("K21")
        assert (kpi.figure.value, kpi.figure.n) == (one.net, one.n), one


def test_cohorts_lose_customers_and_revenue_and_those_who_left_at_once_count(ask, paid):
    _, cohorts = months.of(ask())
    assert [(c.first, c.size, c.held) for c in cohorts] == [
        (date(2026, 9, 1), 3, [(3, 30_000), (2, 22_000), (2, 20_000)]),
        (date(2026, 11, 1), 1, [(0, 0)]),
    ]


def test_the_bars_add_up_and_what_nobody_told_is_a_bar_of_its_own(ask, paid, now):
    drawn = page.waterfall(ask())["figure"]["data"][0]
    assert drawn["x"] == ["Start", "New", "Back", "More", "Less", "Gone", "End"]
    assert drawn["y"] == [0, 350, 0, 20, -20, -150, 200]
    SubscriptionMovement.objects.create(  # a source that begins in the middle
        source="other", key="x", kind="expansion", subscription="x", customer="x", currency="USD", before=1_000,
        after=3_000, occurred_at=on(10), recorded_at=now,
    )  # fmt: skip
    drawn = page.waterfall(ask(source="unknown"))["figure"]["data"][0]
    assert dict(zip(drawn["x"], drawn["y"], strict=True))["Not told"] == 10


def test_the_page_its_file_and_rest_say_the_same(paid, cast, client, django_assert_max_num_queries):
    client.force_login(cast.viewer)
    client.get("/retention/")
    with django_assert_max_num_queries(30):
        shown = client.get("/retention/?by=revenue").content.decode()
    assert "Price" in shown and "By the month they first paid" in shown and "Sep 2026" in shown
    lines = b"".join(client.get("/retention/retention.csv").streaming_content).decode().splitlines()
    assert "cohort,2026-09,1,2,3,220.00,,,,USD" in lines
    assert client.get("/retention/?by=luck").status_code == 400
    api = APIClient()
    api.force_login(cast.viewer)
    told = api.get("/api/v1/retention/").json()
    assert told["months"][-2]["net"] == 0.733333 and told["months"][-2]["small_sample"]
    assert told["cohorts"][0]["months"][1] == {"months_after": 1, "customers": 2,
                                               "monthly": {"amount": "220.00", "currency": "USD"}}  # fmt: skip


def test_nobody_pays_yet(cast, client):
    client.force_login(cast.viewer)
    shown = client.get("/retention/").content.decode()
    assert "Nobody paid when any of these months began." in shown and "No subscription ended in this period." in shown
