"""Who is asked for a discount: the level that may give as much, else the next one up; never whoever asks."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction

from deals.models import Deal, DiscountAuthority, DiscountRequest
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid, Refused
from teams import access
from teams.models import Organisation, Role, User

LEVELS = DiscountAuthority.Level


def approver_of(deal: Deal, level: str, *, asker: Any) -> tuple[User, str]:
    """(whom to ask, at which level): the owner's team's manager, then whoever is named for a level, the executive
    last. Raises Refused when nobody is left."""
    owner = deal.owner
    own = {asker.pk, deal.owner_id}
    ladder = list(DiscountAuthority.objects.select_related("approver").order_by("up_to"))
    reached = False
    for row in ladder:
        reached = reached or row.level == level
        if not reached:
            continue
        manager = owner.team.manager if row.level == LEVELS.MANAGER and owner and owner.team else None
        found = row.approver or manager
        if _can(found) and found.pk not in own:
            return found, row.level
    last = Organisation.objects.select_related("executive").filter(pk=1).first()
    executive = last.executive if last else None
    if _can(executive) and executive.pk not in own:
        return executive, ladder[-1].level
    raise Refused(
        "Not asked: nobody is named who may give that much. An administrator names them at Discounts, Authority.",
        code="nobody",
    )


def _can(user: Any) -> bool:
    """A person who works here and doesn't only read."""
    return user is not None and user.is_active and user.role != Role.VIEWER


def may_decide(request: DiscountRequest, by: Any) -> None:
    """Whoever was asked, somebody named above them, or the executive. Raises Forbidden for everybody else."""
    if by.pk in {request.asked_by_id, request.deal.owner_id}:
        raise Forbidden("Nobody decides on their own discount.", code="own")
    if getattr(by, "is_service", False) or not by.is_active:
        raise Forbidden("A person decides on a discount, no key.", code="person")
    if not _can(by):
        raise Forbidden("A viewer reads and doesn't decide. Nothing was changed.", code="viewer")
    if by.pk == request.approver_id:
        return
    bound = DiscountAuthority.objects.filter(level=request.level).values("up_to")[:1]
    above = DiscountAuthority.objects.filter(approver=by.pk, up_to__gte=bound).exists()
    if not above and not Organisation.objects.filter(pk=1, executive=by.pk).exists():
        named = request.approver or "somebody above"
        raise Forbidden(f"{named} was asked to decide this, or somebody above them. Nothing was changed.", code="level")


def keep(rows: dict[str, dict[str, Any]], *, by: Any, at: datetime, via: str = "page") -> None:
    """Change bounds and who is named: {level: {up_to, approver}}. Bounds rise from rep to CFO. Admins only."""
    access.require(by, "administer")
    with transaction.atomic():
        kept = {row.level: row for row in DiscountAuthority.objects.select_for_update()}
        for level, said in rows.items():
            kept[level].up_to, kept[level].approver = said["up_to"], said["approver"]
        ordered = [kept[level].up_to for level in LEVELS.values]
        if any(low >= high for low, high in pairwise(ordered)):
            raise Invalid("Each level may give more than the one below it.", code="order", field="up_to")
        for row in kept.values():
            row.save(update_fields=["up_to", "approver"])
        data = {"up_to": {level: str(kept[level].up_to) for level in LEVELS.values}}
        record([Fact("discount.authority", "organisation", 1, at, by=by.pk, via=via, data=data)], now=at)
