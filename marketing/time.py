"""What people's time costs: an hourly rate a role from a day on, minutes a touch usually takes, hours of a month."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from journal.record import Fact, record
from marketing.models import EffortNorm, LoadedRate, SalesHours
from marketing.spend_rights import require_hours, require_spend
from revops.lib.errors import Invalid, Refused
from teams import access
from teams.models import Organisation, Role, User

PAID = [Role.SALES, Role.SUCCESS, Role.MARKETING, Role.ADMIN]
KINDS = {
    "call": "Call", "email": "E-mail", "sms": "Text message", "linkedin": "LinkedIn message", "meeting": "Meeting",
    "invite": "Invitation", "note": "Note", "other": "Other",
}  # fmt: skip
LONGEST_MONTH = Decimal(744)


def set_rate(*, role: str, hourly: int, currency: str, from_on: date, by: Any, at: datetime, via: str = "page") -> None:
    """What an hour of `role` costs from that day on, in minor units. The same day said again is corrected."""
    require_spend(by)
    if role not in PAID:
        raise Invalid("Choose a role whose time is paid.", field="role")
    if not 0 < hourly <= 10**8:
        raise Invalid("Give what an hour costs, everything included.", field="hourly")
    with transaction.atomic():
        row, _ = LoadedRate.objects.update_or_create(
            role=role, from_on=from_on, defaults={"hourly": hourly, "currency": currency}
        )
        record([Fact("rate.set", "rate", row.pk, at, by.pk, via, {"role": role, "hourly": hourly})], now=at)


def drop_rate(pk: int, *, by: Any, at: datetime, via: str = "page") -> None:
    """The rate before it counts again. Dropping what is gone is done already."""
    require_spend(by)
    with transaction.atomic():
        row = LoadedRate.objects.select_for_update().filter(pk=pk).first()
        if row is not None:
            said = {"role": row.role, "hourly": row.hourly, "from": row.from_on.isoformat()}
            row.delete()
            record([Fact("rate.dropped", "rate", pk, at, by.pk, via, said)], now=at)


def set_norms(norms: Mapping[str, int | None], *, by: Any, at: datetime, via: str = "page") -> None:
    """Minutes a touch of a kind takes when nobody said; None or 0: none, such touches count only with their own."""
    require_spend(by)
    for kind, minutes in norms.items():
        if kind not in KINDS:
            raise Invalid(f"There is no kind of touch {kind[:40]}.", field=kind[:40])
        if minutes is not None and not 0 <= minutes <= 600:
            raise Invalid("Give minutes from 0 to 600.", field=kind)
    with transaction.atomic():
        had = dict(EffortNorm.objects.select_for_update().values_list("kind", "minutes"))
        changed = {kind: minutes or None for kind, minutes in norms.items() if had.get(kind) != (minutes or None)}
        for kind, minutes in changed.items():
            if minutes is None:
                EffortNorm.objects.filter(kind=kind).delete()
            else:
                EffortNorm.objects.update_or_create(kind=kind, defaults={"minutes": minutes})
        if changed:
            record([Fact("norms.set", "norms", 1, at, by.pk, via, {"minutes": changed})], now=at)


def keep_hours(hours: Mapping[User, Decimal | None], *, month: date, by: Any, at: datetime, via: str = "page") -> int:
    """Hours each sold in the month that begins on `month`; None takes them out. How many changed. All or none."""
    for user, said in hours.items():
        require_hours(by, user)
        if said is not None and not 0 <= said <= LONGEST_MONTH:
            raise Invalid(f"A month has at most {LONGEST_MONTH} hours.", field=f"hours-{user.pk}")
        if user.is_service:
            raise Refused("A key works no hours.", field="user")
    month = month.replace(day=1)
    with transaction.atomic():
        had = {row.user_id: row for row in SalesHours.objects.select_for_update().filter(month=month, user__in=hours)}
        facts = []
        for user, said in hours.items():
            row = had.get(user.pk)
            if (row.hours if row else None) == said:
                continue
            if said is None and row:
                pk, _ = row.pk, row.delete()
            else:
                pk = SalesHours.objects.update_or_create(
                    month=month, user=user, defaults={"hours": said, "recorded_at": at, "by": by}
                )[0].pk
            data = {"user": user.pk, "month": month.isoformat(), "was": str(row.hours) if row else None,
                    "now": None if said is None else str(said)}  # fmt: skip
            facts.append(Fact("hours.kept", "hours", pk, at, by.pk, via, data))
        record(facts, now=at)
    return len(facts)


def set_margin(percent: Decimal | None, *, by: Any, at: datetime, via: str = "page") -> Organisation:
    """Gross margin in percent of revenue; None: unknown. For administrators."""
    access.require(by, "administer")
    if percent is not None and not 0 < percent <= 100:
        raise Invalid("A gross margin is more than 0 and at most 100 percent.", field="percent")
    with transaction.atomic():
        company, _ = Organisation.objects.select_for_update().get_or_create(id=1)
        if company.gross_margin != percent:
            was = None if company.gross_margin is None else str(company.gross_margin)
            company.gross_margin = percent
            company.save(update_fields=["gross_margin"])
            said = {"was": was, "now": None if percent is None else str(percent)}
            record([Fact("company.margin", "company", 1, at, by.pk, via, said)], now=at)
    return company
