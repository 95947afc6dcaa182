"""K25: four components, weighed; what is missing makes the others weigh more and is said."""

from datetime import timedelta

import pytest

from customers import health, readings
from customers.health import weigh
from customers.models import HealthReading
from customers.readings import Reading
from deals import best_customers
from revops.lib.errors import Forbidden, Invalid, Missing
from tests.deals.conftest import NOW

WEIGHTS = {"usage": 35, "support": 25, "engagement": 20, "sentiment": 20}
K25 = {"usage": 80, "support": 60, "engagement": 100, "sentiment": 50}


@pytest.mark.parametrize(
    ("values", "score", "colour", "missing"),
    [
        (K25, 73, "yellow", []),
        ({k: v for k, v in K25.items() if k != "sentiment"}, 78.75, "green", ["sentiment"]),
        (dict.fromkeys(WEIGHTS, 75), 75, "green", []),
        (dict.fromkeys(WEIGHTS, 50), 50, "yellow", []),
        ({"usage": 49}, 49, "red", ["support", "engagement", "sentiment"]),
        ({"usage": 0}, 0, "red", ["support", "engagement", "sentiment"]),
        ({}, None, "unknown", list(WEIGHTS)),
    ],
)
def test_k25_health_score(values, score, colour, missing):
    found = weigh(values, WEIGHTS)
    assert (found.score, found.colour, found.missing) == (score, colour, missing)


@pytest.mark.django_db
def test_the_newest_reading_until_then_counts_and_the_profile_hears_of_it(customer, csm, django_assert_num_queries):
    def read(component, value, days):
        return Reading(customer.pk, component, value, NOW + timedelta(days=days))

    later = NOW + timedelta(days=9)
    batch = [read(name, value, 1) for name, value in K25.items()] + [read("usage", 20, 5)]
    assert readings.keep(batch, by=csm, at=later) == 5
    assert readings.keep(batch, by=csm, at=later) == 0, "sent again is kept once"
    with django_assert_num_queries(2):
        assert health.of([customer.pk], as_of=NOW + timedelta(days=2))[customer.pk].score == 73
    assert health.of([customer.pk], as_of=later)[customer.pk].score == 52
    assert health.of([customer.pk], as_of=NOW)[customer.pk].colour == "unknown"
    assert [firm.health for firm in best_customers.of(later)] == [52]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"value": 101}, "readings.0.value", "out_of_range"),
        ({"component": "mood"}, "readings.0.component", "unknown"),
        ({"at": NOW + timedelta(days=1)}, "readings.0.at", "future"),
        ({"customer_id": 0}, "readings.0.customer", "unknown"),
    ],
)
def test_a_reading_that_cannot_be_says_which_line(customer, csm, change, field, code):
    given = {"customer_id": customer.pk, "component": "usage", "value": 5, "at": NOW} | change
    with pytest.raises((Invalid, Missing)) as refusal:
        readings.keep([Reading(**given)], by=csm, at=NOW)
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert not HealthReading.objects.exists()


@pytest.mark.django_db
def test_only_who_looks_after_them_reads_their_health(customer, cast):
    for user in (cast.owner, cast.viewer, cast.marketer):
        with pytest.raises(Forbidden):
            readings.keep([Reading(customer.pk, "usage", 5, NOW)], by=user, at=NOW)
