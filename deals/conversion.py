"""An SQL becomes a deal: the one way a deal is opened outside of imports."""

from datetime import date, datetime

from django.db import transaction

from deals import joining, money, roles, stages_of
from deals.account import own_account
from deals.models import Deal
from journal.record import Fact, record
from leads.models import Lead, Stage
from leads.progress import Move, advance
from revops.lib.errors import Invalid, Refused
from teams.access import require_work


def convert(
    lead: Lead, *, name: str = "", amount: int | None = None, currency: str = "", close_on: date | None = None,
    into: Deal | None = None, by, at: datetime, via: str = "page",
) -> Deal:  # fmt: skip
    """Open a deal from a qualified lead; `amount` in minor units, `close_on` a local date. `into`: an open deal of the
    same company that it joins instead, as it is; the lead is converted, its person has a part in the deal.

    Twice is once: the lead's row is locked and a lead has one deal, so a double click answers with the same deal.
    The owner of the lead owns the deal, and the account when nobody does. Raises Forbidden for a stranger, Invalid
    for a bad amount, currency or date, Refused unless the lead is an SQL with a company.
    """
    require_work(by, lead, "convert")
    with transaction.atomic():
        locked = Lead.objects.select_for_update(of=("self",)).select_related("person", "company").get(pk=lead.pk)
        made = Deal.objects.filter(lead=locked).first()
        if made is None and locked.stage == Stage.OPPORTUNITY:
            made = joining.of_lead(locked.pk)
        if made is not None:
            return made
        _qualified(locked)
        if into is not None:
            return joining.join(locked, into, by=by, at=at, via=via)
        _complete(amount=amount, close_on=close_on)
        deal = Deal.objects.create(
            name=(name or "").strip()[:200] or str(locked.company),
            lead=locked,
            company=locked.company,
            person=locked.person,
            owner_id=locked.owner_id,
            source_id=locked.source_id,
            amount=amount,
            amount_created=amount,
            currency=money.currency(currency),
            close_on=close_on,
            created_at=at,
            updated_at=at,
        )
        own_account(company_id=deal.company_id, owner_id=deal.owner_id)
        stages_of.put([stages_of.Stand(deal.pk, at, by.pk)])
        roles.first([deal.pk])
        deal.refresh_from_db(fields=["pipeline", "pipeline_stage", "stage_at"])
        record(
            [
                Fact(
                    "deal.opened", "deal", deal.pk, at, by=by.pk, via=via,
                    data={"lead": locked.pk, "amount": amount, "currency": deal.currency, "owner": deal.owner_id},
                )
            ],
            now=at,
        )  # fmt: skip
        advance([Move(locked.pk, Stage.OPPORTUNITY, at, by=by.pk, data={"deal": deal.pk})], now=at, via=via)
    return deal


def _qualified(lead: Lead) -> None:
    if lead.stage != Stage.SQL:
        raise Refused(
            f"Not converted: this lead is at {Stage(lead.stage).label}; only an SQL becomes a deal. "
            "Confirm budget, authority, need and timeline first.",
            code="not_sql",
        )
    if lead.company_id is None:
        raise Refused("Not converted: the lead has no company. Add one first.", code="no_company")


def _complete(*, amount: int | None, close_on: date | None) -> None:
    if not isinstance(amount, int) or amount <= 0:
        raise Invalid("The amount must be above zero.", code="not_positive", field="amount")
    if close_on is None:
        raise Invalid("Say when the deal should close.", code="required", field="close_on")
