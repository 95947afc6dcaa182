"""Who may work on a customer: its success manager, their team and manager; while it has none, all of success."""

from typing import Any

from customers.models import Customer, Handover
from revops.lib.errors import Forbidden
from teams import access
from teams.models import Role, User

CARERS = (Role.SUCCESS, Role.ADMIN)


def may_care(user: Any, customer: Customer, verb: str = "look_after") -> bool:
    return _may_take(user, customer) or access.can_work(user, customer, verb)


def require_care(user: Any, customer: Customer, verb: str = "look_after") -> None:
    """Raises Forbidden, naming who may."""
    if not _may_take(user, customer):
        access.require_work(user, customer, verb)


def may_sell(user: Any, customer: Customer) -> bool:
    """Open a deal with the customer: whoever looks after it, and whoever owns the account."""
    owns = access.may(user, "create_lead") and user.pk == customer.company.owner_id
    return owns or may_care(user, customer)


def require_sell(user: Any, customer: Customer) -> None:
    if not may_sell(user, customer):
        raise Forbidden("Only who looks after this customer or owns the account may open a deal.", code="not_yours")


def takes_over(user: Any, deal: Any) -> bool:
    """Accepted the handover of this deal, or looks after its customer (settings.DEAL_TAKER); at most two queries, none
    for those who can't be a success manager."""
    if not getattr(user, "is_active", False) or getattr(user, "role", "") not in CARERS or user.is_service:
        return False
    # While it is sold nobody has taken anything over; nothing to call about either.
    accepted = Handover.objects.filter(deal_id=deal.pk, csm=user, state=Handover.State.ACCEPTED)
    return accepted.exists() or (
        deal.company_id is not None and Customer.objects.filter(company_id=deal.company_id, csm=user).exists()
    )


def may_bring(user: Any) -> bool:
    """Read a file about many customers; each of its lines asks for that customer's own rights."""
    return bool(user.is_active) and not user.is_service and user.role in access.SELLERS


def takers() -> Any:
    """Who can be a customer success manager."""
    return User.objects.active().filter(role__in=CARERS, is_service=False).order_by("name", "id")


def _may_take(user: Any, customer: Customer) -> bool:
    return customer.csm_id is None and getattr(user, "role", "") == Role.SUCCESS and bool(user.is_active)
