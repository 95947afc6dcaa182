"""A lead handed to the owner of the cast at NOW, with its clocks running round the clock unless a test says otherwise."""

from datetime import UTC, datetime

import pytest

from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember
from sla import policies, stage_medians

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # a Tuesday


@pytest.fixture(autouse=True)
def fresh_policies(monkeypatch):
    """Read once a test, however slow the machine is: counts of statements must not depend on it."""
    monkeypatch.setattr(policies, "FRESH_FOR", 3_600.0)
    policies.forget()
    stage_medians.forget()
    yield
    policies.forget()


@pytest.fixture
def pool(cast):
    fallback = Pool.objects.get(is_fallback=True)
    PoolMember.objects.create(pool=fallback, user=cast.owner)
    return fallback


@pytest.fixture
def hand_over(pool):
    """`hand_over("demo")`: a hot lead; `hand_over("", touches=[…])` whatever scoring makes of it."""

    def make(hand_raise="demo", email="marcus@lumen.example", at=NOW, **more):
        [outcome] = capture(
            [parse({"email": email, "hand_raise": hand_raise, **more}, now=at)], by=None, via="api", now=at
        )
        return Lead.objects.get(pk=outcome.lead_id)

    return make


@pytest.fixture
def lead(hand_over):
    return hand_over()
