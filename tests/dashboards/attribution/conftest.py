"""Touches with the moments a test gives them."""

from itertools import count

import pytest

from deals.models import ContactRole
from leads.models import Company, Person, Touch
from tests.dashboards.conftest import NOW

_numbers = count(1)


@pytest.fixture
def make_person(db):
    def make(company=None):
        return Person.objects.create(first_name="Bo", last_name=f"Person {next(_numbers)}", company=company)

    return make


@pytest.fixture
def make_firm(db):
    def make():
        n = next(_numbers)
        return Company.objects.create(name=f"Firm {n}", name_key=f"firm {n}")

    return make


@pytest.fixture
def touch(db):
    """`touch(person, at, "form", "webinar")`"""

    def make(person, at, kind="page_view", channel="organic_search", **fields):
        return Touch.objects.create(
            person=person, kind=kind, channel_id=channel, occurred_at=at, received_at=NOW, **fields
        )

    return make


@pytest.fixture
def role(db):
    def give(deal, person, added_at, primary=False):
        return ContactRole.objects.create(
            deal=deal, person=person, role="champion", is_primary=primary, added_at=added_at
        )

    return give
