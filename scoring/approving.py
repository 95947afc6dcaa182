"""Two sides agree: who may say yes for marketing and who for sales, the same for definitions and for the ICP.

Marketing is spoken for by people of the role marketing and by the managers of marketing teams; sales likewise. A RevOps
administrator proposes and does not approve, unless they manage a team of that side. Two sides are two people.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from revops.lib.errors import Forbidden, Invalid, Refused
from scoring.models import Side
from teams.models import Role, Team, TeamKind, User

ROLES = {Side.MARKETING: Role.MARKETING, Side.SALES: Role.SALES}
KINDS = {Side.MARKETING: TeamKind.MARKETING, Side.SALES: TeamKind.SALES}


class Yes(Protocol):
    """A row of an approval: of one side, by one person."""

    side: str
    by_id: int
    at: datetime


def sides_of(user: Any) -> list[Side]:
    """The sides `user` speaks for, marketing first; at most one query. Keys and people who have left speak for none."""
    if user is None or not getattr(user, "is_active", False) or getattr(user, "is_service", True):
        return []
    managed = set(Team.objects.filter(manager=user).values_list("kind", flat=True))
    return [side for side in Side if user.role == ROLES[side] or KINDS[side].value in managed]


def check(by: Any, side: str, given: Iterable[Yes]) -> bool:
    """Whether the yes of `by` for `side` is still to be written (False: they said it already).

    `given`: the approvals so far. Raises Invalid for no such side, Forbidden for whoever does not speak for it, Refused
    (code `taken`) when somebody else said it, (code `same_person`) when they spoke for the other side.
    """
    if side not in Side.values:
        raise Invalid("Say marketing or sales.", code="not_a_choice", field="side")
    named = Side(side)
    if named not in sides_of(by):
        raise Forbidden(
            f"Somebody of {named.label.lower()}, or who manages a {named.label.lower()} team, approves for "
            f"{named.label.lower()}. Nothing was changed.",
            code="not_your_side",
        )
    for yes in given:
        if yes.side == named and yes.by_id == by.pk:
            return False
        if yes.side == named:
            raise Refused(f"{named.label} has approved this already.", code="taken")
        if yes.by_id == by.pk:
            raise Refused("The other side is another person: you have approved for one already.", code="same_person")
    return True


def complete(given: Iterable[Yes]) -> bool:
    """Both sides, by two people."""
    by = {yes.side: yes.by_id for yes in given}
    return by.keys() >= set(Side.values) and len(set(by.values())) == len(by)


def asked(side: str) -> list[User]:
    """Whose yes is waited for: the managers of the side's teams; where there are none, everybody of its role."""
    managers = User.objects.active().filter(manages__kind=KINDS[Side(side)]).distinct()
    return list(managers.order_by("name")) or list(
        User.objects.active().filter(role=ROLES[Side(side)]).order_by("name")
    )
