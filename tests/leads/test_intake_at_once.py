"""Enquiries of one person at the same moment, each knowing them by another key: one open cycle, nothing forgotten."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Person
from tests.scoring.test_races import beside

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def take(**data):
    return capture([parse(data, now=NOW)], by=None, via="api", now=NOW)[0]


def test_by_mail_and_by_a_source_s_id():
    take(email="grace@harborpine.example", external_id="7", source="crm")
    Lead.objects.update(stage="rejected")
    answers = []
    with transaction.atomic():
        answers.append(take(email="grace@harborpine.example", title="VP Operations"))
        thread, wrong = beside(lambda: answers.append(take(external_id="7", source="crm", country="US")))
        thread.join(0.3)
        assert thread.is_alive(), "the second waits for the first"
    thread.join(10)
    assert wrong == []
    assert [(a.status, a.cycle) for a in answers] == [("created", 2), ("existing", 2)]
    person = Person.objects.get()
    assert (person.title, person.country) == ("VP Operations", "US")
