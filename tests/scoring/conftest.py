"""Scoring alone: what clocks and notices make of a crossing has tests of its own."""

import pytest

from scoring.reactions import rescore


@pytest.fixture(autouse=True)
def scoring_alone(monkeypatch):
    monkeypatch.setattr("journal.record.reactions", lambda: (rescore,))
