"""A qualified lead to open deals from, and the moment everything happens at."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deals.conversion import convert
from leads.models import Company, Lead, Person
from marketing.models import Channel
from tests.cast import handed_over

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def sql_lead(cast):
    """Jonah's lead, an SQL since yesterday, from a webinar."""
    company = Company.objects.create(name="Kestrel Foods", name_key="kestrel foods")
    person = Person.objects.create(first_name="Ines", last_name="Duarte", email="ines@kestrel.example", company=company)
    day = timedelta(days=1)
    return Lead.objects.create(
        person=person, company=company, owner=cast.owner, source=Channel.objects.get(code="webinar"), stage="sql",
        created_at=NOW - 9 * day, mql_at=NOW - 8 * day, sal_at=NOW - 7 * day, sql_at=NOW - day, stage_at=NOW - day,
        assigned_at=NOW - 8 * day, first_response_at=NOW - 8 * day,
    )  # fmt: skip


@pytest.fixture
def open_it(cast):
    def opened(lead, **changes):
        given = {
            "name": "Kestrel rollout", "amount": 5_200_000, "currency": "USD", "close_on": date(2027, 1, 15),
            "by": cast.owner, "at": NOW,
        }  # fmt: skip
        return handed_over(convert(lead, **(given | changes)))

    return opened


@pytest.fixture
def deal(sql_lead, open_it):
    return open_it(sql_lead)
