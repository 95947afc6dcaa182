"""The clocks of deals as pages show them: what is still owed on a deal, and what was kept or missed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sla import panels
from sla.models import Clock, Target
from sla.targets import discount

# Time in stage and the next step have words of their own on a deal's page.
SHOWN = [Target.HANDOFF_SCHEDULED.value, Target.HANDOFF_HELD.value, Target.STAGE_AGE.value, discount.TARGET]


def of(deal_ids: Sequence[int], *, now: datetime) -> dict[int, list[dict[str, Any]]]:
    """{deal id: the newest clock of each of its promises, as `sla.panels` shows them}; one query."""
    found: dict[int, dict[str, Clock]] = {deal_id: {} for deal_id in deal_ids}
    rows = Clock.objects.filter(deal_id__in=list(deal_ids), target__in=SHOWN)
    for clock in rows.select_related("calendar_version", "policy").order_by("run", "id"):
        found[clock.deal_id or 0][clock.target] = clock
    return {
        deal: [panels.shown(clocks[target], now=now) for target in SHOWN if target in clocks]
        for deal, clocks in found.items()
    }
