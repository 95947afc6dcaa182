"""Who is at work at a given moment, and when the others start.

A person's calendar is their own, else their team's, else the organisation's, else it never closes. Leave closes it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from sla import business_time
from teams.models import User

# Joins for a statement that has `teams_user AS u` and binds `as_of`: each user's hours and coming leave in the same
# round trip. Constant text: nothing is ever put into it.
COLUMNS = "u.is_active, hours.id, hours.tz, hours.weekly::text, hours.closed::text, away.starts, away.ends"
JOINS = """
  LEFT JOIN teams_team t ON t.id = u.team_id
  LEFT JOIN teams_organisation o ON o.id = 1
  LEFT JOIN LATERAL (
      SELECT v.id, v.tz, v.weekly, v.closed FROM teams_calendarversion v
       WHERE v.calendar_id = coalesce(u.calendar_id, t.calendar_id, o.calendar_id)
       ORDER BY v.number DESC LIMIT 1) hours ON true
  LEFT JOIN LATERAL (
      SELECT array_agg(a.starts_at ORDER BY a.starts_at) AS starts, array_agg(a.ends_at ORDER BY a.starts_at) AS ends
        FROM teams_leave a WHERE a.user_id = u.id AND a.ends_at > %(as_of)s) away ON true"""


@dataclass(slots=True)
class ShiftState:
    """`reason` why not: leave, off_shift or inactive; "" when on. `next_start`: None when on, inactive or never."""

    on: bool
    reason: str = ""
    at: datetime | None = None
    hours: business_time.Calendar = field(default=business_time.ROUND_THE_CLOCK, repr=False)
    away: Sequence[tuple[datetime, datetime]] = ()

    @property
    def next_start(self) -> datetime | None:
        """The next moment both at work and not on leave, worked out only when somebody asks."""
        if self.on or self.reason == "inactive" or self.at is None:
            return None
        start = self.at
        try:
            for _ in range(len(self.away) + 1):
                start = self.hours.next_open(start)
                until = max((ends for starts, ends in self.away if starts <= start < ends), default=None)
                if until is None:
                    return start
                start = until
        except business_time.NeverOpens:
            return None
        return start

    @property
    def away_until(self) -> datetime | None:
        """The end of the leave that holds now; None when there is none."""
        if self.at is None:
            return None
        return max((ends for starts, ends in self.away if starts <= self.at < ends), default=None)


def on_shift(users: Iterable[User | int], *, at: datetime) -> dict[int, ShiftState]:
    """{user id: state} in one query, whatever their number; ids that don't exist are left out."""
    ids = [user if isinstance(user, int) else user.pk for user in users]
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.id, {COLUMNS} FROM teams_user u {JOINS} WHERE u.id = ANY(%(ids)s)", {"ids": ids, "as_of": at}
        )
        return {row[0]: state(row[1:], at=at) for row in cursor.fetchall()}


def state(row: Sequence[Any], *, at: datetime) -> ShiftState:
    """Reads the columns of COLUMNS."""
    active, version, tz, weekly, closed, starts, ends = row
    hours = business_time.ROUND_THE_CLOCK if version is None else _hours(version, tz, weekly, closed)
    away = list(zip(starts or (), ends or (), strict=True))
    if not active:
        return ShiftState(False, "inactive", at, hours, away)
    if any(begins <= at < over for begins, over in away):
        return ShiftState(False, "leave", at, hours, away)
    on = hours.is_open(at)
    return ShiftState(on, "" if on else "off_shift", at, hours, away)


@lru_cache(maxsize=512)
def _hours(version: int, tz: str, weekly: str, closed: str) -> business_time.Calendar:
    """Versions never change, so each is read once a process."""
    return business_time.Calendar(tz, json.loads(weekly), json.loads(closed))
