"""What can be sold, at which list price. Admins keep it; what was sold keeps its own words and price."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from deals import money
from deals.models import Product
from deals.models.commercial import Billing
from journal.record import Fact, record
from revops.lib.errors import Invalid
from teams import access


def keep(
    product: Product | None, *, code: str, name: str, billing: str, list_price: int, currency: str, is_active: bool,
    by: Any, at: datetime, via: str = "page",
) -> Product:  # fmt: skip
    """Add a product (None), or change this one. `list_price`: minor units, of one unit for one billing period.

    Raises Forbidden for anybody but an admin, Invalid."""
    access.require(by, "administer")
    if billing not in Billing.values:
        raise Invalid(f"Choose {', '.join(Billing.values)}.", code="unknown_billing", field="billing")
    if not code or not name:
        raise Invalid("This field is needed.", code="required", field="name" if code else "code")
    if not 0 <= list_price <= money.LARGEST:
        raise Invalid("A price is not below zero.", code="bad_price", field="list_price")
    fields = {
        "code": code, "name": name, "billing": billing, "list_price": list_price,
        "currency": money.currency(currency), "is_active": is_active,
    }  # fmt: skip
    changed = [field for field, value in fields.items() if product is None or getattr(product, field) != value]
    if product is not None and not changed:
        return product
    made = product or Product()
    for field, value in fields.items():
        setattr(made, field, value)
    try:
        with transaction.atomic():
            made.save()
            data = {"code": code, "fields": changed, "list_price": list_price}
            record([Fact("product.kept", "product", made.pk, at, by=by.pk, via=via, data=data)], now=at)
    except IntegrityError:
        raise Invalid("Another product has this code.", code="taken", field="code") from None
    return made
