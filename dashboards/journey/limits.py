"""The limits of silence by stage: 14 days unless an administrator or a manager said otherwise."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboards.journey.models import Silence
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid

DAYS = 14
STAGES = ("mql", "sal", "sql")
MOST = 365


def limits() -> dict[str, int]:
    """{stage: days}. One query."""
    return dict.fromkeys(STAGES, DAYS) | dict(Silence.objects.values_list("stage", "days"))


def set_limits(days: Mapping[str, int], *, by: Any, at: datetime, via: str = "page") -> dict[str, int]:
    """Keep them; all at once, twice is once. Raises Forbidden for all but managers and administrators, Invalid naming
    the stage whose number is not between 1 and 365."""
    if not may_set(by):
        raise Forbidden("Managers and administrators set how long a lead may hear nothing.", code="role")
    for stage, number in days.items():
        if stage not in STAGES:
            raise Invalid("The stages are mql, sal and sql.", code="unknown", field=stage)
        if not 1 <= number <= MOST:
            raise Invalid(f"From 1 to {MOST} days.", code="out_of_range", field=stage)
    with transaction.atomic():
        before = limits()
        changed = {stage: number for stage, number in days.items() if before[stage] != number}
        if changed:
            Silence.objects.bulk_create(
                [Silence(stage=stage, days=number) for stage, number in changed.items()],
                update_conflicts=True, unique_fields=["stage"], update_fields=["days"],
            )  # fmt: skip
            data = {"was": {s: before[s] for s in changed}, "now": changed}
            record([Fact("silence.set", "organisation", 1, at, by=by.pk, via=via, data=data)], now=at)
    return before | changed


def may_set(user: Any) -> bool:
    return user.is_active and (user.is_admin or bool(user.walks_the_floor))
