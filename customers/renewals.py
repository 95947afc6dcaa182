"""Deals with customers: a renewal opened in time for each term that ends, and an expansion when somebody sees one."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from customers import accounts
from customers.locking import held
from customers.models import Customer, Term
from customers.rights import require_sell
from deals.models import Deal
from deals.opening import NewDeal, open_many
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams.models import Organisation

AHEAD = timedelta(days=90)
DUE = Term.objects.filter(ended_at=None, deal=None).exclude(customer__status=Customer.Status.CHURNED)


def open_due(*, now: datetime, limit: int = 500) -> int:
    """A renewal deal for every term that ends within 90 days and has none; how many were opened. Any number of times a
    day: the deal's key is the term's."""
    today = Organisation.get().today(now)
    with transaction.atomic():
        terms = list(
            DUE.filter(renews_on__lte=today + AHEAD).select_for_update(of=("self",), skip_locked=True)
            .select_related("customer__company", "customer__first_deal").order_by("renews_on", "id")[:limit]
        )  # fmt: skip
        return _open(terms, by=None, now=now)


def open_one(term: Term, *, by: Any, at: datetime, via: str = "page") -> Deal:
    """Now rather than 90 days before. Twice is the same deal. Raises Forbidden, Refused when the term is over."""
    require_sell(by, term.customer)
    with transaction.atomic():
        row = Term.objects.select_for_update(of=("self",)).select_related(
            "customer__company", "customer__first_deal").get(pk=term.pk)  # fmt: skip
        if row.deal_id is None:
            if row.ended_at is not None:
                raise Refused("Not opened: this term is over.", code="over")
            _open([row], by=by.pk, now=at, via=via)
            row.refresh_from_db()
        assert row.deal is not None
        return row.deal


def expand(
    customer: Customer, *, name: str, amount: int | None, close_on: date, by: Any, at: datetime, via: str = "page"
) -> Deal:
    """A deal about more with somebody who is a customer. `amount` in minor units. Raises Forbidden, Invalid."""
    require_sell(by, customer)
    if amount is not None and amount <= 0:
        raise Invalid("The amount must be above zero.", code="not_positive", field="amount")
    if customer.status == Customer.Status.CHURNED:
        raise Refused("Not opened: this customer left. What they buy next is new business.", code="churned")
    first = customer.first_deal
    new = NewDeal(
        name=name.strip() or f"{customer.company}: more", company_id=customer.company_id, kind="expansion",
        owner_id=by.pk if not by.is_service else customer.csm_id, currency=Organisation.get().currency,
        close_on=close_on, at=at, by=by.pk, person_id=first.person_id if first else None, amount=amount,
        source_id=first.source_id if first else None,
    )  # fmt: skip
    [deal] = open_many([new], now=at, via=via)
    return deal


def add_term(
    customer: Customer, *, starts_on: date, renews_on: date, subscription: str = "", by: Any, at: datetime,
    via: str = "page",
) -> Term:  # fmt: skip
    """What runs until when; the same days twice are one term. Raises Forbidden, Invalid."""
    if renews_on <= starts_on:
        raise Invalid("It must renew after it starts.", code="order", field="renews_on")
    with transaction.atomic():
        row = held(customer, by)
        term, new = Term.objects.get_or_create(
            customer=row,
            starts_on=starts_on,
            renews_on=renews_on,
            subscription=subscription.strip()[:120],
            ended_at=None,
        )
        if new:
            _tell("term_added", row, term, by=by.pk, at=at, via=via)
    return term


def end_term(term: Term, *, by: Any, at: datetime, via: str = "page") -> None:
    """It won't renew; what the customer pays is said apart."""
    with transaction.atomic():
        row = held(term.customer, by)
        if Term.objects.filter(pk=term.pk, ended_at=None).update(ended_at=at):
            _tell("term_ended", row, term, by=by.pk, at=at, via=via)


def _open(terms: list[Term], *, by: int | None, now: datetime, via: str = "task") -> int:
    if not terms:
        return 0
    currency = Organisation.get().currency
    paid = accounts.monthly([t.customer.company_id for t in terms], currency=currency, as_of=now)
    new = []
    for term in terms:
        customer, first = term.customer, term.customer.first_deal
        monthly = paid.get(customer.company_id)
        new.append(NewDeal(
            name=f"{customer.company}: renewal {term.renews_on:%b %Y}", company_id=customer.company_id, kind="renewal",
            owner_id=customer.csm_id or (first.owner_id if first else None), currency=currency,
            close_on=term.renews_on, at=now, by=by, person_id=first.person_id if first else None,
            amount=monthly * 12 if monthly else None, external_key=f"renewal:{term.pk}",
            source_id=first.source_id if first else None,
        ))  # fmt: skip
    open_many(new, now=now, via=via)
    made = dict(Deal.objects.filter(external_key__in=[n.external_key for n in new]).values_list("external_key", "id"))
    for term in terms:
        term.deal_id = made[f"renewal:{term.pk}"]
    Term.objects.bulk_update(terms, ["deal"])
    facts = [
        Fact(
            "customer.renewal_opened",
            "customer",
            t.customer_id,
            now,
            by=by,
            via=via,
            data={"deal": t.deal_id, "term": t.pk},
        )
        for t in terms
    ]
    record(facts, now=now)
    return len(terms)


def _tell(what: str, customer: Customer, term: Term, *, by: int, at: datetime, via: str) -> None:
    record([Fact(f"customer.{what}", "customer", customer.pk, at, by=by, via=via, data={"term": term.pk})], now=at)
