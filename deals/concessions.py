"""The matrix of what we may give and what we get for it, and what was given on a deal (DOMAIN 6)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from deals import money
from deals.models import Concession, Deal, Give
from journal.record import Fact, record
from leads.company_size import NAMES, segment
from revops.lib.errors import Forbidden, Invalid, Refused
from teams import access
from teams.models import Organisation, Team, TeamKind


def allowed(deal: Deal, *, on: date) -> QuerySet[Concession]:
    """What may be given to this deal on that day: not retired, not expired, of its size and its currency."""
    size = segment(deal.company.employees if deal.company else None)
    return Concession.objects.filter(
        Q(expires_on=None) | Q(expires_on__gte=on), Q(segments=[]) | Q(segments__contains=[size]), retired_at=None,
        currency=deal.currency,
    )  # fmt: skip


def give(
    deal: Deal, concession: Concession, *, get: str | None = None, by: Any, at: datetime, via: str = "page"
) -> Give:
    """Give it for what the matrix asks, or for `get`; without a get it is refused. Twice is once.

    Raises Forbidden, Invalid, Refused."""
    got = (concession.get if get is None else get).strip()
    if not got:
        raise Invalid("Not given: say what we get for it.", code="no_get", field="get")
    with transaction.atomic():
        locked = _open(deal, by=by)
        had = locked.gives.filter(concession=concession).first()
        if had is not None:
            return had
        _may_be_given(locked, concession, on=Organisation.get().today(at))
        made = Give.objects.create(
            deal=locked, concession=concession, give=concession.give, cost=concession.cost, value=concession.value,
            get=got[:160], get_value=concession.get_value if got == concession.get else 0, given_at=at, by_id=by.pk,
        )  # fmt: skip
        data = {"give": made.pk, "concession": concession.pk, "name": concession.give, "cost": made.cost}
        record([Fact("deal.given", "deal", locked.pk, at, by=by.pk, via=via, data=data)], now=at)
    return made


def take_back(given: Give, *, by: Any, at: datetime, via: str = "page") -> None:
    """It is not given after all."""
    with transaction.atomic():
        _open(given.deal, by=by)
        if not Give.objects.filter(pk=given.pk).delete()[0]:
            return
        data = {"concession": given.concession_id, "name": given.give}
        record([Fact("deal.give_taken_back", "deal", given.deal_id, at, by=by.pk, via=via, data=data)], now=at)


def got(given: Give, *, note: str = "", by: Any, at: datetime, via: str = "page") -> Give:
    """What was promised in return came, also after the deal was won."""
    with transaction.atomic():
        access.require_work(by, given.deal, "edit")
        locked = Give.objects.select_for_update().get(pk=given.pk)
        if locked.got_at is None:
            locked.got_at, locked.got_note = at, note.strip()[:200]
            locked.save(update_fields=["got_at", "got_note"])
            data = {"give": locked.pk, "name": locked.give}
            record([Fact("deal.got", "deal", locked.deal_id, at, by=by.pk, via=via, data=data)], now=at)
    return locked


def may_keep(user: Any) -> bool:
    """Administrators and managers of sales teams keep the matrix."""
    return access.may(user, "administer") or (
        access.may(user, "create_lead") and Team.objects.filter(manager=user.pk, kind=TeamKind.SALES).exists()
    )


def keep(
    row: Concession | None, *, give: str, cost: int, value: int, get: str, get_value: int = 0, currency: str = "",
    segments: Sequence[str] = (), expires_on: date | None = None, by: Any, at: datetime, via: str = "page",
) -> Concession:  # fmt: skip
    """Add a row to the matrix (None), or change it; what was given before keeps its own words and cost."""
    require_keeper(by)
    if not give or not get:
        raise Invalid("Say what is given and what we get for it.", code="required", field="get" if give else "give")
    for name, amount in (("cost", cost), ("value", value), ("get_value", get_value)):
        if not 0 <= amount <= money.LARGEST:
            raise Invalid("An amount is not below zero.", code="negative", field=name)
    if unknown := set(segments) - NAMES.keys():
        raise Invalid(f"Choose of {', '.join(NAMES)}.", code="unknown_segment", field=f"segments.{min(unknown)}"[:60])
    with transaction.atomic():
        made = row or Concession(position=Concession.objects.count() + 1)
        made.give, made.cost, made.value, made.get, made.get_value = give, cost, value, get, get_value
        made.currency = money.currency(currency or Organisation.get().currency)
        made.segments, made.expires_on = [size for size in NAMES if size in segments], expires_on
        made.save()
        data = {"give": give, "cost": cost}
        record([Fact("concession.kept", "concession", made.pk, at, by=by.pk, via=via, data=data)], now=at)
    return made


def retire(row: Concession, *, by: Any, at: datetime, via: str = "page") -> Concession:
    """It is offered no more; what was given stays given."""
    require_keeper(by)
    with transaction.atomic():
        if Concession.objects.filter(pk=row.pk, retired_at=None).update(retired_at=at):
            fact = Fact("concession.retired", "concession", row.pk, at, by=by.pk, via=via, data={"give": row.give})
            record([fact], now=at)
    row.refresh_from_db()
    return row


def require_keeper(by: Any) -> None:
    """Raises Forbidden."""
    if not may_keep(by):
        raise Forbidden("Only an administrator or the manager of a sales team keeps the matrix.", code="role")


def _open(deal: Deal, *, by: Any) -> Deal:
    locked = Deal.objects.select_for_update(of=("self",)).select_related("owner__team", "company").get(pk=deal.pk)
    access.require_work(by, locked, "edit")
    if locked.stage != "open":
        raise Refused(f"Not changed: this deal is {locked.stage}. Reopen it first.", code="closed")
    return locked


def _may_be_given(deal: Deal, row: Concession, *, on: date) -> None:
    if row.retired_at is not None:
        raise Refused(f"Not given: “{row.give}” is offered no more.", code="retired")
    if row.expires_on and row.expires_on < on:
        raise Refused(f"Not given: “{row.give}” could be given until {row.expires_on:%-d %b %Y}.", code="expired")
    size = segment(deal.company.employees if deal.company else None)
    if row.segments and size not in row.segments:
        named = ", ".join(NAMES[one] for one in row.segments)
        raise Refused(f"Not given: “{row.give}” is for {named}; this is {NAMES[size].lower()}.", code="segment")
    if row.currency != deal.currency:
        raise Refused(f"Not given: “{row.give}” is priced in {row.currency}.", code="currency")
