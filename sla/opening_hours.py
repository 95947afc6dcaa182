"""Reads opening hours as people and JSON write them, and refuses nonsense with a ValueError that names the field."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import cast
from zoneinfo import ZoneInfo

Written = Iterable[Iterable[str]]  # [("09:00", "12:30"), …]
Weekly = Mapping[int, Written] | Mapping[str, Written]
Closed = Iterable[date | str] | Mapping[date, Written] | Mapping[str, Written]
Windows = tuple[tuple[int, int], ...]  # minutes of a local day, sorted, apart

WALL = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)


def read_zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError, TypeError):
        raise ValueError(f"tz: {tz!r} is not an IANA time zone") from None


def read_weekly(weekly: Weekly) -> tuple[Windows, ...]:
    days: dict[int, Windows] = {}
    try:
        items = list(weekly.items())
    except AttributeError:
        raise ValueError(f"weekly: {weekly!r} is not a mapping of day to windows") from None
    for key, written in items:
        name = str(key)
        if name not in ("0", "1", "2", "3", "4", "5", "6") or int(name) in days:
            raise ValueError(f"weekly: {key!r} is not a day 0 (Monday) to 6, or is there twice")
        days[int(name)] = _read_windows(written, f"weekly[{name}]")
    return tuple(days.get(day, ()) for day in range(7))


def read_closed(closed: Closed) -> dict[int, Windows]:
    given = closed if isinstance(closed, Mapping) else dict.fromkeys(closed, ())
    dated: dict[int, Windows] = {}
    for key, written in cast(Mapping[date | str, Written], given).items():
        try:
            day = (date.fromisoformat(key) if isinstance(key, str) else key).toordinal()
        except (ValueError, AttributeError):
            raise ValueError(f"closed: {key!r} is not a date") from None
        windows = _read_windows(written, f"closed[{key}]")
        if dated.setdefault(day, windows) != windows:
            raise ValueError(f"closed: {key} is there twice with different hours")
    return dated


def _read_windows(written: Written, name: str) -> Windows:
    windows = []
    try:
        pairs = [tuple(window) for window in written]
    except TypeError:
        raise ValueError(f"{name}: {written!r} is not a list of windows") from None
    for edges in pairs:
        if len(edges) != 2 or not all(isinstance(edge, str) and WALL.fullmatch(edge) for edge in edges):
            raise ValueError(f'{name}: {edges!r} is not a window like ("09:00", "17:00")')
        start, end = (int(edge[:2]) * 60 + int(edge[3:]) for edge in edges)
        if start >= end:
            raise ValueError(f"{name}: {edges[0]} is not before {edges[1]}")
        windows.append((start, end))
    windows.sort()
    if any(a[1] > b[0] for a, b in pairwise(windows)):
        raise ValueError(f"{name}: windows overlap")
    return tuple(windows)
