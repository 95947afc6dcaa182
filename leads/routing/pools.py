"""Who takes turns: pools and their members, in force at once and for every version of the rules.

Only RevOps administrators, and keys with the scope admin. Every change is a fact about the pool with what was before.
Nothing here moves anybody's turn: who joins begins at nought, who comes back stands where they stood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Prefetch

from journal.record import Fact, record
from leads.models import Pool, PoolMember, RoutingRule, Waiting
from leads.routing import draft_fields, turns, waiting
from leads.routing.draft_fields import done, number, text
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access

POOL_FIELDS = ("name", "method", "picks_open", "picks_an_hour")
MEMBER_FIELDS = ("weight", "cap", "per_day", "per_week", "skills")
MOST_MEMBERS = 200


def all_pools() -> list[Pool]:
    """By name, the fallback last, each with `.members.all()` in their order (their `user` loaded) and `.rules_live`,
    how many rules of the live plan lead there. Three queries."""
    members = Prefetch("members", PoolMember.objects.select_related("user__team").order_by("position", "id"))
    rows = Pool.objects.order_by("is_fallback", "name").prefetch_related(members)
    pools = list(rows)
    used = dict(
        RoutingRule.objects.filter(plan__state="live", is_active=True).values_list("pool_id").annotate(n=Count("id"))
        .order_by()
    )  # fmt: skip
    for pool in pools:
        pool.rules_live = used.get(pool.pk, 0)  # type: ignore[attr-defined]
    return pools


@dataclass(frozen=True, slots=True)
class Now:
    """A member at this moment. `reason` why they take no lead now: leave, off_shift, cap, day, week, benched, inactive;
    "" when they would. `standing`: of the rotation, the highest is next. `next_start`: of their shift."""

    user: int
    reason: str
    standing: int
    open: int
    day: int
    week: int
    next_start: datetime | None


def now_in(pools: Sequence[Pool], *, at: datetime) -> dict[int, list[Now]]:
    """{pool: its members as they stand now}, in their order; nothing is locked. At most three queries."""
    desks = turns.load([pool.pk for pool in pools], at=at)
    turns.lock(desks, list(desks), at=at, take=False)
    turns.count([member for desk in desks.values() for member in desk.members], at=at)
    found: dict[int, list[Now]] = {}
    for pk, desk in desks.items():
        standing = desk.standing or {}
        found[pk] = [
            Now(m.user, _reason(m), standing.get(m.user, 0), m.load.open, m.load.day, m.load.week, m.shift.next_start)
            for m in desk.members
        ]
    return found


def _reason(member: turns.Member) -> str:
    """As a turn would say it: who is gone or away, then who is benched, full, off shift."""
    reason = member.shift.reason
    return reason if reason not in ("", "off_shift") else "benched" if member.benched else member.full or reason


@transaction.atomic
def add(*, fields: Mapping[str, Any], by: Any, at: datetime, via: str = "page") -> Pool:
    """A new pool: name, method (turns, least_loaded, claim), picks_open, picks_an_hour. Raises Invalid by field."""
    access.require(by, "administer")
    pool = Pool(**_pool({"name": "", **fields}))
    _save(pool)
    _tell(pool, "added", {"after": _state(pool)}, by=by, at=at, via=via)
    return pool


@transaction.atomic
def change(pool: Pool, fields: Mapping[str, Any], *, by: Any, at: datetime, via: str = "page") -> Pool:
    """Set some of what `add` takes. What waits in a queue that becomes a rotation is given at the next look."""
    access.require(by, "administer")
    kept = Pool.objects.select_for_update().get(pk=pool.pk)
    before, said = _state(kept), _pool(fields)
    if {**before, **said} == before:
        return kept
    for name, value in said.items():
        setattr(kept, name, value)
    _save(kept)
    if kept.method != Pool.Method.CLAIM:
        Waiting.objects.filter(pool=kept, kind="claim").update(kind="held", retry_at=at)
    _tell(kept, "changed", {"before": before, "after": _state(kept)}, by=by, at=at, via=via)
    return kept


@transaction.atomic
def remove(pool: Pool, *, by: Any, at: datetime, via: str = "page") -> None:
    """Take a pool away that no rule leads to, of whatever version, and where nothing waits. Twice is once."""
    access.require(by, "administer")
    kept = Pool.objects.select_for_update().filter(pk=pool.pk).first()
    if kept is None:
        return
    if kept.is_fallback:
        raise Refused(f"{kept} takes what no rule matches: there is always exactly one such pool.", code="fallback")
    rule = RoutingRule.objects.filter(pool=kept).select_related("plan").order_by("-plan__version").first()
    if rule is not None:
        raise Refused(f"“{rule.name}” of {rule.plan} leads to {kept}. Nothing was changed.", code="in_use")
    if kept.waiting.exists():
        raise Refused(f"Leads wait in {kept}. Nothing was changed.", code="in_use")
    members = [[m.user_id, *(getattr(m, name) for name in MEMBER_FIELDS)] for m in kept.members.all()]
    _tell(kept, "removed", {"before": {**_state(kept), "members": members}}, by=by, at=at, via=via)
    kept.delete()


@transaction.atomic
def add_member(
    pool: Pool, user: Any, fields: Mapping[str, Any] | None = None, *, by: Any, at: datetime, via: str = "page"
) -> PoolMember:
    """At the end of the list; `fields`: weight (1–100), cap, per_day, per_week, skills. Who is a member stays as they
    are: twice is once. What is held is tried anew."""
    access.require(by, "administer")
    kept = Pool.objects.select_for_update().get(pk=pool.pk)
    errors: list[dict[str, str]] = []
    pk = draft_fields.owner(user, "user", errors)
    said = _member(fields or {}, errors)
    known = kept.members.filter(user_id=pk).first()
    if known is not None:
        return known
    if kept.members.count() >= MOST_MEMBERS:
        raise Refused(f"A pool has at most {MOST_MEMBERS} members.", code="too_many")
    last = kept.members.aggregate(last=Max("position"))["last"]
    member = PoolMember.objects.create(pool=kept, user_id=pk, position=0 if last is None else last + 1, **said)
    _tell(kept, "joined", {"user": pk, "after": _of(member)}, by=by, at=at, via=via)
    waiting.wake(at)
    return member


@transaction.atomic
def change_member(
    member: PoolMember, fields: Mapping[str, Any], *, by: Any, at: datetime, via: str = "page"
) -> PoolMember:
    """Set some of weight, cap, per_day, per_week, skills. Raises Invalid by field, Refused (`stale`) when they left."""
    access.require(by, "administer")
    kept = PoolMember.objects.select_for_update(of=("self",)).select_related("pool").filter(pk=member.pk).first()
    if kept is None:
        raise Refused("Somebody has taken this person out of the pool. Nothing was changed.", code="stale")
    before, said = _of(kept), _member(fields, [])
    if {**before, **said} != before:
        for name, value in said.items():
            setattr(kept, name, value)
        kept.save(update_fields=list(said))
        data = {"user": kept.user_id, "before": before, "after": _of(kept)}
        _tell(kept.pool, "member_changed", data, by=by, at=at, via=via)
        waiting.wake(at)
    return kept


@transaction.atomic
def remove_member(member: PoolMember, *, by: Any, at: datetime, via: str = "page") -> None:
    """They take no more turns; what they have stays theirs. Twice is once."""
    access.require(by, "administer")
    kept = PoolMember.objects.select_for_update(of=("self",)).select_related("pool").filter(pk=member.pk).first()
    if kept is not None:
        _tell(kept.pool, "left", {"user": kept.user_id, "before": _of(kept)}, by=by, at=at, via=via)
        kept.delete()


@transaction.atomic
def move_member(member: PoolMember, *, to: int, by: Any, at: datetime, via: str = "page") -> None:
    """Put a member in the place `to` (from 1): who stands first takes the turn where standings are equal."""
    access.require(by, "administer")
    pool = Pool.objects.select_for_update().get(pk=member.pool_id)
    members = list(pool.members.order_by("position", "id"))
    place = next((i for i, one in enumerate(members) if one.pk == member.pk), None)
    if place is None:
        raise Refused("Somebody has taken this person out of the pool. Nothing was changed.", code="stale")
    wanted = max(0, min(int(to) - 1, len(members) - 1))
    if wanted == place:
        return
    members.insert(wanted, members.pop(place))
    rows = [(one.pk, i) for i, one in enumerate(members)]
    relation, params = bulk.source({"id": "bigint", "position": "int"}, rows)
    bulk.run([(f"UPDATE leads_poolmember m SET position = v.position FROM {relation} WHERE m.id = v.id", params)])
    _tell(pool, "moved", {"user": member.user_id, "place": [place + 1, wanted + 1]}, by=by, at=at, via=via)


def _pool(fields: Mapping[str, Any]) -> dict[str, Any]:
    errors: list[dict[str, str]] = []
    said: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "name":
            said[name] = text(value, name, 80, errors, needed=True)
        elif name == "method":
            if value not in Pool.Method.values:
                detail = f"Choose one of: {', '.join(Pool.Method.values)}."
                errors.append({"field": name, "code": "not_a_choice", "detail": detail})
            said[name] = value
        elif name in POOL_FIELDS:
            said[name] = number(value, name, 1, 1_000, errors)
        else:
            errors.append({"field": name, "code": "unknown_field", "detail": "A pool has no such field."})
    return done(said, errors)


def _member(fields: Mapping[str, Any], errors: list[dict[str, str]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "skills":
            said[name] = draft_fields.skills(value, errors)
        elif name == "weight":
            said[name] = number(value, name, 1, 100, errors) or 1
        elif name in MEMBER_FIELDS:
            said[name] = number(value, name, 0 if name == "cap" else 1, 10_000, errors)
        else:
            errors.append({"field": name, "code": "unknown_field", "detail": "A member has no such field."})
    return done(said, errors)


def _save(pool: Pool) -> None:
    try:
        with transaction.atomic():
            pool.save()
    except IntegrityError:
        raise Invalid(f"There is a pool called {pool.name} already.", code="taken", field="name") from None


def _state(pool: Pool) -> dict[str, Any]:
    return {name: getattr(pool, name) for name in POOL_FIELDS}


def _of(member: PoolMember) -> dict[str, Any]:
    return {name: getattr(member, name) for name in MEMBER_FIELDS}


def _tell(pool: Pool, what: str, data: dict[str, Any], *, by: Any, at: datetime, via: str) -> None:
    record([Fact(f"pool.{what}", "pool", pool.pk, at, by=by.pk, via=via, data=data)], now=at)
