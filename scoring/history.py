"""Scores for people who came with an import: computed, but nobody crosses the line by it."""

from collections.abc import Sequence
from datetime import datetime

from scoring.rescore import rescore


def score(person_ids: Sequence[int], lead_ids: Sequence[int], *, now: datetime) -> None:
    rescore(person_ids, now=now, crossings=False)
