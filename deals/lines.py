"""What a deal sells, line by line. Of its lines a deal's amount, list amount and yearly value are derived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from deals import money
from deals.models import Deal, DealLine, Product
from deals.models.commercial import Billing
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams import access

MOST = 50
A_YEAR = {Billing.ONE_OFF: 1, Billing.MONTHLY: 12, Billing.ANNUAL: 1}


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_list`, `unit_net`: minor units, of one unit for one billing period."""

    name: str
    billing: str
    quantity: int
    unit_list: int
    unit_net: int
    product_id: int | None = None


def totals(lines: Sequence[Any]) -> tuple[int, int, int]:
    """(list, net, the recurring part of net), each with a year of what recurs. Pure."""
    full = [(A_YEAR[Billing(line.billing)] * line.quantity, line) for line in lines]
    return (
        sum(times * line.unit_list for times, line in full),
        sum(times * line.unit_net for times, line in full),
        sum(times * line.unit_net for times, line in full if line.billing != Billing.ONE_OFF),
    )


def put(deal: Deal, lines: Sequence[Line], *, by: Any, at: datetime, via: str = "page") -> Deal:
    """These are the deal's lines from now on, in this order; the same ones again change nothing. Without any, the
    amount stays what it was. Raises Invalid, Forbidden, Refused."""
    _check(lines)
    with transaction.atomic():
        locked = Deal.objects.select_for_update(of=("self",)).select_related("owner__team").get(pk=deal.pk)
        access.require_work(by, locked, "edit")
        before = [_same(line) for line in locked.lines.all()]
        if before == list(lines):
            return locked
        if locked.stage != "open":
            raise Refused(f"Not changed: this deal is {locked.stage}. Reopen it first.", code="closed")
        _known(lines, locked.currency)
        locked.lines.all().delete()
        DealLine.objects.bulk_create(
            DealLine(
                deal=locked, product_id=line.product_id, name=line.name, billing=line.billing, quantity=line.quantity,
                unit_list=line.unit_list, unit_net=line.unit_net, position=position,
            )
            for position, line in enumerate(lines, 1)
        )  # fmt: skip
        was = locked.amount
        full, net, recurring = totals(lines)
        locked.list_amount, locked.acv = (full, recurring) if lines else (None, None)
        if lines:
            locked.amount = net
        locked.updated_at = at
        locked.save(update_fields=["list_amount", "acv", "amount", "updated_at"])
        data = {"lines": len(lines), "was_amount": was, "amount": locked.amount, "list": locked.list_amount}
        facts = [Fact("deal.lines", "deal", locked.pk, at, by=by.pk, via=via, data=data)]
        if locked.amount != was:  # reports read the amount of then from changes of the deal
            change = {"fields": ["amount"], "was_amount": was, "amount": locked.amount}
            facts.append(Fact("deal.edited", "deal", locked.pk, at, by=by.pk, via=via, data=change))
        record(facts, now=at)
    return locked


def _check(lines: Sequence[Line]) -> None:
    if len(lines) > MOST:
        raise Invalid(f"A deal has at most {MOST} lines.", code="too_many", field="lines")
    for n, line in enumerate(lines):
        at = f"lines.{n}"
        if not line.name:
            raise Invalid("Say what is sold.", code="required", field=f"{at}.name")
        if line.billing not in Billing.values:
            raise Invalid(f"Choose {', '.join(Billing.values)}.", code="unknown_billing", field=f"{at}.billing")
        if not 1 <= line.quantity <= 1_000_000:
            raise Invalid("The quantity is between 1 and 1,000,000.", code="bad_quantity", field=f"{at}.quantity")
        for name in ("unit_list", "unit_net"):
            if not 0 <= getattr(line, name) <= money.LARGEST:
                raise Invalid("A price is not below zero.", code="bad_price", field=f"{at}.{name}")
    full, net, _ = totals(lines)
    if lines and not net:
        raise Invalid("Together the lines must come to more than nothing.", code="not_positive", field="lines")
    if max(full, net) > money.LARGEST:
        raise Invalid("Together the lines come to more than 100,000,000,000.", code="too_large", field="lines")


def _known(lines: Sequence[Line], currency: str) -> None:
    wanted = {line.product_id for line in lines if line.product_id}
    found = dict(Product.objects.filter(pk__in=wanted).values_list("pk", "currency")) if wanted else {}
    for n, line in enumerate(lines):
        if line.product_id and line.product_id not in found:
            raise Invalid("There is no such product.", code="unknown_product", field=f"lines.{n}.product")
        if line.product_id and found[line.product_id] != currency:
            raise Invalid(f"This product is not sold in {currency}.", code="currency", field=f"lines.{n}.product")


def _same(line: DealLine) -> Line:
    return Line(line.name, line.billing, line.quantity, line.unit_list, line.unit_net, line.product_id)
