"""The discount desk: asked with a reason, measured by all that is given, decided by whoever may (DOMAIN 6).

What may be given is measured, not remembered: an approval covers a deal as long as no more than it is given away.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum

from deals import authority
from deals.approvers import approver_of, may_decide
from deals.models import Deal, DiscountAuthority, DiscountRequest, Give
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams import access

OPEN, APPROVED = DiscountRequest.State.OPEN, DiscountRequest.State.APPROVED
DECLINED, WITHDRAWN = DiscountRequest.State.DECLINED, DiscountRequest.State.WITHDRAWN


def given_away(deal: Deal, cost: int) -> Fraction | None:
    """What the deal as it stands gives away: percent of its list; `cost`: of its gives. None without any list."""
    if deal.list_amount:
        return authority.combined(deal.list_amount, deal.list_amount - (deal.amount or 0), [cost])
    return authority.combined(deal.amount, 0, [cost])


def bounds() -> dict[str, Decimal]:
    """{level: up to which percent}; one query."""
    return dict(DiscountAuthority.objects.values_list("level", "up_to"))


def ask(deal: Deal, *, percent: Decimal, why: str, by: Any, at: datetime, via: str = "page") -> DiscountRequest:
    """`percent` off the list, with a reason. Within a rep's authority it is approved at once; else whoever may give as
    much is asked, and a day runs. Asked the same again while one waits answers with that one.

    Raises Invalid, Forbidden, Refused."""
    if not why.strip():
        raise Invalid("Say why: the reason is what the decision is made by.", code="required", field="why")
    if not 0 <= percent <= 100 or percent != percent.quantize(authority.PLACES):
        raise Invalid("A discount is 0 to 100 percent, to four places.", code="bad_percent", field="percent")
    with transaction.atomic():
        locked = Deal.objects.select_for_update(of=("self",)).select_related("owner__team").get(pk=deal.pk)
        access.require_work(by, locked, "edit")
        if locked.stage != "open":
            raise Refused(f"Not asked: this deal is {locked.stage}. Reopen it first.", code="closed")
        if not locked.list_amount:
            raise Refused("Not asked: add the lines first, a discount is off their list prices.", code="no_lines")
        waiting = locked.discounts.filter(state=OPEN).first()
        share = authority.asked(locked.list_amount, percent, [_cost(locked.pk)])
        if waiting is not None:
            if (waiting.percent, waiting.combined) == (percent, authority.stored(share)):
                return waiting
            raise Refused("Not asked: one request waits already. Withdraw it first.", code="waits")
        level = authority.level_of(share, bounds())
        at_once = level == DiscountAuthority.Level.REP
        to, level = (None, level) if at_once else approver_of(locked, level, asker=by)
        made = DiscountRequest.objects.create(
            deal=locked, run=1 + (locked.discounts.aggregate(n=Max("run"))["n"] or 0), percent=percent,
            combined=authority.stored(share), list_amount=locked.list_amount, why=why.strip()[:300], level=level,
            approver=to, asked_at=at, asked_by_id=by.pk,
            **({"state": APPROVED, "decided_at": at, "decided_by_id": by.pk} if at_once else {}),
        )  # fmt: skip
        locked.gives.filter(discount=None).update(discount=made)
        data = {**_data(made), "approver": to.pk if to else None}
        facts = [Fact("deal.discount_asked", "deal", locked.pk, at, by=by.pk, via=via, data=data)]
        if at_once:
            facts.append(Fact("deal.discount_approved", "deal", locked.pk, at, by=by.pk, via=via, data=_data(made)))
        record(facts, now=at)
    return made


def decide(
    request: DiscountRequest, *, approve: bool, note: str = "", by: Any, at: datetime, via: str = "page"
) -> DiscountRequest:
    """Yes or no by whoever was asked, or somebody who may give more; a no says why. The same again changes nothing.

    Raises Forbidden for everybody else and for whoever asked, Invalid, Refused."""
    state = APPROVED if approve else DECLINED
    if not approve and not note.strip():
        raise Invalid("Say why not, in a few words.", code="required", field="note")
    with transaction.atomic():
        Deal.objects.select_for_update(of=("self",)).get(pk=request.deal_id)
        locked = DiscountRequest.objects.select_related("deal__owner").get(pk=request.pk)
        may_decide(locked, by)
        if locked.state == state:
            return locked
        _still(locked)
        locked.state, locked.decided_at, locked.decided_by, locked.note = state, at, by, note.strip()[:300]
        locked.save(update_fields=["state", "decided_at", "decided_by", "note"])
        kind = f"deal.discount_{state}"
        data = {**_data(locked), "asked_by": locked.asked_by_id}
        record([Fact(kind, "deal", locked.deal_id, at, by=by.pk, via=via, data=data)], now=at)
    return locked


def withdraw(request: DiscountRequest, *, by: Any, at: datetime, via: str = "page") -> DiscountRequest:
    with transaction.atomic():
        deal = Deal.objects.select_for_update(of=("self",)).select_related("owner__team").get(pk=request.deal_id)
        access.require_work(by, deal, "edit")
        locked = DiscountRequest.objects.get(pk=request.pk)
        if locked.state == WITHDRAWN:
            return locked
        _still(locked)
        _let_go([locked], by=by.pk, at=at, via=via)
    return DiscountRequest.objects.get(pk=request.pk)


def follow(facts: Sequence[Fact], *, now: datetime) -> None:
    """A reaction: what was asked for a deal that is over needs no decision any more."""
    over = {fact.subject_id: fact for fact in facts if fact.kind in ("deal.won", "deal.lost")}
    if not over:
        return
    for waiting in DiscountRequest.objects.filter(deal__in=over, state=OPEN):
        fact = over[waiting.deal_id]
        _let_go([waiting], by=fact.by, at=max(fact.at, waiting.asked_at), via=fact.via)


def approved(deal_ids: Sequence[int]) -> dict[int, Decimal]:
    """{deal: up to which percent its newest approval goes}; one query."""
    rows = DiscountRequest.objects.filter(deal__in=deal_ids, state=APPROVED).order_by("decided_at", "id")
    return dict(rows.values_list("deal_id", "combined"))


def costs(deal_ids: Sequence[int]) -> dict[int, int]:
    """{deal: what its gives cost us}; one query."""
    rows = Give.objects.filter(deal__in=deal_ids).order_by().values("deal_id").annotate(n=Sum("cost"))
    return {row["deal_id"]: row["n"] for row in rows}


def unapproved(deals: Sequence[Deal]) -> dict[int, tuple[Fraction, Fraction]]:
    """{deal: (percent given away, percent that is covered)} of those that give more than a rep may without somebody's
    word for it; the others absent. Three queries, however many."""
    if not deals:
        return {}
    ids = [deal.pk for deal in deals]
    cost, said, rep = costs(ids), approved(ids), Fraction(bounds().get(DiscountAuthority.Level.REP, Decimal(0)))
    found = {}
    for deal in deals:
        share = given_away(deal, cost.get(deal.pk, 0))
        covered = max(rep, Fraction(said.get(deal.pk, 0)))
        if share is not None and share > covered:
            found[deal.pk] = (share, covered)
    return found


def guard(deals: Sequence[Deal], to: str, at: datetime) -> dict[int, str]:
    """Nothing is won that gives away more than somebody allowed (settings.DEAL_GUARDS)."""
    if to != "won":
        return {}
    found = unapproved(deals)
    waits = dict(
        DiscountRequest.objects.filter(deal__in=found, state=OPEN).values_list("deal_id", "approver__name")
    ) if found else {}  # fmt: skip
    return {pk: _refusal(share, covered, waits.get(pk)) for pk, (share, covered) in found.items()}


def _refusal(share: Fraction, covered: Fraction, approver: str | None) -> str:
    more = f"{authority.said(share)}% of the list is given away, and {authority.said(covered, bound=True)}%"
    what = f"{approver} has not decided yet." if approver else "Ask for approval on the discount desk."
    return f"Not won: {more} is allowed. {what}"


def _cost(deal_id: int) -> int:
    return costs([deal_id]).get(deal_id, 0)


def _still(request: DiscountRequest) -> None:
    if request.state != OPEN:
        raise Refused(f"Not changed: this request was {request.get_state_display().lower()} already.", code="decided")


def _let_go(requests: Sequence[DiscountRequest], *, by: int | None, at: datetime, via: str) -> None:
    for one in requests:
        DiscountRequest.objects.filter(pk=one.pk).update(state=WITHDRAWN, decided_at=at, decided_by_id=by)
        record([Fact("deal.discount_withdrawn", "deal", one.deal_id, at, by=by, via=via, data=_data(one))], now=at)


def _data(request: DiscountRequest) -> dict[str, Any]:
    return {
        "request": request.pk, "run": request.run, "percent": str(request.percent), "combined": str(request.combined),
        "level": request.level,
    }  # fmt: skip
