"""Every promise made before the sale: written down on the deal, kept or dropped afterwards, on top of the customer."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from customers.models import Customer, PromiseMade
from customers.rights import require_care
from deals.models import Deal
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams import access


def promise(
    deal: Deal, text: str, *, due_on: date | None = None, by: Any, at: datetime, via: str = "page"
) -> PromiseMade:
    """Write down what the customer was told; the same words twice are one promise. Raises Forbidden, Invalid without
    words, Refused for a lost deal. Records `deal.promised`."""
    access.require_work(by, deal, "hand_over")
    text = " ".join(text.split())[:300]
    if not text:
        raise Invalid("Say what was promised.", code="required", field="text")
    if deal.stage == "lost":
        raise Refused("Not written down: this deal was lost.", code="lost")
    with transaction.atomic():
        Deal.objects.select_for_update(of=("self",), no_key=True).get(pk=deal.pk)
        made, new = PromiseMade.objects.get_or_create(
            deal=deal, text=text, dropped_at=None, defaults={"due_on": due_on, "made_by": by, "made_at": at}
        )
        if new:
            _tell("promised", made, by=by, at=at, via=via)
    return made


def keep(made: PromiseMade, *, by: Any, at: datetime, via: str = "page") -> None:
    """It was kept. For who looks after the customer and who may hand the deal over. Records `deal.promise_kept`."""
    _require(made, by)
    with transaction.atomic():
        rows = PromiseMade.objects.filter(pk=made.pk, dropped_at=None, kept_at=None)
        if rows.update(kept_at=at, kept_by=by):
            _tell("promise_kept", made, by=by, at=at, via=via)


def drop(made: PromiseMade, *, by: Any, at: datetime, via: str = "page") -> None:
    """It was never promised: off the list, kept in the table. Records `deal.promise_dropped`."""
    access.require_work(by, made.deal, "hand_over")
    if made.kept_at is not None:
        raise Refused("Not taken off: this promise was kept.", code="kept")
    with transaction.atomic():
        if PromiseMade.objects.filter(pk=made.pk, dropped_at=None, kept_at=None).update(dropped_at=at):
            _tell("promise_dropped", made, by=by, at=at, via=via)


def _require(made: PromiseMade, by: Any) -> None:
    if access.can_work(by, made.deal, "hand_over"):
        return
    customer = Customer.objects.select_related("csm__team").filter(company_id=made.deal.company_id).first()
    if customer is None:
        access.require_work(by, made.deal, "hand_over")
    else:
        require_care(by, customer)


def _tell(what: str, made: PromiseMade, *, by: Any, at: datetime, via: str) -> None:
    data = {"promise": made.pk}
    record([Fact(f"deal.{what}", "deal", made.deal_id, at, by=by.pk, via=via, data=data)], now=at)
