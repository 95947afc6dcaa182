"""Who looks after a customer: given to somebody else, and left behind by nobody who goes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from customers.locking import held
from customers.models import Customer, Handover, OnboardingStep
from customers.rights import takers
from journal.record import Fact, record
from revops.lib.errors import Invalid


def give(customer: Customer, csm: Any, *, by: Any, at: datetime, via: str = "page") -> None:
    """To somebody of customer success; the open steps of who had it go along. Raises Forbidden, Invalid."""
    if not takers().filter(pk=getattr(csm, "pk", None)).exists():
        raise Invalid("Choose somebody of customer success.", code="not_success", field="csm")
    with transaction.atomic():
        row = held(customer, by, "give_customer")
        if row.csm_id != csm.pk:
            _give([(row.pk, row.csm_id)], csm, by=by, at=at, via=via)


def hand_over(from_user: Any, *, by: Any, at: datetime, to: Any = None, via: str = "page") -> int:
    """Everything `from_user` looks after, when they go: to `to`, else to their team's manager, else to `by`, whoever of
    them can look after customers, else to nobody yet, which is seen; how many there were (settings.DEPARTURES)."""
    manager = from_user.team.manager if from_user.team_id else None
    able = set(takers().values_list("pk", flat=True))
    heir = next((u for u in (to, manager, by) if u is not None and u.pk in able and u.pk != from_user.pk), None)
    with transaction.atomic():
        mine = list(
            Customer.objects.filter(csm=from_user).order_by("pk").select_for_update().values_list("pk", flat=True)
        )
        _give([(pk, from_user.pk) for pk in mine], heir, by=by, at=at, via=via)
        Handover.objects.filter(csm=from_user, deal__stage="open").exclude(state=Handover.State.ACCEPTED).update(
            csm=heir
        )
    return len(mine)


def open_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """{user id: customers they look after that didn't leave}, in one query."""
    rows = Customer.objects.filter(csm_id__in=list(user_ids)).exclude(status=Customer.Status.CHURNED)
    return dict(rows.values_list("csm_id").annotate(n=Count("id")).order_by())


def _give(rows: list[tuple[int, int | None]], csm: Any, *, by: Any, at: datetime, via: str) -> None:
    ids = [pk for pk, _ in rows]
    Customer.objects.filter(pk__in=ids).update(csm=csm)
    before = {was for _, was in rows}  # one person in a handover of all, nobody of a customer without
    for was in before:
        steps = OnboardingStep.objects.filter(customer_id__in=ids, owner_id=was, done_at=None, dropped_at=None)
        steps.update(owner=csm)
    to = csm.pk if csm is not None else None
    facts = [
        Fact("customer.given", "customer", pk, at, by=by.pk if by else None, via=via, data={"csm": to, "was": was})
        for pk, was in rows
    ]
    record(facts, now=at)
