"""What the story's people do now and then, lead by lead: the verbs of pages, with the rights they ask for."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from deals import handover_call
from deals.models import Deal
from leads import touches
from leads.models import Lead
from leads.touches import HumanTouch
from revops.demo.habits import Act
from sla import pausing
from sla.models import Clock, PauseReason
from teams.models import User


def backdate(acts: Sequence[Act], *, via: str) -> None:
    """A call remembered hours later: it waits for the manager."""
    for act in acts:
        told = HumanTouch(act.lead_id, "call", act.at - timedelta(minutes=act.data["minutes"]), note=act.data["note"])
        touches.log([told], by=act.by, at=act.at, via=via)


def pause(acts: Sequence[Act], *, via: str) -> None:
    """The buyer asked to be left alone until a day."""
    for act in acts:
        running = Clock.objects.filter(lead_id=act.lead_id, target__in=["stage_age", "touch_minimum"], phase="running")
        for clock in running.filter(started_at__lt=act.at, due_at__gt=act.at).select_related("lead__owner"):
            assert clock.lead is not None
            pausing.pause(
                clock, by=clock.lead.owner, at=act.at, reason=PauseReason.PROSPECT_ASKED.value,
                until=act.at + timedelta(days=act.data["days"]), note=act.data.get("note", ""), via=via,
            )  # fmt: skip


def give(acts: Sequence[Act], *, users: Mapping[str, User], via: str) -> None:
    """A manager gives a lead to somebody by hand."""
    for act in acts:
        lead = Lead.objects.select_related("owner").get(pk=act.lead_id)
        lead.reassign(by=users[act.data["who"]], to=users[act.data["to"]], at=act.at, via=via)


def edit(acts: Sequence[Act], deals: Mapping[int, int], *, users: Mapping[int, User], via: str) -> None:
    found = _found(acts, deals)
    for act in acts:
        deal = found.get(deals.get(act.lead_id, 0))
        if deal is not None:
            # With lines its amount is theirs; then only the date is pushed.
            change = act.data if deal.list_amount is None else {"close_on": act.data["close_on"]}
            deal.edit(by=_doer(deal, act, users), at=act.at, via=via, **change)


def hand_over(acts: Sequence[Act], deals: Mapping[int, int], *, users: Mapping[int, User], via: str) -> None:
    """Calls booked and held, of deals that were won."""
    found = _found(acts, deals)
    for act in sorted(acts):
        deal = found.get(deals.get(act.lead_id, 0))
        if deal is None or deal.stage != "won":
            continue
        by = _doer(deal, act, users)
        if act.kind == "book":
            handover_call.book(deal, when=act.data["when"], by=by, at=act.at, via=via)
        else:
            handover_call.hold(deal, held_at=act.at, rep=True, customer=act.data["customer"], csm=True, by=by,
                               at=act.at + timedelta(minutes=4), via=via)  # fmt: skip


def _found(acts: Sequence[Act], deals: Mapping[int, int]) -> dict[int, Deal]:
    wanted = {deals[act.lead_id] for act in acts if act.lead_id in deals}
    return Deal.objects.select_related("owner").in_bulk(wanted) if wanted else {}


def _doer(deal: Deal, act: Act, users: Mapping[int, User]) -> User:
    """Whoever has it: a breach may have moved it on."""
    return users.get(deal.owner_id or act.by, users[act.by])
