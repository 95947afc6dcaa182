"""The hand-over of a won deal: a call of the rep, the customer and the customer success manager, booked, then held.

A call without all three is kept and does not count: the promise is that they meet, not that a meeting was entered.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from deals import upward
from deals.models import Deal, HandoverCall
from journal.record import Fact, record
from revops.lib.errors import Invalid, Refused
from teams.access import can_work, require_work

# What a person tells of longer ago counts from when it is told, unless their manager tells it (DOMAIN 1.6, backdated).
BACKDATED_AFTER = timedelta(minutes=15)
WHO = {"rep": "the rep", "customer": "the customer", "csm": "the customer success manager"}


def may_call(user: Any, deal: Deal) -> bool:
    """Who sold it, their manager, and the success manager who takes the customer over: it is a call of theirs too."""
    return can_work(user, deal, "hand_over") or upward.takes_over(user, deal)


def require_call(user: Any, deal: Deal) -> None:
    """Raises Forbidden, naming who may."""
    if not upward.takes_over(user, deal):
        require_work(user, deal, "hand_over")


def book(deal: Deal, *, when: datetime, by: Any, at: datetime, via: str = "page") -> HandoverCall:
    """Agree on a call; another moment takes the place of the one booked before. Twice the same is once.

    Raises Forbidden; Invalid for a moment that is over; Refused unless the deal is won and the call still owed.
    Records `deal.handover_booked`.
    """
    require_call(by, deal)
    if when <= at:
        raise Invalid("This must be after now. If the call took place, say that it was held.", code="past",
                      field="when")  # fmt: skip
    with transaction.atomic():
        _hold(deal, "booked")
        booked = HandoverCall.objects.filter(deal=deal, held_at=None, let_go_at=None).first()
        if booked is not None and booked.booked_for == when:
            return booked
        if booked is not None:
            booked.let_go_at = at
            booked.save(update_fields=["let_go_at"])
        call = HandoverCall.objects.create(deal=deal, booked_for=when, booked_at=at, booked_by=by)
        data = {"call": call.pk, "for": when.isoformat()}
        record([Fact("deal.handover_booked", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
    return call


def hold(
    deal: Deal, *, held_at: datetime, rep: bool, customer: bool, csm: bool, by: Any, at: datetime, via: str = "page"
) -> HandoverCall:
    """The call took place, booked or not. Somebody missing: it is kept, `call.missing` says who, and it doesn't count.

    Raises Forbidden; Invalid for a moment of the future or before the deal was won; Refused unless the deal is won and
    the call still owed. Records `deal.handover_held`, or `deal.handover_missed` with who was missing.
    """
    require_call(by, deal)
    if held_at > at:
        raise Invalid("This is in the future. A call is told of after it was held.", code="future", field="held_at")
    with transaction.atomic():
        won = _hold(deal, "held")
        if won.closed_at is not None and held_at < won.closed_at:
            raise Invalid("This is before the deal was won.", code="too_early", field="held_at")
        call = HandoverCall.objects.filter(deal=deal, held_at=None, let_go_at=None).first() or HandoverCall(deal=deal)
        call.held_at, call.told_at, call.told_by = held_at, at, by
        call.rep, call.customer, call.csm = rep, customer, csm
        call.save()
        trusted = held_at >= at - BACKDATED_AFTER or by.is_admin or by.manages_team(_team(won))
        data: dict[str, Any] = {"call": call.pk, "at": held_at.isoformat()}
        data |= {"missing": call.missing} if call.missing else {"with": list(WHO)}
        kind = "deal.handover_missed" if call.missing else "deal.handover_held"
        record([Fact(kind, "deal", deal.pk, held_at if trusted else at, by=by.pk, via=via, data=data)], now=at)
    return call


def verdict(call: HandoverCall) -> str:
    """What a call that was held came to, in a sentence."""
    if call.counts:
        return "Hand-over call held with all three."
    names = [WHO[who] for who in call.missing]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"This call doesn’t count: {listed} {'was' if len(names) == 1 else 'were'} missing. Book another one."


def state(deal: Deal) -> tuple[HandoverCall | None, HandoverCall | None]:
    """(the call that is booked, the last one held); of a won deal. One query."""
    calls = list(deal.handover_calls.filter(let_go_at=None).order_by("id"))
    held = [call for call in calls if call.held_at is not None and call.held_at >= (deal.closed_at or call.held_at)]
    counted = next((call for call in held if call.counts), None)
    return next((call for call in calls if call.held_at is None), None), counted or (held[-1] if held else None)


def _hold(deal: Deal, verb: str) -> Deal:
    """The deal as it now is, locked; Refused unless a call is owed."""
    won = Deal.objects.select_for_update(of=("self",)).select_related("owner").get(pk=deal.pk)
    if won.stage != "won":
        raise Refused(f"Not {verb}: only a won deal is handed over; this one is {won.stage}.", code="not_won")
    done = HandoverCall.objects.filter(deal=deal, rep=True, customer=True, csm=True, held_at__gte=won.closed_at)
    if done.exists():
        raise Refused(f"Not {verb}: the hand-over call was held already.", code="held")
    return won


def _team(deal: Deal) -> int | None:
    return deal.owner.team_id if deal.owner else None
