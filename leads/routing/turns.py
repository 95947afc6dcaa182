"""A pool at the moment of a decision: who could take the next lead, who is passed over for what, whose turn it is."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.models.stage import OPEN_STAGES
from leads.routing.rotation import take_turn
from revops.lib import bulk
from teams import shifts

LEAST_LOADED = "least_loaded"
# What a pool gave, of the causes of ownership: it counts against a member's day and week.
GIVEN = ["rule", "fallback", "handover", "breach"]


@dataclass(slots=True)
class Load:
    """Of one user, whatever the pools: open leads and what pools gave them today and this week, as counted; `given`
    are this batch's."""

    open: int = 0
    day: int = 0
    week: int = 0
    given: int = 0


@dataclass(slots=True)
class Member:
    """`load` is counted only where a limit or the pool's method asks for it. `benched`: no new leads until their
    manager says so."""

    user: int
    weight: int
    cap: int | None
    shift: shifts.ShiftState
    benched: bool = False
    per_day: int | None = None
    per_week: int | None = None
    skills: frozenset[str] = frozenset()
    load: Load = field(default_factory=Load)

    @property
    def open(self) -> int:
        return self.load.open + self.load.given

    @property
    def full(self) -> str:
        """cap, day or week; "" when there is room."""
        limits = (("cap", self.cap, self.load.open), ("day", self.per_day, self.load.day),
                  ("week", self.per_week, self.load.week))  # fmt: skip
        return next((name for name, most, n in limits if most is not None and n + self.load.given >= most), "")

    @property
    def limited(self) -> bool:
        return not (self.cap is None and self.per_day is None and self.per_week is None)


Choice = tuple[list[Member], dict[str, Any]]


@dataclass(slots=True)
class Desk:
    """One pool with its members in list order, and after `lock` its rotation."""

    id: int
    members: list[Member] = field(default_factory=list)
    method: str = "turns"
    standing: dict[int, int] | None = None
    moved: bool = False
    _choices: dict[tuple, Choice] = field(default_factory=dict)

    def pick(
        self, passed_over: Collection[int], *, skills: frozenset[str] = frozenset(), ignore_caps: bool = False,
        at_once: bool = False,
    ) -> tuple[int, dict[str, Any]] | None:  # fmt: skip
        """The user next in turn but for `passed_over`, and the part of `why` that says who was left out; None when
        nobody can. `why` is shared between picks: not to be changed.

        On shift first; when nobody is, those whose shift starts soonest, unless it must be somebody `at_once`. Never
        anybody on leave, benched, gone or without the `skills`.
        """
        assert self.standing is not None, "a pool is locked before anybody takes a turn"
        barred = frozenset(member.user for member in self.members if member.user in passed_over)
        full = frozenset((m.user, m.full) for m in self.members if not ignore_caps and m.full)
        key = (barred, full, skills, at_once)
        if key not in self._choices:
            self._choices[key] = self._choose(barred, dict(full), skills, at_once)
        eligible, why = self._choices[key]
        if not eligible:
            return None
        winner = take_turn(self.standing, [(member.user, member.weight) for member in self._first(eligible)])
        self.moved = True
        member = next(member for member in self.members if member.user == winner)
        if ignore_caps and member.full:
            why = {**why, "over_cap": True}
        member.load.given += 1
        return winner, why

    def forget(self) -> None:
        """Shifts or benches have changed."""
        self._choices.clear()

    def _first(self, eligible: list[Member]) -> list[Member]:
        """Those who take turns: all, or where the least loaded comes first, who has the fewest open for their weight.

        Compared by cross-multiplication: no rounding decides.
        """
        if self.method != LEAST_LOADED:
            return eligible
        least = eligible[0]
        for member in eligible:
            if member.open * least.weight < least.open * member.weight:
                least = member
        return [member for member in eligible if member.open * least.weight == least.open * member.weight]

    def _choose(self, barred: frozenset[int], full: Mapping[int, str], skills: frozenset[str], at_once: bool) -> Choice:
        skipped: dict[str, str] = {}
        able = []
        for member in self.members:
            reason = member.shift.reason if member.shift.reason != "off_shift" else ""
            reason = reason or ("benched" if member.benched else "" if skills <= member.skills else "skill")
            reason = reason or ("previous" if member.user in barred else full.get(member.user, ""))
            if reason:
                skipped[str(member.user)] = reason
            else:
                able.append(member)
        chosen, opens = _on_shift_or_next(able)
        if at_once and opens is not None:
            chosen, opens = [], None
        skipped |= {str(member.user): "off_shift" for member in able if member not in chosen}
        why: dict[str, Any] = {"eligible": [member.user for member in chosen], "skipped": skipped}
        if opens is not None:
            why["next_open"] = opens.isoformat()
        return chosen, why


def _on_shift_or_next(able: list[Member]) -> tuple[list[Member], datetime | None]:
    """Those on shift, else those whose shift starts soonest and when that is."""
    on = [member for member in able if member.shift.on]
    if on:
        return on, None
    starts = {member.user: member.shift.next_start for member in able}
    soonest = min((start for start in starts.values() if start is not None), default=None)
    return [member for member in able if soonest is not None and starts[member.user] == soonest], soonest


def load(pools: Iterable[int], *, at: datetime) -> dict[int, Desk]:
    """The named pools with members, hours and leave, in one statement."""
    desks = {pool: Desk(pool) for pool in pools}
    loads: dict[int, Load] = {}
    rows = bulk.query(
        "SELECT m.pool_id, f.method, m.user_id, m.weight, m.cap, m.per_day, m.per_week, m.skills, "
        f"u.benched_at <= %(as_of)s, {shifts.COLUMNS} FROM leads_poolmember m "
        f"JOIN leads_pool f ON f.id = m.pool_id JOIN teams_user u ON u.id = m.user_id AND NOT u.is_service "
        f"{shifts.JOINS} WHERE m.pool_id = ANY(%(pools)s) ORDER BY m.pool_id, m.position, m.id",
        {"pools": list(desks), "as_of": at},
    )
    for pool, method, user, weight, cap, per_day, per_week, skills, benched, *hours in rows:
        desks[pool].method = method
        desks[pool].members.append(
            Member(
                user, weight, cap, shifts.state(hours, at=at), bool(benched), per_day, per_week, frozenset(skills),
                loads.setdefault(user, Load()),
            )
        )  # fmt: skip
    return desks


def people(user_ids: Collection[int], *, at: datetime) -> dict[int, Member]:
    """The same of single people; those that don't exist are left out."""
    rows = bulk.query(
        f"SELECT u.id, u.benched_at <= %(as_of)s, {shifts.COLUMNS} FROM teams_user u {shifts.JOINS} "
        "WHERE u.id = ANY(%(users)s) AND NOT u.is_service",
        {"users": list(user_ids), "as_of": at},
    )
    return {user: Member(user, 1, None, shifts.state(hours, at=at), bool(benched)) for user, benched, *hours in rows}


def lock(desks: Mapping[int, Desk], pools: Collection[int], *, at: datetime, take: bool = True) -> None:
    """Take the turn of these pools, in the order everybody takes them; held until the transaction ends.

    Members with a limit are counted afterwards, when nobody else can give them a lead from the same pool. Without
    `take` it is only looked whose turn it is.
    """
    asked = sorted(pool for pool in pools if desks[pool].standing is None)
    if not asked:
        return
    text = "SELECT pool_id, current::text FROM leads_rotation WHERE pool_id = ANY(%s) ORDER BY pool_id"
    rows = bulk.query(f"{text} FOR UPDATE" if take else text, [asked])
    if take and len(rows) < len(asked):
        # A pool that nobody has taken a turn in yet.
        new = "INSERT INTO leads_rotation (pool_id, current) SELECT unnest(%s::bigint[]), '{}' ON CONFLICT DO NOTHING"
        bulk.run([(new, [asked])])
        rows = bulk.query(f"{text} FOR UPDATE", [asked])
    standing = {pool: json.loads(current) for pool, current in rows}
    for pool in asked:
        kept = {member.user for member in desks[pool].members}
        desks[pool].standing = {int(u): n for u, n in standing.get(pool, {}).items() if int(u) in kept}
    mine = [desks[pool] for pool in asked]
    asks = [m for desk in mine for m in desk.members if m.limited or desk.method == LEAST_LOADED]
    count(asks, at=at, quotas=any(m.per_day is not None or m.per_week is not None for m in asks))


def save(desks: Iterable[Desk]) -> None:
    """Keep the standings that moved, in one statement."""
    moved = [(desk.id, {str(user): at for user, at in (desk.standing or {}).items()}) for desk in desks if desk.moved]
    if moved:
        relation, params = bulk.source({"pool_id": "bigint", "current": "jsonb"}, moved)
        text = f"UPDATE leads_rotation r SET current = v.current::jsonb FROM {relation} WHERE r.pool_id = v.pool_id"
        bulk.run([(text, params)])


def count(members: Collection[Member], *, at: datetime, quotas: bool = True) -> None:
    """Fill in their loads; the day and the week only with `quotas`. One query."""
    if not members:
        return
    users = list({member.user for member in members})
    params = {"users": users, "open": [str(stage.value) for stage in OPEN_STAGES], "as_of": at, "given": GIVEN}
    if quotas:
        # Weeks begin on Monday, days at midnight, in the organisation's zone.
        rows = bulk.query(
            """
            WITH began AS (
                SELECT date_trunc('day', %(as_of)s AT TIME ZONE z.tz) AT TIME ZONE z.tz AS day,
                       date_trunc('week', %(as_of)s AT TIME ZONE z.tz) AT TIME ZONE z.tz AS week
                  FROM (SELECT coalesce((SELECT timezone FROM teams_organisation WHERE id = 1), 'UTC') AS tz) z)
            SELECT u.id, (SELECT count(*) FROM leads_lead l WHERE l.owner_id = u.id AND l.stage = ANY(%(open)s)),
                   count(w.id) FILTER (WHERE w.from_at >= began.day), count(w.id)
              FROM unnest(%(users)s) u(id) CROSS JOIN began
              LEFT JOIN leads_ownership w ON w.owner_id = u.id AND w.from_at >= began.week
                   AND w.cause = ANY(%(given)s)
             GROUP BY u.id""",
            params,
        )
    else:
        rows = bulk.query(
            "SELECT owner_id, count(*), 0, 0 FROM leads_lead WHERE owner_id = ANY(%(users)s) AND stage = ANY(%(open)s) "
            "GROUP BY owner_id",
            params,
        )
    counted = {user: counts for user, *counts in rows}
    for member in members:
        member.load.open, member.load.day, member.load.week = counted.get(member.user, (0, 0, 0))
