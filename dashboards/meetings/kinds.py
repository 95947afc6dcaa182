"""The kinds of meetings there are, and what an agenda is made of."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.module_loading import import_string

from revops.lib.errors import Invalid
from teams.models import Organisation


@dataclass(frozen=True, slots=True)
class Fact:
    """A number in words. `tone`: ok, warn, late or nothing; `href`: the rows behind it, at the as-of; `was`: what it
    was at the review before, if another."""

    key: str
    name: str
    value: str
    note: str = ""
    tone: str = ""
    href: str = ""
    was: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Screen:
    """One slide of an agenda, before it is frozen. `deal`: whose screen it is; `detail`: all that it draws besides
    (`deal_screen`), by ids where it would name somebody who may ask to be forgotten."""

    key: str
    title: str
    facts: list[Fact] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    deal: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agenda:
    """`versions`: {"definition": 6, "model": 3, "promises": 7}."""

    as_of: datetime
    screens: list[Screen]
    versions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """`agenda`: dotted path of `(period, *, now, organisation, as_of=None) -> Agenda`; `live`: the page of the numbers
    as they are now, `{period}` filled in; `every`: week, month or quarter; `changed`: dotted path of `(slides, *, now)
    -> {slide: keys of facts that are others by now}`, where asking for the whole agenda again would cost too much;
    `past`: whether it can be frozen as of an earlier moment."""

    code: str
    name: str
    agenda: str
    live: str
    minutes: int = 30
    every: str = "month"
    changed: str = ""
    past: bool = True

    def build(
        self, period: date, *, now: datetime, organisation: Organisation, as_of: datetime | None = None
    ) -> Agenda:
        make: Callable[..., Agenda] = import_string(self.agenda)
        return make(period, now=now, organisation=organisation, as_of=as_of)

    def live_href(self, period: date) -> str:
        return self.live.format(period=f"{period:%Y-%m}")

    def begins(self, day: date) -> date:
        """The first day of the week, month or quarter `day` lies in."""
        if self.every == "week":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1, month=day.month - (day.month - 1) % 3 if self.every == "quarter" else day.month)

    def usual(self, today: date) -> date:
        """What one reviews today: this week, or the month or quarter that is over."""
        this = self.begins(today)
        return this if self.every == "week" else self.begins(this - timedelta(days=1))

    def called(self, period: date) -> str:
        """Weekly pipeline review, 30 Nov 2026 · Monthly SLA review, November 2026 · … , Q4 2026"""
        if self.every == "week":
            return f"{self.name}, {period.day} {period:%b %Y}"
        return f"{self.name}, " + (
            f"Q{(period.month + 2) // 3} {period.year}" if self.every == "quarter" else f"{period:%B %Y}"
        )


KINDS = {
    kind.code: kind
    for kind in (
        Kind("pipeline", "Weekly pipeline review", "dashboards.meetings.pipeline_review.agenda", "/deals/",
             every="week", changed="dashboards.meetings.pipeline_review.changed", past=False),
        Kind("sla", "Monthly SLA review", "dashboards.meetings.sla_review.agenda", "/scoreboard/{period}/", minutes=45),
        Kind("quarter", "Quarterly review", "dashboards.meetings.quarter_review.agenda", "/definitions/", minutes=60,
             every="quarter", past=False),
    )
}  # fmt: skip


def of(code: str) -> Kind:
    """Raises Invalid for a kind there is not."""
    if code not in KINDS:
        raise Invalid(f"A meeting is one of: {', '.join(KINDS)}.", code="invalid_choice", field="kind")
    return KINDS[code]
