"""Customers by their name, for notices and the audit."""

from collections.abc import Iterable

from customers.models import Customer


def names(customer_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """{customer id: (its company's name, its address)}; one query."""
    found = Customer.objects.select_related("company").filter(pk__in=list(customer_ids))
    return {one.pk: (str(one.company), one.get_absolute_url()) for one in found}
