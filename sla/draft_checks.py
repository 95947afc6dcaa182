"""What is wrong with a set of lines before it goes live, and which of it must not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leads import conditions
from revops.lib.errors import Invalid
from sla.draft_differences import lines_of, rungs_of
from sla.models import Hours, Policy, PolicySet, SetState, Target, Tier, Unit, Who
from teams import calendars
from teams.models import Calendar, Organisation, Team, User
from teams.models.calendar import CalendarVersion
from teams.models.people import TeamKind

YEAR = {Unit.SECONDS: 366 * 86_400, Unit.BUSINESS_DAYS: 366, Unit.DAYS: 366}


@dataclass(frozen=True, slots=True)
class Problem:
    """`line_id`: the Policy's id, None for the whole set. `text`: a sentence. `blocks`: the set can't be published."""

    line_id: int | None
    code: str
    text: str
    blocks: bool


def problems(draft: PolicySet, *, at: datetime | None = None, hits: Mapping[str, int] | None = None) -> list[Problem]:
    """In the order of the lines, those of the whole set first. `at`: when it would be published, by itself the last
    edit. `hits`: {line: how many leads it took in the last 90 days}, of a replay. A dozen queries at most."""
    moment = at or draft.edited_at or draft.published_at or draft.created_at
    assert moment is not None, "a set was made at some time"
    return of_lines(lines_of(draft), at=moment, hits=hits or {})


def of_lines(lines: Sequence[Policy], *, at: datetime, hits: Mapping[str, int]) -> list[Problem]:
    found = _catch_alls(lines)
    told, hours = _Told(), _Open(lines, at=at)
    for i, line in enumerate(lines):
        found += _amount(line) + _condition(line) + hours.of(line) + told.of(line)
        found += _reach(line, [one for one in lines[:i] if one.target == line.target], hits)
    return found


def _catch_alls(lines: Sequence[Policy]) -> list[Problem]:
    held = {line.target for line in lines if line.condition == {}}
    return [
        Problem(None, "no_catch_all", f"{target.label} has no line for everyone else.", True)
        for target in Target
        if target.value not in held
    ]


def _amount(line: Policy) -> list[Problem]:
    if line.unit == Unit.SAME_BUSINESS_DAY or line.target == Target.NEXT_STEP:  # nothing is counted, or it is agreed
        found = []
    elif not line.amount:
        found = [Problem(line.pk, "no_time", f"{_called(line)} gives no time at all.", True)]
    elif line.amount > YEAR[Unit(line.unit)]:
        found = [Problem(line.pk, "too_long", f"{_called(line)} gives more than a year.", True)]
    else:
        found = []
    if line.tier == Tier.HOT and line.pause_reasons:
        found.append(Problem(line.pk, "hot_pause", f"{_called(line)}: a hot lead's clock is never paused.", True))
    return found


def _condition(line: Policy) -> list[Problem]:
    try:
        conditions.validate(line.condition)
    except Invalid as wrong:
        return [Problem(line.pk, "unreadable", f"{_called(line)} can't be read: {wrong.detail}", True)]
    return []


class _Told:
    """Who would hear of each rung today. What is live already and reaches nobody doesn't stop another change."""

    def __init__(self) -> None:
        self.monitor = User.objects.active().filter(watches_handoffs=True).exists()
        executive = Organisation.get().executive
        self.executive = executive is not None and executive.is_active
        teams = Team.objects.filter(kind=TeamKind.SALES, members__is_active=True).distinct()
        self.unmanaged = sorted(team.name for team in teams.exclude(manager__is_active=True))
        now_live = Policy.objects.filter(policy_set__state=SetState.PUBLISHED).prefetch_related("steps")
        self.live = {frozenset(step.who) for line in now_live for step in line.steps.all()}

    def of(self, line: Policy) -> list[Problem]:
        rungs, found = rungs_of(line), []
        if not any(rung["level"] == 100 for rung in rungs):
            found.append(Problem(line.pk, "no_due_step", f"{_called(line)} tells nobody when it is due.", True))
        for rung in rungs:
            found += self._rung(line, rung)
        after = [rung["after"] for rung in rungs if rung["level"] > 100]
        if after != sorted(after):
            found.append(Problem(line.pk, "out_of_order", f"{_called(line)}: steps past due are out of order.", False))
        moves = any(rung["then"] == "reassign" for rung in rungs)
        if moves != bool(line.hops):
            said = "says how often a lead moves on, but no step moves it" if line.hops else "moves nobody: 0 hops"
            found.append(Problem(line.pk, "hops", f"{_called(line)} {said}.", False))
        return found

    def _rung(self, line: Policy, rung: Mapping[str, Any]) -> list[Problem]:
        when = _when(rung)
        if not rung["who"]:
            return [Problem(line.pk, "tells_nobody", f"{_called(line)}: the step {when} tells nobody.", True)]
        missing = [why for who in rung["who"] if (why := self._missing(who))]
        if not missing:
            return []
        alone = len(missing) == len(rung["who"])
        blocks = alone and frozenset(rung["who"]) not in self.live
        rest = "" if blocks else " Until then an administrator is told." if alone else " The others are told."
        return [Problem(line.pk, "tells_nobody" if alone else "tells_fewer",
                        f"{_called(line)}, step {when}: {'; '.join(missing)}.{rest}", blocks)]  # fmt: skip

    def _missing(self, who: str) -> str:
        if who == Who.MONITOR and not self.monitor:
            return "nobody watches hand-offs"
        if who == Who.EXECUTIVE and not self.executive:
            return "no head of revenue is named"
        if who == Who.MANAGER and self.unmanaged:
            return f"{', '.join(self.unmanaged)} {'has' if len(self.unmanaged) == 1 else 'have'} no manager"
        return ""


class _Open:
    """The calendars that lines count on, in their newest versions."""

    def __init__(self, lines: Sequence[Policy], *, at: datetime) -> None:
        self.at = at
        self.versions = calendars.current_versions()
        self.names = dict(Calendar.objects.values_list("id", "name"))
        company = Organisation.get().calendar_id
        self.teams = {company} | set(
            Team.objects.filter(members__is_active=True, calendar__isnull=False).values_list("calendar_id", flat=True)
        )

    def of(self, line: Policy) -> list[Problem]:
        if line.hours == Hours.ALWAYS:
            return []
        if line.hours == Hours.CALENDAR and line.calendar_id is None:
            return [Problem(line.pk, "never_open", f"{_called(line)} doesn't say which calendar.", True)]
        used = {line.calendar_id} if line.hours == Hours.CALENDAR else self.teams
        found = []
        for pk in sorted(pk for pk in used if pk is not None):
            version = self.versions.get(pk)
            called = self.names.get(pk, f"calendar {pk}")
            if version is None or not version.hours().opens_within(self.at):
                text = f"{_called(line)} counts on {called}, which never opens in the next 400 days."
                found.append(Problem(line.pk, "never_open", text, True))
            elif year := self._bare_year(version):
                text = f"{called} has no holidays for {year}, so due dates there know none."
                found.append(Problem(line.pk, "no_holidays", text, False))
        return found

    def _bare_year(self, version: CalendarVersion) -> int | None:
        hours = version.hours()
        if hours.next_close(self.at) is None:  # open round the clock: no day is different
            return None
        years = sorted({self.at.year, (self.at + timedelta(days=90)).year})
        return next((year for year in years if not hours.has_closed_dates_in(year)), None)


def _reach(line: Policy, earlier: Sequence[Policy], hits: Mapping[str, int]) -> list[Problem]:
    taker = next((one for one in earlier if implies(line.condition, one.condition)), None)
    if taker is not None:
        text = f"{_called(line)} is never reached: {_called(taker)} takes everything before it."
        return [Problem(line.pk, "never_reached", text, False)]
    if earlier and hits and hits.get(str(line.line), 0) == 0:
        return [Problem(line.pk, "no_hits", f"{_called(line)} took no lead in the last 90 days.", False)]
    return []


def implies(narrow: Any, wide: Any) -> bool:
    """Whether whatever meets `narrow` surely meets `wide`. Sound, not complete: False also means "can't say"."""
    if wide == {} or _same(narrow, wide):
        return True
    if not isinstance(narrow, dict) or not isinstance(wide, dict):
        return False
    if "all" in wide:
        return all(implies(narrow, part) for part in wide["all"])
    if "any" in narrow:
        return all(implies(part, wide) for part in narrow["any"])
    if "any" in wide and any(implies(narrow, part) for part in wide["any"]):
        return True
    if "all" in narrow:
        return any(implies(part, wide) for part in narrow["all"])
    return _leaf_implies(narrow, wide)


def _leaf_implies(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> bool:
    name = narrow.get("attribute")
    if name is None or name != wide.get("attribute"):
        return False
    op, wanted, value, bound = narrow.get("op"), wide.get("op"), narrow.get("value"), wide.get("value")
    if wanted == "is_set":
        return op != "is_missing"
    if op in ("is", "in") and wanted in ("is", "in"):
        has = value if op == "in" else [value]
        room = bound if wanted == "in" else [bound]
        return isinstance(has, list) and isinstance(room, list) and all(one in room for one in has)
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (value, bound))
    if numbers and wanted == "at_least":
        return op in ("is", "at_least") and value >= bound
    if numbers and wanted == "at_most":
        return op in ("is", "at_most") and value <= bound
    return False


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def _called(line: Policy) -> str:
    return f"“{line.name}”"


def _when(rung: Mapping[str, Any]) -> str:
    if rung["level"] == 100:
        return "at due"
    if rung["level"] < 100:
        return f"at {rung['level']}%"
    minutes = -(-rung["after"] // 60)
    return f"{minutes} min past due" if minutes < 120 else f"{minutes // 60} h past due"
