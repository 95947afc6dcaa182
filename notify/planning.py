"""Notices become deliveries: by which channels each is heard, and from when on. A drain of the pulse.

What the policy's step asks holds unless the person chose otherwise for that promise; the app always shows it. Nothing
is sent here: the sender takes the rows (`outbox`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from notify import promises, quiet
from notify.models import Destination, Preference
from revops.lib import bulk
from sla.business_time import Calendar
from teams.models import CalendarVersion

LOT = 2_000
A_TICK = 500  # of the pulse: a flood of notices must not hold up the clocks that cause it; senders plan the rest
POSTS = ("slack", "teams")
# A browser that asked for news so recently is there; longer ago, nobody may be sitting before it.
LISTENING = timedelta(minutes=3)
# What must be heard: where nothing it asks for reaches the person, a mail does.
MUST_BE_HEARD = frozenset({"clock.breached", "clock.escalated"})
COLUMNS = {
    "notice_id": "bigint", "user_id": "bigint", "channel": "text", "destination_id": "bigint", "event": "text",
    "not_before": "timestamptz", "made_at": "timestamptz",
}  # fmt: skip
# Each notice with the person told, their quiet hours, and the team it concerns: the owner's, else their own.
CLAIM = """
SELECT n.id, n.user_id, n.kind, n.key, n.data::text, n.how, n.hours_id, u.is_active AND NOT u.is_service, u.timezone,
       coalesce(o.team_id, u.team_id), a.quiet_from, a.quiet_to, coalesce(a.quiet_days, '{}'), a.listening_at
  FROM notify_notice n JOIN teams_user u ON u.id = n.user_id
  LEFT JOIN notify_attention a ON a.user_id = u.id
  LEFT JOIN teams_user o ON o.id = CASE WHEN jsonb_typeof(n.data->'owner') = 'number'
                                        THEN (n.data->>'owner')::bigint END
 WHERE n.planned_at IS NULL
 ORDER BY n.id LIMIT %s FOR NO KEY UPDATE OF n SKIP LOCKED
"""


@dataclass(slots=True)
class Told:
    """One notice with what decides how it is heard."""

    pk: int
    user_id: int
    kind: str
    key: str
    data: dict[str, Any]
    how: list[str]
    hours_id: int | None
    here: bool
    zone: str
    team_id: int | None
    quiet_from: time | None
    quiet_to: time | None
    quiet_days: list[int]
    listening_at: datetime | None

    @property
    def promise(self) -> str:
        return promises.of(self.kind, self.data)

    @property
    def is_test(self) -> bool:
        return self.kind == "test"

    def quiet(self) -> Calendar | None:
        if self.quiet_from is None or self.quiet_to is None:
            return None
        try:
            return quiet.hours(self.zone, self.quiet_from, self.quiet_to, tuple(self.quiet_days))
        except ValueError:  # a zone this machine doesn't know: better heard at night than holding up everybody's news
            return None


@dataclass(slots=True)
class House:
    """What holds for the whole lot: people's choices, destinations in use, opening hours."""

    chosen: dict[tuple[int, str], tuple[list[str] | None, bool | None]] = field(default_factory=dict)
    destinations: list[Destination] = field(default_factory=list)
    opening: Mapping[int, Calendar] = field(default_factory=dict)

    def channels(self, told: Told, now: datetime) -> list[str]:
        """By which channels beside the app, in a fixed order."""
        asked = [channel for channel in told.how if channel in promises.CHANNELS]
        if told.is_test or told.kind in promises.SUBSCRIBED:
            return asked
        own = self.chosen.get((told.user_id, told.promise), (None, None))[0]
        if own is not None:
            # An early warning that the policy keeps in the app stays there, whatever they chose for the promise.
            return [] if told.kind == "clock.warned" and not asked else [c for c in promises.CHANNELS if c in own]
        if asked and told.kind in MUST_BE_HEARD and not any(self.reaches(told, channel, now) for channel in asked):
            asked.append("email")
        return asked

    def reaches(self, told: Told, channel: str, now: datetime) -> bool:
        if channel == "browser":
            return told.listening_at is not None and now - told.listening_at <= LISTENING
        return channel == "email" or bool(self.posted_to(told, channel))

    def posted_to(self, told: Told, kind: str) -> list[Destination]:
        """The team's own destinations of that kind, else the company's. A test names the one it is for."""
        if told.is_test and "destination" in told.data:
            return [d for d in self.destinations if d.pk == told.data["destination"]]
        fitting = [d for d in self.destinations if d.kind == kind and d.team_id in (told.team_id, None)]
        return [d for d in fitting if d.team_id is not None] or fitting

    def breaks_quiet(self, told: Told) -> bool:
        own = self.chosen.get((told.user_id, told.promise), (None, None))[1]
        return told.promise in promises.BREAKS_QUIET if own is None else own


def drain(now: datetime, limit: int = LOT) -> int:
    """For the pulse: a small lot, and the clocks go on."""
    return lot(now, min(limit, A_TICK))


def lot(now: datetime, limit: int = LOT) -> int:
    """Plan one lot of notices, oldest first; answers how many. A fixed number of statements, however many there are."""
    with transaction.atomic():
        told = [
            Told(pk, user, kind, key, bulk.loads(data), *rest)
            for pk, user, kind, key, data, *rest in bulk.query(CLAIM, [limit])
        ]
        if not told:
            return 0
        rows = plan(told, _house(told), now=now)
        done = ("UPDATE notify_notice SET planned_at = %s WHERE id = ANY(%s)", [now, [one.pk for one in told]])
        bulk.run([bulk.insert("notify_delivery", COLUMNS, rows, "ON CONFLICT DO NOTHING"), done] if rows else [done])
    return len(told)


def plan(lot: Sequence[Told], house: House, *, now: datetime) -> list[tuple]:
    """Rows of deliveries, in the order of COLUMNS; nothing for people who left."""
    return [row for told in lot if told.here for row in _rows(told, house, now)]


def _rows(told: Told, house: House, now: datetime) -> Iterable[tuple]:
    channels = house.channels(told, now)
    if not channels:
        return
    opening = None if told.is_test or told.hours_id is None else house.opening.get(told.hours_id)
    alone = None if told.is_test or house.breaks_quiet(told) else told.quiet()
    for channel in channels:
        if channel in POSTS:  # to many: nobody's own quiet hours hold there
            at = quiet.may_go(now, quiet=None, opening=opening)
            for destination in house.posted_to(told, channel):
                yield told.pk, told.user_id, channel, destination.pk, told.key, at, now
        else:
            yield told.pk, told.user_id, channel, None, told.key, quiet.may_go(now, quiet=alone, opening=opening), now


def _house(lot: Sequence[Told]) -> House:
    people = {told.user_id for told in lot}
    kept = Preference.objects.filter(user__in=people).values_list("user_id", "promise", "channels", "breaks_quiet")
    versions = CalendarVersion.objects.filter(pk__in={told.hours_id for told in lot if told.hours_id})
    return House(
        chosen={(user, promise): (channels, breaks) for user, promise, channels, breaks in kept},
        destinations=list(Destination.objects.filter(active=True).order_by("id")),
        opening={version.pk: version.hours() for version in versions} if any(told.hours_id for told in lot) else {},
    )
