"""How often somebody must have tried before a lead may be called unreachable (DOMAIN 2.2, 2.4)."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils.module_loading import import_string

from leads.models.touch import ANSWERING_KINDS, COUNTED, Touch
from revops.lib.errors import Refused


def logged(lead_ids: Sequence[int]) -> dict[int, int]:
    """{lead id: attempts to reach the buyer that count}; leads without any are left out. One query."""
    tried = Touch.objects.filter(
        lead_id__in=list(lead_ids), side="sales", kind__in=ANSWERING_KINDS, direction="out", standing__in=COUNTED
    )
    return dict(tried.order_by().values_list("lead_id").annotate(n=Count("id")))


def require(lead_ids: Sequence[int], *, at: datetime) -> None:
    """Raises Refused while one of these leads has fewer attempts than the promise in force asks for."""
    needed, tried = _needed()(lead_ids, at=at), logged(lead_ids)
    short = [lead_id for lead_id in lead_ids if tried.get(lead_id, 0) < needed.get(lead_id, 0)]
    if not short:
        return
    most = max(needed[lead_id] for lead_id in short)
    if len(lead_ids) == 1:
        detail = f"Reason unable to reach needs {most} attempts; {tried.get(short[0], 0)} are logged."
    else:
        detail = (
            f"Reason unable to reach needs {most} attempts each; {len(short)} of {len(lead_ids)} have fewer. "
            "Nothing was changed."
        )
    raise Refused(detail, code="too_few_attempts", field="reason")


@cache
def _needed() -> Any:
    return import_string(settings.ATTEMPTS_NEEDED)
