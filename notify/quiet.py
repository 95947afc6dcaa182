"""When a message may go: quiet hours of a person, opening hours of a promise. Pure; instants are aware."""

from collections.abc import Iterable
from datetime import datetime, time
from functools import lru_cache

from sla.business_time import Calendar, NeverOpens

MOST_TURNS = 20  # quiet and opening hours may take turns; after so many they have no moment in common


@lru_cache(maxsize=1024)
def hours(zone: str, begins: time, ends: time, days: tuple[int, ...]) -> Calendar | None:
    """Quiet hours as opening hours are kept: what is open in it is quiet. None when no day is chosen."""
    weekly: dict[int, list[tuple[str, str]]] = {}
    for day in set(days):
        if begins < ends:
            weekly.setdefault(day, []).append((_said(begins), _said(ends)))
            continue
        weekly.setdefault(day, []).append((_said(begins), "24:00"))
        if ends != time():
            weekly.setdefault((day + 1) % 7, []).append(("00:00", _said(ends)))
    return Calendar(zone, {day: _joined(windows) for day, windows in weekly.items()}) if weekly else None


def loud_from(at: datetime, quiet: Calendar) -> datetime | None:
    """`at` when it isn't quiet then, else the end of the quiet; None when it never ends."""
    return quiet.next_close(at) if quiet.is_open(at) else at


def may_go(at: datetime, *, quiet: Calendar | None, opening: Calendar | None) -> datetime:
    """The first moment from `at` on that is neither quiet nor closed; `at` itself when there is none, because late
    news is better than news that never comes."""
    moment = at
    try:
        for _ in range(MOST_TURNS):
            before = moment
            if opening is not None:
                moment = opening.next_open(moment)
            if quiet is not None:
                loud = loud_from(moment, quiet)
                if loud is None:
                    return at
                moment = loud
            if moment == before:
                return moment
    except NeverOpens:
        pass
    return at


def _joined(windows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """In order, what overlaps made one: a night may end after the next has begun."""
    found: list[tuple[str, str]] = []
    for begins, ends in sorted(windows):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found


def _said(moment: time) -> str:
    return moment.strftime("%H:%M")
