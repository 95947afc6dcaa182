"""Which promise a lead gets: the first published line of a target whose condition holds."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leads import conditions
from revops.lib import bulk
from revops.lib.errors import Invalid
from sla.business_time import ROUND_THE_CLOCK, Calendar
from sla.models import Policy
from teams import calendars
from teams.models.calendar import CalendarVersion

log = logging.getLogger("revops.sla")
FRESH_FOR = 2.0  # seconds until a published change is in force in every process

_kept: tuple[float, list[tuple[Policy, conditions.Sql]]] | None = None


def published() -> list[tuple[Policy, conditions.Sql]]:
    """The lines in force, in order, each with its condition as SQL; at most two seconds old."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > FRESH_FOR:
        lines = list(
            Policy.objects.filter(policy_set__state="published").order_by("position").prefetch_related("steps")
        )
        _kept = (time.monotonic(), [(line, sql) for line in lines if (sql := _readable(line)) is not None])
    return _kept[1]


def forget() -> None:
    """After publishing in this process, and between tests."""
    global _kept
    _kept = None


@dataclass(slots=True)
class Terms:
    """What is promised for one lead: a line for each target, and whose hours count."""

    lead_id: int
    owner_id: int | None
    lines: dict[str, Policy]
    team_calendar: CalendarVersion | None
    named: Mapping[int, CalendarVersion]

    def calendar(self, line: Policy) -> CalendarVersion | None:
        """None = round the clock."""
        if line.hours == "always":
            return None
        return self.named[line.calendar_id] if line.hours == "calendar" else self.team_calendar


def terms(lead_ids: Sequence[int], *, as_of: datetime) -> dict[int, Terms]:
    """Match every lead against every target in one statement; conditions see the record as it stands."""
    lines = published()
    targets = sorted({line.target for line, _ in lines})
    params: dict = {"as_of": as_of, "ids": list(lead_ids)}
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
        SELECT l.id, l.owner_id, {", ".join(cases) or "NULL"}, cv.id, cv.tz, cv.weekly::text, cv.closed::text
          FROM leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = p.company_id
          LEFT JOIN teams_user u ON u.id = l.owner_id LEFT JOIN teams_team t ON t.id = u.team_id
          LEFT JOIN LATERAL (
              SELECT v.* FROM teams_calendarversion v
               WHERE v.calendar_id = coalesce(t.calendar_id, (SELECT calendar_id FROM teams_organisation WHERE id = 1))
               ORDER BY v.number DESC LIMIT 1) cv ON true
         WHERE l.id = ANY (%(ids)s)""",
        params,
    )
    by_id = {line.pk: line for line, _ in lines}
    wanted = {line.calendar_id for line, _ in lines if line.hours == "calendar"}
    named = calendars.current_versions(wanted) if wanted else {}
    answers = {}
    for lead_id, owner_id, *picked, version, tz, weekly, closed in found:
        calendar = None
        if version is not None:
            calendar = CalendarVersion(pk=version, tz=tz, weekly=bulk.loads(weekly), closed=bulk.loads(closed))
        chosen = {target: by_id[pk] for target, pk in zip(targets, picked, strict=False) if pk is not None}
        answers[lead_id] = Terms(lead_id, owner_id, chosen, calendar, named)
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
