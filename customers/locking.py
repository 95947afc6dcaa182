"""The row of one customer, held while a verb works on it, with the question of rights asked first."""

from typing import Any

from customers.models import Customer
from customers.rights import require_care


def held(customer: Customer, by: Any, verb: str = "look_after") -> Customer:
    """As it is now, locked until the end of the transaction. Raises Forbidden."""
    now = Customer.objects.select_for_update(of=("self",)).select_related("csm__team", "company").get(pk=customer.pk)
    require_care(by, now, verb)
    return now
