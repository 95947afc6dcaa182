"""What is owed, by whom."""

from datetime import datetime
from typing import Any

from leads.models import Lead
from leads.models.stage import OPEN_STAGES
from sla.models import Clock


def owed_count(user: Any) -> int:
    """How many of this person's leads have a clock running: the number beside My queue."""
    return Lead.objects.filter(owner=user, stage__in=OPEN_STAGES, next_due_at__isnull=False).count()


def attainment(user: Any, *, since: datetime, now: datetime) -> tuple[int, int]:
    """(kept, judged) of the owner's response clocks due in [since, now]; history is left out (DOMAIN 1.5)."""
    due = Clock.objects.filter(
        owner=user, target="first_response", scope="owner", due_at__gte=since, due_at__lt=now, history=False
    )
    judged = due.exclude(outcome__in=["cancelled", "not_required"])
    return judged.filter(outcome="met").count(), judged.count()
