"""What a side promises for a period, where no clock of one lead could say it: in force, and committed anew."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid
from sla.models import Commitment
from teams import access
from teams.models import Team, TeamKind, User

SIDES = {
    "volume": "marketing", "quality": "marketing", "overrides": "marketing", "rejection": "both",
    "rubber_stamp": "both", "feedback": "sales",
}  # fmt: skip
MOST = Decimal(99_999_999)


def in_force(day: date) -> dict[str, Commitment]:
    """{key: the newest row that starts on or before `day`}; before the first row of a key, that first one, except for
    the quota, which binds nobody before it was made. One query."""
    found: dict[str, Commitment] = {}
    for row in Commitment.objects.order_by("starts_on", "id").select_related("made_by"):
        if row.starts_on <= day or (row.key not in found and row.key != "volume"):
            found[row.key] = row
    return found


def may_commit(user: Any) -> bool:
    """Administrators, and who manages a sales or a marketing team: a promise between the two sides is theirs."""
    if access.may(user, "administer"):
        return True
    return not user.is_service and Team.objects.filter(
        manager=user, kind__in=[TeamKind.SALES, TeamKind.MARKETING]
    ).exists()  # fmt: skip


def commit(
    key: str, *, goal: Decimal, inputs: dict[str, Any], starts_on: date, by: User, at: datetime, note: str = "",
    via: str = "page",
) -> Commitment:  # fmt: skip
    """A new row; what was promised before stays as it was. The same promise twice is kept once.

    Raises Forbidden, or Invalid naming the field.
    """
    if not may_commit(by):
        raise Forbidden(
            "A promise of both sides is made by an administrator or the manager of a sales or marketing team.",
            code="role",
        )
    if key not in SIDES:
        raise Invalid(f"A promise is one of: {', '.join(SIDES)}.", code="invalid_choice", field="key")
    most = MOST if key in {"volume", "overrides"} else Decimal(100)
    if not 0 <= goal <= most:
        raise Invalid(f"Give a number from 0 to {most:,}.", code="out_of_range", field="goal")
    with transaction.atomic():
        same = Commitment.objects.select_for_update().filter(key=key, starts_on__lte=starts_on)
        last = same.order_by("-starts_on", "-id").first()
        if last and (last.goal, last.inputs, last.starts_on) == (goal, inputs, starts_on):
            return last
        made = Commitment.objects.create(
            key=key, side=SIDES[key], goal=goal, inputs=inputs, starts_on=starts_on, made_at=at, made_by=by, note=note
        )
        data = {"key": key, "goal": str(goal), "starts_on": starts_on.isoformat()}
        record([Fact("commitment.made", "commitment", made.pk, at, by=by.pk, via=via, data=data)], now=at)
    return made
