"""The same seed, people and end tell the same story."""

from datetime import UTC, datetime
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction

from leads.models import Lead
from revops.demo import story
from revops.demo.market import Market

UNTIL = datetime(2026, 11, 18, 16, 14, 22, tzinfo=UTC)


def told(seed: int) -> list[tuple]:
    with transaction.atomic():
        call_command("seed_demo", "--people", "200", "--seed", str(seed), "--until", UNTIL.isoformat())
        rows = list(
            Lead.objects.order_by("created_at", "person__email").values_list(
                "person__email", "stage", "created_at", "stage_at", "owner__name", "cell", "deal__amount"
            )
        )
        transaction.set_rollback(True)
    return rows


@pytest.mark.long
@pytest.mark.django_db
def test_twice_the_same(monkeypatch):
    monkeypatch.setattr(story, "DAYS", 90)
    once = told(7)
    assert len(once) > 40
    assert told(7) == once


@pytest.mark.long
def test_another_seed_is_another_market():
    one, other = (Market(Random(seed), people=300) for seed in (1, 2))
    assert [c.email for c in one.contacts] != [c.email for c in other.contacts]
