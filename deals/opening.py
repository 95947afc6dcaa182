"""Deals with those who are customers already: expansions and renewals begin without a lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from deals import roles, stages_of
from deals.models import Deal
from deals.stages import DealKind
from journal.record import Fact, record


@dataclass(slots=True)
class NewDeal:
    """`amount`: minor units or None. `external_key` makes it once: the second time it is there already. `stage_id`:
    None = the first of the default pipeline."""

    name: str
    company_id: int
    kind: str
    owner_id: int | None
    currency: str
    close_on: date | None
    at: datetime
    by: int | None = None
    person_id: int | None = None
    amount: int | None = None
    external_key: str | None = None
    source_id: str | None = None
    stage_id: int | None = None


def open_many(batch: Sequence[NewDeal], *, now: datetime, via: str = "task") -> list[Deal]:
    """The deals opened, without those whose key there was; rights are the caller's to ask. Records `deal.opened`."""
    with transaction.atomic():
        keys = [new.external_key for new in batch if new.external_key]
        there = set(Deal.objects.filter(external_key__in=keys).values_list("external_key", flat=True))
        fresh = [new for new in batch if not new.external_key or new.external_key not in there]
        made = Deal.objects.bulk_create(
            Deal(
                name=new.name.strip()[:200], company_id=new.company_id, person_id=new.person_id,
                owner_id=new.owner_id, source_id=new.source_id, kind=DealKind(new.kind), amount=new.amount,
                amount_created=new.amount, currency=new.currency, close_on=new.close_on, created_at=new.at,
                updated_at=new.at, external_key=new.external_key,
            )
            for new in fresh
        )  # fmt: skip
        pairs = list(zip(made, fresh, strict=True))
        stages_of.put([stages_of.Stand(deal.pk, new.at, new.by, new.stage_id) for deal, new in pairs])
        roles.first([deal.pk for deal in made])
        record(
            [
                Fact("deal.opened", "deal", deal.pk, new.at, by=new.by, via=via,
                     data={"lead": None, "amount": new.amount, "currency": new.currency, "owner": new.owner_id,
                           "kind": str(deal.kind)})
                for deal, new in pairs
            ],
            now=now,
        )  # fmt: skip
    return made
