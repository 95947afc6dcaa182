"""Everybody's turns of past leads under one plan: the same start whatever the plan, so that two plans can be compared.

In the order in which the leads came, with the hours, leave and desks of those days. Members, weights and limits are
those of today, and who is out of rotation today counts from when they left it. A desk begins with what was open on it
at `since`; a lead given here closes when it really closed. Whose turn it was then is not known: all begin anew.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

from leads.routing import deciding, turns, ways
from leads.routing.matching import Candidate, Matched
from revops.lib import bulk
from teams import shifts
from teams.models import Organisation


def kept(one: Matched) -> list[Any]:
    """What is kept of a match until the turns are taken."""
    candidates = [[c.cause, c.user, c.away, c.about] for c in one.candidates]
    return [one.company, one.rule, one.owner, candidates]


def walk(
    rows: Iterable[tuple[int, datetime, datetime | None, Sequence[Any]]], plan: ways.Plan, *, since: datetime
) -> list[deciding.Decision]:
    """One decision a row, in the order of hand-over as given: (lead, when, when it closed, what was kept of its match
    under this plan). Writes nothing. Five statements, however many leads."""
    pools = [way.pool for way in plan.ways.values() if way.pool is not None and not way.is_queue]
    desks = turns.load(pools, at=since)
    turns.lock(desks, pools, at=since, take=False)
    persons = [way.person for way in plan.ways.values() if way.person is not None]
    people = turns.people(persons, at=since) if persons else {}
    for desk in desks.values():
        desk.standing = {}  # whose turn it is today says nothing of that day
    world = _World([m for desk in desks.values() for m in desk.members], list(people.values()), since)
    decisions = []
    for lead, at, closed, found in rows:
        matched = _read(lead, found)
        decision = deciding.before_rules(matched, plan, frozenset())
        if decision is None:
            world.at(at)
            for desk in desks.values():
                desk.forget()
            way = plan.ways.get(matched.rule)
            decision = deciding.ladder(way, plan, matched, frozenset(), desks, people, False, at=at, take=False)
        if decision.owner_id is not None:
            world.given(decision.owner_id, at, closed, by_pool=decision.cause in turns.GIVEN)
        decisions.append(decision)
    return decisions


def _read(lead: int, found: Sequence[Any]) -> Matched:
    company, rule, owner, candidates = found
    # Who had it before its hand-over counts for nothing here: it is asked who would have been the first.
    return Matched(lead, company, rule, owner, tuple(Candidate(*one) for one in candidates), frozenset())


class _World:
    """The members' shifts, desks and quotas, moved through the period."""

    def __init__(self, members: list[turns.Member], people: list[turns.Member], since: datetime) -> None:
        self.members, self.everybody = members, [*members, *people]
        self.zone = ZoneInfo(Organisation.get().timezone)
        self.closings: dict[int, list[datetime]] = defaultdict(list)
        self.open: Counter[int] = Counter()
        self.days: Counter[tuple[int, Any]] = Counter()
        self.weeks: Counter[tuple[int, Any]] = Counter()
        self.benched = {member.user for member in self.everybody if member.benched}
        self.benched_at = dict(
            bulk.query(
                "SELECT id, benched_at FROM teams_user WHERE benched_at IS NOT NULL AND id = ANY (%s)",
                [[member.user for member in self.everybody]],
            )
        )
        for user, closed in bulk.query(
            """
            SELECT w.owner_id, least(w.to_at, l.rejected_at, l.recycled_at, l.disqualified_at, l.opportunity_at)
              FROM leads_ownership w JOIN leads_lead l ON l.id = w.lead_id
             WHERE w.owner_id = ANY (%(users)s) AND w.from_at < %(since)s
               AND (least(w.to_at, l.rejected_at, l.recycled_at, l.disqualified_at, l.opportunity_at) > %(since)s)
                   IS NOT FALSE""",
            {"users": list({member.user for member in members}), "since": since},
        ):
            self.given(user, since, closed, by_pool=False)

    def at(self, moment: datetime) -> None:
        day = moment.astimezone(self.zone).date()
        week = day - timedelta(days=day.weekday())
        for member in self.everybody:
            member.shift = _shift(member.shift, moment)
            since = self.benched_at.get(member.user)
            member.benched = since is not None and since <= moment
        for member in self.members:
            user, load = member.user, member.load
            closings = self.closings[user]
            while closings and closings[0] <= moment:
                heappop(closings)
                self.open[user] -= 1
            load.open, load.day, load.week = self.open[user], self.days[user, day], self.weeks[user, week]
            load.given = 0

    def given(self, user: int, at: datetime, closed: datetime | None, *, by_pool: bool) -> None:
        if closed is None or closed > at:
            self.open[user] += 1
            if closed is not None:
                heappush(self.closings[user], closed)
        if by_pool:
            day = at.astimezone(self.zone).date()
            self.days[user, day] += 1
            self.weeks[user, day - timedelta(days=day.weekday())] += 1


def _shift(shift: shifts.ShiftState, at: datetime) -> shifts.ShiftState:
    """The same person's, at another moment."""
    if shift.reason == "inactive":
        return shift
    if any(begins <= at < over for begins, over in shift.away):
        return shifts.ShiftState(False, "leave", at, shift.hours, shift.away)
    on = shift.hours.is_open(at)
    return shifts.ShiftState(on, "" if on else "off_shift", at, shift.hours, shift.away)
