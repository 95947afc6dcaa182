"""Leads posted by REST, as `bin/demo --live` does."""

from datetime import UTC, datetime

import pytest

from leads.models import Lead, Touch
from revops.demo.live import Live
from teams import people
from teams.keys import create_api_key


@pytest.mark.django_db(transaction=True)
def test_leads_come_in_by_rest_and_some_are_answered(live_server, monkeypatch):
    people.invite(email="rep@northwind.example", name="Rep", role="sales", by=None, at=datetime(2026, 1, 1, tzinfo=UTC))
    _, key = create_api_key("forms")
    lines: list[str] = []
    live = Live(live_server.url, key, every=0.0, seed=3, say=lines.append)
    monkeypatch.setattr(live.rng, "uniform", lambda low, high: low * 0)
    live.run(limit=6, stopping=lambda: False, wait=lambda seconds: None)
    assert (live.made, Lead.objects.count()) == (6, 6)
    assert Touch.objects.filter(kind="call", automatic=False).exists()
    assert not [line for line in lines if line[:3].isdigit()], lines


@pytest.mark.sockets
def test_a_server_that_is_away_is_tried_again():
    waits: list[float] = []
    live = Live("http://127.0.0.1:1", "no", every=1, seed=1, say=lambda line: None)
    live.run(limit=1, stopping=lambda: len(waits) > 4, wait=waits.append)
    assert live.made == 0 and max(waits) >= 2
