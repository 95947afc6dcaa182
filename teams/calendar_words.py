"""Opening hours as people read and write them: "Mon–Thu 07:30–12:00, 13:00–17:00". Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ALL_DAY = [["00:00", "24:00"]]
_WINDOW = re.compile(r"(\d{1,2})(?::?(\d\d))?\s*(?:-|–|to)\s*(\d{1,2})(?::?(\d\d))?", re.ASCII)

Windows = Sequence[Sequence[str]]


def windows(found: Windows) -> str:
    """09:00–12:30, 13:30–18:00 · all day · closed."""
    if not found:
        return "closed"
    return "all day" if [list(w) for w in found] == ALL_DAY else ", ".join(f"{a}–{b}" for a, b in found)


def read_windows(text: str) -> list[list[str]]:
    """The opposite, forgiving: "9-12:30, 13:30 to 18". Empty or "closed" is closed. Raises ValueError saying how to
    write it."""
    text = text.strip().lower()
    if text in ("", "closed", "-", "–"):
        return []
    if text in ("all day", "24 h", "24h"):
        return [list(window) for window in ALL_DAY]
    found = []
    for part in re.split(r"\s*[,;]\s*", text):
        match = _WINDOW.fullmatch(part)
        if match is None:
            raise ValueError("Write hours like 09:00–12:30, 13:30–18:00, or “closed”.")
        a, am, b, bm = match.groups()
        found.append([f"{int(a):02d}:{am or '00'}", f"{int(b):02d}:{bm or '00'}"])
    return found


def week(weekly: Mapping[str, Windows]) -> list[tuple[str, str]]:
    """[("Mon–Thu", "07:30–12:00, 13:00–17:00"), ("Fri", "07:30–15:00")]: neighbouring equal days together, closed
    days left out. Round the clock is one pair."""
    said = [windows(weekly.get(str(day), ())) for day in range(7)]
    if set(said) == {"all day"}:
        return [("Every day", "round the clock")]
    runs: list[list[Any]] = []
    for day, text in enumerate(said):
        if runs and runs[-1][2] == text:
            runs[-1][1] = day
        else:
            runs.append([day, day, text])
    return [
        (DAYS[first] if first == last else f"{DAYS[first]}–{DAYS[last]}", text)
        for first, last, text in runs
        if text != "closed"
    ]


def months(year: int, weekly: Mapping[str, Windows], closed: Mapping[str, Windows], names: Mapping[str, str],
           today: date) -> list[dict[str, Any]]:  # fmt: skip
    """The year as twelve grids: {name, weeks: [[{day, kind, title, today} or None] × 7]}.

    Kinds: open, off (a weekday that is never worked), shut (a date closed), short (a date with hours of its own).
    """
    found = []
    for number in range(1, 13):
        first = date(year, number, 1)
        weeks: list[list[dict[str, Any] | None]] = [[None] * first.weekday()]
        day = first
        while day.month == number:
            if len(weeks[-1]) == 7:
                weeks.append([])
            weeks[-1].append(_cell(day, weekly, closed, names, today))
            day += timedelta(days=1)
        weeks[-1] += [None] * (7 - len(weeks[-1]))
        found.append({"name": f"{first:%B}", "weeks": weeks})
    return found


def _cell(
    day: date, weekly: Mapping[str, Windows], closed: Mapping[str, Windows], names: Mapping[str, str], today: date
) -> dict[str, Any]:
    key, usual = day.isoformat(), weekly.get(str(day.weekday()), ())
    kind = "open" if usual else "off"
    if key in closed:
        kind = "short" if closed[key] else "shut"
    hours = windows(closed.get(key, usual))
    title = ": ".join(part for part in (names.get(key, ""), hours) if part)
    return {"day": day.day, "date": key, "kind": kind, "title": title, "today": day == today}
