"""Scores for people who came with an import: computed, but nobody crosses the line by it."""

from collections.abc import Sequence
from datetime import datetime

from leads.models import Lead
from scoring.rescore import rescore


def score(lead_ids: Sequence[int], *, now: datetime) -> None:
    people = Lead.objects.filter(id__in=list(lead_ids)).values_list("person_id", flat=True)
    rescore(people, now=now, crossings=False)
