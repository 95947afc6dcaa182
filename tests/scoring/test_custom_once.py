"""What reads many conditions asks once which custom attributes there are, however many conditions name them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import attributes, segments
from leads.models import AttributeDefinition
from scoring import counterfactual, receipt
from scoring.models import Rule
from tests.scoring.model_of import T, model, person

pytestmark = pytest.mark.django_db
GOLD = {"attribute": "company.custom.tier", "op": "is", "value": "gold"}


@pytest.fixture
def tier():
    return AttributeDefinition.objects.create(subject="company", name="tier", label="Tier", type="text")


def rules(first: int, last: int) -> list[dict]:
    return [{"kind": "fit", "name": f"R{n}", "points": 5, "condition": GOLD} for n in range(first, last)]


def queries(ask) -> int:
    ask()
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


@pytest.mark.parametrize(
    "path", ["/segments/", "/api/v1/scoring/segments/", "/scoring/", "/api/v1/scoring/rules/", "/definitions/"]
)
def test_pages_and_calls(tier, cast, signed_in, path):
    live = model(*rules(0, 3))
    kept = [segments.add(name=f"S{n}", condition=GOLD, by=cast.admin, at=T) for n in range(10)]
    for one in kept[3:]:
        segments.remove(one, by=cast.admin, at=T)
    client = signed_in(cast.admin)
    few = queries(lambda: client.get(path))
    for n in range(3, 10):
        segments.add(name=f"T{n}", condition=GOLD, by=cast.admin, at=T)
        Rule.objects.create(model=live, position=n, **rules(n, n + 1)[0])
    assert queries(lambda: client.get(path)) <= few


def test_receipts_and_steps(tier):
    live = model(*rules(0, 9))
    someone = person(company={}, lead={})
    assert queries(lambda: receipt.of(someone.pk, as_of=T)) == 3
    lead = someone.leads.get().pk
    # The statement and the custom attributes.
    assert queries(lambda: counterfactual.of(lead, now=T, model=live, definition=None)) == 2


def test_outside_everybody_asks_anew(tier):
    with attributes.asked_once():
        assert attributes.known(["company.custom.tier"])
        tier.delete()
        assert attributes.known(["company.custom.tier"]), "as it was when it was asked"
    assert not attributes.known(["company.custom.tier"])
