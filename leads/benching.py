"""On the bench: rotation passes somebody over until their manager says so; they keep what they have.

A person is benched by their team's manager or an administrator, or by a promise they missed where its line says so.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from journal.record import Fact, append
from leads.routing import waiting
from revops.lib import bulk
from revops.lib.errors import Forbidden
from teams.models import User


def may(by: User, user: User) -> bool:
    return by.is_active and not by.is_service and (
        by.is_admin or (user.team_id is not None and by.pk != user.pk and by.manages_team(user.team_id))
    )  # fmt: skip


def bench(user: User, *, by: User, at: datetime, via: str = "page") -> User:
    """No new leads from now on. Twice is once."""
    return _set(user, at, "user.benched", by=by, at=at, via=via)


def unbench(user: User, *, by: User, at: datetime, via: str = "page") -> User:
    """In rotation again; a turn missed meanwhile is not made up for. Twice is once."""
    return _set(user, None, "user.unbenched", by=by, at=at, via=via)


def bench_for_breach(missed: Mapping[int, int], *, now: datetime) -> None:
    """{user: the clock they missed}: those not benched yet are from now on. Set-based."""
    if not missed:
        return
    relation, params = bulk.source({"user_id": "bigint", "clock_id": "bigint"}, list(missed.items()))
    benched = bulk.query(
        f"""UPDATE teams_user u SET benched_at = %s
              FROM (SELECT w.id, v.clock_id FROM {relation} JOIN teams_user w ON w.id = v.user_id
                     WHERE w.benched_at IS NULL ORDER BY w.id FOR NO KEY UPDATE OF w) m
             WHERE u.id = m.id RETURNING u.id, m.clock_id""",
        [now, *params],
    )
    append([Fact("user.benched", "user", pk, now, data={"because": "breach", "clock": clock}) for pk, clock in benched],
           now=now)  # fmt: skip


def _set(user: User, benched_at: datetime | None, kind: str, *, by: User, at: datetime, via: str) -> User:
    if not may(by, user):
        raise Forbidden(f"Only the manager of {user}’s team or an administrator may do this.", code="not_yours")
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, benched_at__isnull=benched_at is not None).update(
            benched_at=benched_at
        )
        if changed:
            append([Fact(kind, "user", user.pk, at, by=by.pk, via=via, data={"because": "manual"})], now=at)
            if benched_at is None:
                waiting.wake(at)
    user.refresh_from_db(fields=["benched_at"])
    return user
