"""A pool at the moment of a decision: who could take the next lead, who is passed over for what, whose turn it is."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.models.stage import OPEN_STAGES
from leads.rotation import take_turn
from revops.lib import bulk
from teams import shifts


@dataclass(slots=True)
class Member:
    """`open`: their open leads, counted only when they have a cap; this batch's are added as they are given.
    `benched`: no new leads until their manager says so."""

    user: int
    weight: int
    cap: int | None
    shift: shifts.ShiftState
    open: int = 0
    benched: bool = False

    @property
    def full(self) -> bool:
        return self.cap is not None and self.open >= self.cap


@dataclass(slots=True)
class Desk:
    """One pool with its members in list order, and after `lock` its rotation."""

    id: int
    members: list[Member] = field(default_factory=list)
    standing: dict[int, int] | None = None
    moved: bool = False
    _choices: dict[tuple, tuple[list[tuple[int, int]], dict[str, Any]]] = field(default_factory=dict)

    def pick(
        self, passed_over: Collection[int], *, ignore_caps: bool = False, at_once: bool = False
    ) -> tuple[int, dict[str, Any]] | None:
        """The user next in turn but for `passed_over`, and the part of `why` that says who was left out; None when
        nobody can. `why` is shared between picks: not to be changed.

        On shift first; when nobody is, those whose shift starts soonest, unless it must be somebody `at_once`. Never
        anybody on leave, benched or gone.
        """
        assert self.standing is not None, "a pool is locked before anybody takes a turn"
        barred = frozenset(member.user for member in self.members if member.user in passed_over)
        full = frozenset(member.user for member in self.members if member.full and not ignore_caps)
        if (barred, full, at_once) not in self._choices:
            self._choices[barred, full, at_once] = self._choose(barred, full, at_once)
        eligible, why = self._choices[barred, full, at_once]
        if not eligible:
            return None
        winner = take_turn(self.standing, eligible)
        self.moved = True
        member = next(member for member in self.members if member.user == winner)
        if ignore_caps and member.full:
            why = {**why, "over_cap": True}
        member.open += 1
        return winner, why

    def _choose(
        self, barred: frozenset[int], full: frozenset[int], at_once: bool
    ) -> tuple[list[tuple[int, int]], dict[str, Any]]:
        skipped: dict[str, str] = {}
        able = []
        for member in self.members:
            reason = member.shift.reason if member.shift.reason != "off_shift" else ""
            reason = reason or ("benched" if member.benched else "")
            reason = reason or ("previous" if member.user in barred else "cap" if member.user in full else "")
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
        return [(member.user, member.weight) for member in chosen], why


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
    rows = bulk.query(
        f"SELECT m.pool_id, m.user_id, m.weight, m.cap, u.benched_at, {shifts.COLUMNS} FROM leads_poolmember m "
        f"JOIN teams_user u ON u.id = m.user_id AND NOT u.is_service {shifts.JOINS} "
        "WHERE m.pool_id = ANY(%(pools)s) ORDER BY m.pool_id, m.position, m.id",
        {"pools": list(desks), "as_of": at},
    )
    for pool, user, weight, cap, benched_at, *hours in rows:
        member = Member(user, weight, cap, shifts.state(hours, at=at), benched=benched_at is not None)
        desks[pool].members.append(member)
    return desks


def lock(desks: Mapping[int, Desk], pools: Collection[int]) -> None:
    """Take the turn of these pools, in the order everybody takes them; held until the transaction ends.

    Members with a cap are counted afterwards, when nobody else can give them a lead from the same pool.
    """
    asked = sorted(pool for pool in pools if desks[pool].standing is None)
    if not asked:
        return
    text = "SELECT pool_id, current::text FROM leads_rotation WHERE pool_id = ANY(%s) ORDER BY pool_id FOR UPDATE"
    rows = bulk.query(text, [asked])
    if len(rows) < len(asked):
        # A pool that nobody has taken a turn in yet.
        new = "INSERT INTO leads_rotation (pool_id, current) SELECT unnest(%s::bigint[]), '{}' ON CONFLICT DO NOTHING"
        bulk.run([(new, [asked])])
        rows = bulk.query(text, [asked])
    for pool, current in rows:
        kept = {member.user for member in desks[pool].members}
        desks[pool].standing = {int(user): at for user, at in json.loads(current).items() if int(user) in kept}
    _count_open([member for pool in asked for member in desks[pool].members if member.cap is not None])


def save(desks: Iterable[Desk]) -> None:
    """Keep the standings that moved, in one statement."""
    moved = [(desk.id, {str(user): at for user, at in (desk.standing or {}).items()}) for desk in desks if desk.moved]
    if moved:
        relation, params = bulk.source({"pool_id": "bigint", "current": "jsonb"}, moved)
        text = f"UPDATE leads_rotation r SET current = v.current::jsonb FROM {relation} WHERE r.pool_id = v.pool_id"
        bulk.run([(text, params)])


def _count_open(capped: list[Member]) -> None:
    if not capped:
        return
    counts = dict(
        bulk.query(
            "SELECT owner_id, count(*) FROM leads_lead WHERE owner_id = ANY(%s) AND stage = ANY(%s) GROUP BY owner_id",
            [[member.user for member in capped], [str(stage.value) for stage in OPEN_STAGES]],
        )
    )
    for member in capped:
        member.open = counts.get(member.user, 0)
