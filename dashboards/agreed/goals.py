"""Joint goals: proposed by one side, agreed by both, with their pace. Once reached, both are told.

Pace: share of the target reached ÷ share of the period's weekdays gone (DOMAIN 1.3, MKT_VOLUME, for any goal).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import IntegrityError, transaction

from dashboards import arithmetic, sheet, told
from dashboards.agreed.models import Goal
from dashboards.filters import Filters
from dashboards.kpis import registry, say
from dashboards.kpis.base import Figure, Kpi
from journal.record import Fact, record
from revops.lib import words
from revops.lib.errors import Forbidden, Invalid, Refused
from scoring import approving
from teams import access
from teams.models import Organisation

BEHIND = Fraction(9, 10)
# What adds up over a period and so has a pace; a rate, an average or what stands open is held against its target.
GATHERS = frozenset([
    "pipeline-generated", "marketing-sourced-pipeline", "marketing-influenced-pipeline", "sales-accepted-pipeline",
    "won-amount", "attributed-revenue", "mrr-movements", "qualified-leads", "mql-volume",
])  # fmt: skip
GROWS = "net-revenue-retention"  # a share that can be more than 100%


@dataclass(frozen=True, slots=True)
class Standing:
    """A goal as it stands at `as_of`. `value`, `target` in the KPI's unit; `share` of the target; `gone`: share of the
    weekdays; `pace`: None before the first weekday is over, or for rates. `tone`: ok, warn, or nothing."""

    goal: Goal
    kpi: Kpi
    figure: Figure
    currency: str
    target: Decimal
    share: Fraction | None
    gone: Fraction
    pace: Fraction | None
    href: str
    as_of: datetime

    @property
    def agreed(self) -> bool:
        return self.goal.marketing_at is not None and self.goal.sales_at is not None

    @property
    def reached(self) -> bool:
        return self.share is not None and self.share >= 1

    @property
    def tone(self) -> str:
        if self.reached:
            return "ok"
        judged = self.pace if self.pace is not None else self.share
        return "" if judged is None else "warn" if judged < BEHIND else "ok"

    @property
    def value_text(self) -> str:
        return say.value(self.figure.value, self.kpi.unit, self.currency, short=True)

    @property
    def target_text(self) -> str:
        return say.value(self.target if self.kpi.unit != "count" else int(self.target), self.kpi.unit, self.currency,
                         short=True)  # fmt: skip

    @property
    def pace_text(self) -> str:
        """1.09 of pace; a rate has none."""
        return f"{words.number(say.exact(self.pace, 2), 2)} of pace" if self.pace is not None else ""

    @property
    def period(self) -> str:
        """this quarter, this month, or the days."""
        first, last = self.goal.starts_on, self.goal.ends_on
        days = (last - first).days + 1
        if 89 <= days <= 92:
            return "this quarter"
        return "this month" if 28 <= days <= 31 else words.period(first, last)


def standing(now: datetime, *, on: date | None = None) -> list[Standing]:
    """The goals whose period holds today (or `on`), those both agreed on first; numbers come from one sheet a goal."""
    organisation = Organisation.get()
    day = on or organisation.today(now)
    goals = Goal.objects.filter(ended_at=None, starts_on__lte=day, ends_on__gte=day).order_by("starts_on", "id")
    found = [_standing(goal, day, now=now, organisation=organisation) for goal in goals]
    return sorted((s for s in found if s), key=lambda s: not s.agreed)


def of(goal: Goal, *, now: datetime) -> Standing | None:
    """As it stands today, or as it ended."""
    organisation = Organisation.get()
    return _standing(goal, min(organisation.today(now), goal.ends_on), now=now, organisation=organisation)


def joint(now: datetime) -> Standing | None:
    """The goal that both sides agreed on and that ends first: what the wall and the first card show."""
    agreed = [s for s in standing(now) if s.agreed]
    return min(agreed, key=lambda s: (s.kpi.key != "sales-accepted-pipeline", s.goal.ends_on), default=None)


def target_of(kpi: str, *, on: date) -> Goal | None:
    """The agreed goal of a KPI on that day: what coverage is measured against."""
    return Goal.objects.filter(
        kpi=kpi, ended_at=None, starts_on__lte=on, ends_on__gte=on, marketing_at__isnull=False, sales_at__isnull=False
    ).order_by("-starts_on").first()  # fmt: skip


def _standing(goal: Goal, day: date, *, now: datetime, organisation: Organisation) -> Standing | None:
    kpi = registry.find(goal.kpi)
    if kpi is None or day < goal.starts_on:
        return None
    filters = Filters(goal.starts_on, min(day, goal.ends_on), organisation.timezone, compare="none")
    found = sheet.opened(filters, now=now, organisation=organisation)
    figure = found.answer(kpi).figure
    target = goal.target
    share = None if figure.value is None else Fraction(say.exact(figure.value, 9)) / Fraction(target)
    gone = Fraction(
        arithmetic.weekdays(goal.starts_on, filters.end), arithmetic.weekdays(goal.starts_on, goal.ends_on) or 1
    )
    pace = share / gone if share is not None and gone and kpi.key in GATHERS else None
    href = told.rows_href(found, kpi.key)
    return Standing(goal, kpi, figure, found.currency, target, share, gone, pace, href, found.as_of)


# --- verbs --------------------------------------------------------------------


def propose(
    kpi: str, *, name: str, target: Decimal, starts_on: date, ends_on: date, by: Any, at: datetime, via: str = "page"
) -> Goal:
    """A goal, agreed by the proposer's own side at once. `target` in the KPI's unit (minor units for money).

    Raises Forbidden for viewers; Invalid naming kpi, name, target, starts_on or ends_on; Refused while there is one of
    this KPI over these days.
    """
    _may(by)
    which = registry.find(kpi)
    if which is None:
        raise Invalid("Choose one of the KPIs.", code="unknown", field="kpi")
    name = " ".join(name.split())[:80] or which.name
    if not target > 0 or target >= Decimal(10) ** 14:
        raise Invalid("A goal is more than nothing.", code="out_of_range", field="target")
    if which.better == "lower":
        raise Invalid(
            f"{which.name} is better the lower it is: a goal is a number to reach.", code="lower", field="kpi"
        )
    if which.unit == "share" and target > 1 and which.key != GROWS:
        raise Invalid("A share is at most 100%.", code="out_of_range", field="target")
    if ends_on < starts_on:
        raise Invalid("The period ends before it begins.", code="order", field="ends_on")
    if (ends_on - starts_on).days > 400:
        raise Invalid("A goal is for a year at most.", code="too_long", field="ends_on")
    try:
        with transaction.atomic():
            goal = Goal.objects.create(
                kpi=which.key, name=name, target=target, starts_on=starts_on, ends_on=ends_on, made_by=by, made_at=at
            )
            data = {"kpi": which.key, "target": str(target), "from": starts_on.isoformat(), "to": ends_on.isoformat()}
            record([Fact("goal.proposed", "goal", goal.pk, at, by=by.pk, via=via, data=data)], now=at)
    except IntegrityError:
        raise Refused("There is a goal for this KPI and these days already. End it first.", code="exists") from None
    own = approving.sides_of(by)
    return agree(goal, side=own[0].value, by=by, at=at, via=via) if len(own) == 1 else goal


def agree(goal: Goal, *, side: str, by: Any, at: datetime, via: str = "page") -> Goal:
    """One side's yes. Twice is once; two sides are two people. Raises as `scoring.approving.check` does."""
    with transaction.atomic():
        row = Goal.objects.select_for_update().get(pk=goal.pk)
        if row.ended_at is not None:
            raise Refused("This goal was ended.", code="ended")
        if approving.check(by, side, _given(row)):
            setattr(row, f"{side}_at", at)
            setattr(row, f"{side}_by", by)
            row.save(update_fields=[f"{side}_at", f"{side}_by"])
            record([Fact("goal.agreed", "goal", row.pk, at, by=by.pk, via=via, data={"side": side})], now=at)
    return row


def end(goal: Goal, *, by: Any, at: datetime, via: str = "page") -> Goal:
    """It holds no longer; what was reached stays readable. Twice is once."""
    _may(by)
    with transaction.atomic():
        if Goal.objects.filter(pk=goal.pk, ended_at=None).update(ended_at=at):
            record([Fact("goal.ended", "goal", goal.pk, at, by=by.pk, via=via)], now=at)
    goal.refresh_from_db()
    return goal


@dataclass(frozen=True, slots=True)
class _Yes:
    side: str
    by_id: int
    at: datetime


def _given(goal: Goal) -> list[_Yes]:
    return [
        _Yes(side, by, at)
        for side, by, at in (
            ("marketing", goal.marketing_by_id, goal.marketing_at), ("sales", goal.sales_by_id, goal.sales_at),
        )
        if by is not None and at is not None
    ]  # fmt: skip


def _may(by: Any) -> None:
    if not access.may(by, "administer") and not approving.sides_of(by):
        raise Forbidden("Sales, marketing and administrators set goals.", code="role")
