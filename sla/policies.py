"""Which promise a lead gets: the first published line of a target whose condition holds."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leads import conditions
from revops.lib import bulk
from revops.lib.errors import Invalid
from sla.business_time import ROUND_THE_CLOCK, Calendar
from sla.models import Policy, Target
from teams import calendars
from teams.models.calendar import CalendarVersion

log = logging.getLogger("revops.sla")
FRESH_FOR = 2.0  # seconds until a published change is in force in every process

DEAL_TARGETS = frozenset([
    Target.STAGE_AGE.value, Target.NEXT_STEP.value, Target.HANDOFF_SCHEDULED.value, Target.HANDOFF_HELD.value,
])  # fmt: skip
LEAD_TARGETS = frozenset(Target.values) - {Target.HANDOFF_SCHEDULED.value, Target.HANDOFF_HELD.value}

_kept: tuple[float, list[tuple[Policy, conditions.Sql]]] | None = None
_pinned: dict[int, Policy] = {}


def published() -> list[tuple[Policy, conditions.Sql]]:
    """The lines in force, in order, each with its condition as SQL; at most two seconds old."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > FRESH_FOR:
        lines = list(
            Policy.objects.filter(policy_set__state="published").order_by("position").prefetch_related("steps")
        )
        _kept = (time.monotonic(), [(line, sql) for line in lines if (sql := _readable(line)) is not None])
    return _kept[1]


def pinned(ids: Iterable[int]) -> dict[int, Policy]:
    """Lines by id, whatever became of their version since: what was once published never changes."""
    wanted = set(ids)
    if wanted - _pinned.keys():
        _pinned.update({line.pk: line for line, _ in published()})
    if missing := wanted - _pinned.keys():
        _pinned.update(Policy.objects.prefetch_related("steps").in_bulk(missing))
    return {pk: _pinned[pk] for pk in wanted if pk in _pinned}


def forget() -> None:
    """After publishing in this process, and between tests."""
    global _kept
    _kept = None
    _pinned.clear()


@dataclass(slots=True)
class Terms:
    """What is promised for one lead or deal: a line for each target, and whose hours count.

    `outbound`: sales found this lead and it raised no hand, so there is nothing to answer."""

    subject_id: int
    owner_id: int | None
    lines: dict[str, Policy]
    team_calendar: CalendarVersion | None
    named: Mapping[int, CalendarVersion]
    outbound: bool = False

    def calendar(self, line: Policy) -> CalendarVersion | None:
        """None = round the clock. A line of a former version may name a calendar that today's lines do not."""
        if line.hours == "always":
            return None
        if line.hours == "team":
            return self.team_calendar
        named = self.named.get(line.calendar_id)
        return named or calendars.current_versions([line.calendar_id])[line.calendar_id]


LEADS = """leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = p.company_id
           LEFT JOIN marketing_channel k ON k.code = l.source_id"""
DEALS = """deals_deal s LEFT JOIN leads_lead l ON l.id = s.lead_id LEFT JOIN leads_person p ON p.id = s.person_id
           LEFT JOIN leads_company c ON c.id = s.company_id"""


def terms(lead_ids: Sequence[int], *, as_of: datetime) -> dict[int, Terms]:
    """Match every lead against every target in one statement; conditions see the record as it stands."""
    outbound = "coalesce(k.side = 'sales' AND l.hand_raise = '', false)"
    return _terms(LEADS, "l", LEAD_TARGETS, lead_ids, outbound=outbound, as_of=as_of)


def deal_terms(deal_ids: Sequence[int], *, as_of: datetime) -> dict[int, Terms]:
    """The same for deals: conditions see the deal's lead, person and company; the hours are its owner's team's."""
    return _terms(DEALS, "s", DEAL_TARGETS, deal_ids, outbound="false", as_of=as_of)


def _terms(
    subjects: str, alias: str, known: frozenset[str], ids: Sequence[int], *, outbound: str, as_of: datetime
) -> dict[int, Terms]:
    lines = [(line, sql) for line, sql in published() if line.target in known]
    targets = sorted({line.target for line, _ in lines})
    params: dict = {"as_of": as_of, "ids": list(ids)}
    cases = []
    for target in targets:
        whens = []
        for line, sql in lines:
            if line.target == target:
                params |= sql.params
                whens.append(f"WHEN ({sql.text}) IS TRUE THEN {int(line.pk)}")
        cases.append(f"CASE {' '.join(whens)} END")
    found = bulk.query(
        f"""
        SELECT {alias}.id, {alias}.owner_id, {", ".join([*cases, "cv.id"])}, cv.tz, cv.weekly::text, cv.closed::text,
               {outbound}
          FROM {subjects}
          LEFT JOIN teams_user u ON u.id = {alias}.owner_id LEFT JOIN teams_team t ON t.id = u.team_id
          LEFT JOIN LATERAL (
              SELECT v.* FROM teams_calendarversion v
               WHERE v.calendar_id = coalesce(t.calendar_id, (SELECT calendar_id FROM teams_organisation WHERE id = 1))
               ORDER BY v.number DESC LIMIT 1) cv ON true
         WHERE {alias}.id = ANY (%(ids)s)""",
        params,
    )
    by_id = {line.pk: line for line, _ in lines}
    wanted = {line.calendar_id for line, _ in lines if line.hours == "calendar"}
    named = calendars.current_versions(wanted) if wanted else {}
    answers = {}
    for subject_id, owner_id, *picked, version, tz, weekly, closed, found_by_sales in found:
        calendar = None
        if version is not None:
            calendar = CalendarVersion(pk=version, tz=tz, weekly=bulk.loads(weekly), closed=bulk.loads(closed))
        chosen = {target: by_id[pk] for target, pk in zip(targets, picked, strict=False) if pk is not None}
        answers[subject_id] = Terms(subject_id, owner_id, chosen, calendar, named, found_by_sales)
    return answers


def _readable(line: Policy) -> conditions.Sql | None:
    """None for a line whose attribute was taken away since: the next line applies, and no lead is turned away."""
    try:
        return conditions.compile(line.condition, prefix=f"line{line.pk}")
    except Invalid as wrong:
        log.error("Policy line %s is passed over: %s", line.pk, wrong.detail)
        return None


def hours(version: CalendarVersion | None) -> Calendar:
    return version.hours() if version is not None else ROUND_THE_CLOCK


def ladder(line: Policy) -> tuple[tuple[int, int | None], ...]:
    """((level, open seconds after due or None), …) of a line, in order; asked of the database once a line object."""
    kept = line.__dict__.get("_ladder")
    if kept is None:
        steps = sorted(line.steps.all(), key=lambda step: step.level)
        kept = line.__dict__["_ladder"] = tuple((step.level, step.after) for step in steps)
    return kept
