"""Leads that joined a deal which was there: two leads, one opportunity, both converted. The journal knows which."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from deals.models import ContactRole, Deal
from journal.record import Fact, record
from leads.models import Lead, Stage
from leads.progress import Move, advance
from revops.lib import bulk
from revops.lib.errors import Refused


def join(lead: Lead, deal: Deal, *, by, at: datetime, via: str) -> Deal:
    """Of the locked lead, inside a transaction; see `conversion.convert`. Records `deal.joined`."""
    deal = Deal.objects.select_for_update(of=("self",)).get(pk=deal.pk)
    if deal.stage != "open":
        raise Refused(f"Not joined: this deal is {deal.stage}.", code="closed", field="into")
    if deal.company_id is None or deal.company_id != lead.company_id:
        raise Refused("Not joined: that deal is with another company.", code="other_company", field="into")
    roles = ContactRole.objects.filter(deal=deal)
    if not roles.filter(person=lead.person_id).exists():
        ContactRole.objects.create(
            deal=deal, person_id=lead.person_id, role="influencer", is_primary=not roles.exists(), added_at=at,
            added_by=by,
        )  # fmt: skip
    data = {"lead": lead.pk, "person": lead.person_id}
    record([Fact("deal.joined", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
    advance([Move(lead.pk, Stage.OPPORTUNITY, at, by=by.pk, data={"deal": deal.pk, "joined": True})], now=at, via=via)
    return deal


def of_lead(lead_id: int) -> Deal | None:
    """The deal this lead joined, if it did."""
    rows = bulk.query(
        """SELECT (data ->> 'deal')::bigint FROM journal_entry
            WHERE subject_kind = 'lead' AND subject_id = %s AND kind = 'lead.opportunity' ORDER BY id DESC LIMIT 1""",
        [lead_id],
    )
    return Deal.objects.filter(pk=rows[0][0]).first() if rows and rows[0][0] else None


def leads_of(deal_ids: Sequence[int]) -> dict[int, list[int]]:
    """{deal: the leads that joined it}, those that made it not among them; deals nobody joined are absent."""
    found: dict[int, list[int]] = {}
    for deal, lead in bulk.query(
        """SELECT subject_id, (data ->> 'lead')::bigint FROM journal_entry
            WHERE subject_kind = 'deal' AND subject_id = ANY (%s) AND kind = 'deal.joined' ORDER BY id""",
        [list(deal_ids)],
    ):
        found.setdefault(deal, []).append(lead)
    return found


def open_with(company_id: int | None) -> Iterable[Deal]:
    """The open deals a lead of this company may join, newest first."""
    if company_id is None:
        return []
    return Deal.objects.open().filter(company_id=company_id).select_related("owner").order_by("-id")[:9]
