"""The kinds of meetings there are, and what an agenda is made of."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.module_loading import import_string

from revops.lib.errors import Invalid
from teams.models import Organisation


@dataclass(frozen=True, slots=True)
class Fact:
    """A number in words. `tone`: ok, warn, late or nothing; `href`: the rows behind it, at the as-of."""

    key: str
    name: str
    value: str
    note: str = ""
    tone: str = ""
    href: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Screen:
    """One slide of an agenda, before it is frozen."""

    key: str
    title: str
    facts: list[Fact] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Agenda:
    """`versions`: {"definition": 6, "model": 3, "promises": 7}."""

    as_of: datetime
    screens: list[Screen]
    versions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """`agenda`: dotted path of `(period, *, now, organisation, as_of=None) -> Agenda`; `live`: the page of the numbers
    as they are now, `{period}` filled in."""

    code: str
    name: str
    agenda: str
    live: str
    minutes: int = 30

    def build(
        self, period: date, *, now: datetime, organisation: Organisation, as_of: datetime | None = None
    ) -> Agenda:
        make: Callable[..., Agenda] = import_string(self.agenda)
        return make(period, now=now, organisation=organisation, as_of=as_of)

    def live_href(self, period: date) -> str:
        return self.live.format(period=f"{period:%Y-%m}")


KINDS = {
    kind.code: kind
    for kind in (
        Kind("sla", "Monthly SLA review", "dashboards.meetings.sla_review.agenda", "/scoreboard/{period}/", minutes=45),
    )
}


def of(code: str) -> Kind:
    """Raises Invalid for a kind there is not."""
    if code not in KINDS:
        raise Invalid(f"A meeting is one of: {', '.join(KINDS)}.", code="invalid_choice", field="kind")
    return KINDS[code]
