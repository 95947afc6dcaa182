"""Whom we meet on a deal. A firm is kept once, however its name is written."""

from datetime import datetime
from typing import Any

from django.db import transaction

from deals.models import Competitor, Deal, DealCompetitor
from journal.record import Fact, record
from revops.lib.errors import Invalid
from teams import access


def named(name: str) -> Competitor:
    """The firm of this name, made when nobody named it before. Raises Invalid for an empty one."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid("Name the competitor.", code="required", field="competitor")
    return Competitor.objects.get_or_create(key=" ".join(name.casefold().split())[:80], defaults={"name": name})[0]


def note(deal: Deal, name: str, *, by: Any, at: datetime, via: str = "page") -> DealCompetitor:
    """This firm is in it too. Twice is once."""
    with transaction.atomic():
        access.require_work(by, deal, "touch")
        firm = named(name)
        made, new = DealCompetitor.objects.get_or_create(
            deal=deal, competitor=firm, defaults={"noted_at": at, "by_id": by.pk}
        )
        if new:
            fact = Fact("deal.competitor", "deal", deal.pk, at, by=by.pk, via=via, data={"competitor": firm.pk})
            record([fact], now=at)
    return made


def take_out(noted: DealCompetitor, *, by: Any, at: datetime, via: str = "page") -> None:
    with transaction.atomic():
        access.require_work(by, noted.deal, "touch")
        if DealCompetitor.objects.filter(pk=noted.pk).delete()[0]:
            data = {"competitor": noted.competitor_id}
            record([Fact("deal.competitor_out", "deal", noted.deal_id, at, by=by.pk, via=via, data=data)], now=at)
