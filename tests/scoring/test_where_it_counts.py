"""A rule about touches may say whose touches count: elsewhere, and where that is unknown, it gives nothing."""

from decimal import Decimal

import pytest

from leads.models import AttributeFact
from scoring import receipt
from scoring.compiling import compared
from scoring.models import Rule
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
PRICING = {"kind": ["page_view"], "url_contains": "/pricing"}
THRICE = {"kind": "engagement", "name": "Pricing, big firms", "points": 20, "touches": PRICING, "at_least": 3,
          "within_days": 7, "condition": BIG}  # fmt: skip
EACH = {"kind": "engagement", "points": 8, "touches": PRICING, "half_life_days": 14, "condition": BIG}
USAGE = {"kind": "usage", "points": 50, "touches": PRICING, "at_least": 2, "distinct": "url", "condition": BIG}


def visitor(employees, visits=3):
    someone = person(company={"employees": employees}, lead={})
    for n in range(visits):
        touch(someone, "page_view", T - days(n + 1), url=f"/pricing/{n}")
    return someone


@pytest.mark.parametrize(("employees", "visits", "points"), [(500, 3, 20), (499, 3, 0), (None, 3, 0), (500, 2, 0)])
def test_three_visits_count_only_at_firms_of_500(employees, visits, points):
    model(THRICE)
    someone = visitor(employees, visits)
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    found = receipt.of(someone.pk, as_of=T)
    assert someone.engagement == found.engagement == points
    assert sum((line.points for line in found.lines), Decimal(0)) == points


def test_an_unknown_size_is_a_line_of_the_receipt():
    model(THRICE)
    [line] = receipt.of(visitor(None).pk, as_of=T).of_part("engagement")
    assert (line.kind, line.label, line.points) == ("missing", "Company size", 0)
    assert receipt.of(person().pk, as_of=T).lines == [], "who did nothing misses nothing"


def test_each_touch_and_usage_heed_it_too():
    model(EACH, USAGE)
    big, small = visitor(900), visitor(20)
    rescore([big.pk, small.pk], now=T)
    big.refresh_from_db(), small.refresh_from_db()
    assert (big.pql, big.usage) == (True, 50)
    assert (small.pql, small.usage, small.engagement, small.score_due_at) == (False, 0, 0, None)
    found = receipt.of(big.pk, as_of=T)
    assert sum((line.points for line in found.of_part("engagement")), Decimal(0)) == found.engagement > 20
    assert receipt.of(small.pk, as_of=T).lines == []


def test_the_past_reads_the_size_as_it_was_known_then():
    model(THRICE)
    someone = visitor(900)
    for ago, size in ((30, 20), (2, 900)):
        AttributeFact.objects.create(
            subject_kind="company", subject_id=someone.company_id, at=T - days(ago), values={"employees": size}
        )
    touch(someone, "page_view", T - days(5), url="/pricing/x")

    def then(ago):
        return receipt.of(someone.pk, as_of=T - days(ago), moment="then").engagement

    assert (then(2.5), then(0)) == (0, 20), "three visits by then, but of a firm of 20"


def test_the_same_touches_of_other_firms_are_another_rule():
    first, second = model(THRICE), model(THRICE | {"condition": {**BIG, "value": 50}}, published=False)
    sides = [(one, list(Rule.objects.filter(model=one).select_related("group"))) for one in (first, second)]
    one, two = compared(sides).sides
    assert one.places != two.places
