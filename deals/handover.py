"""Nobody's open deals are left behind when somebody goes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from deals.models import Deal
from journal.record import Fact, record


def hand_over(from_user: Any, *, by: Any, at: datetime, to: Any = None, via: str = "page") -> int:
    """Give every open deal of `from_user` to `to`, else to their team's manager, else to `by`; how many there were.

    A deal is not routed as a new lead is: it needs one person who knows it or decides who will. Without any of the
    three it keeps its owner's name and nothing is counted. Records `deal.edited` with both owners.
    """
    heir = next((user for user in (to, _manager(from_user), by) if _may_own(user, from_user)), None)
    if heir is None:
        return 0
    with transaction.atomic():
        mine = Deal.objects.open().filter(owner=from_user).order_by("id").select_for_update(of=("self",), no_key=True)
        ids = list(mine.values_list("id", flat=True))
        Deal.objects.filter(pk__in=ids).update(owner=heir, updated_at=at)
        data = {"fields": ["owner"], "was_owner": from_user.pk, "owner": heir.pk}
        by_id = by.pk if by is not None else None
        record([Fact("deal.edited", "deal", deal, at, by=by_id, via=via, data=data) for deal in ids], now=at)
    return len(ids)


def open_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """{user id: open deals they own}, in one query; who has none is left out."""
    rows = Deal.objects.open().filter(owner_id__in=list(user_ids)).values_list("owner_id").annotate(n=Count("id"))
    return dict(rows.order_by())


def _manager(user: Any) -> Any:
    return user.team.manager if user.team_id else None


def _may_own(user: Any, leaving: Any) -> bool:
    return user is not None and user.is_active and not user.is_service and user.pk != leaving.pk
