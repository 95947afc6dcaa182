"""The next four hours as a drawing: deadlines a quarter of an hour, and under them who is at work when. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import words
from sla.load import Change

LEFT, WIDE, STEP, BAR = 32, 424, 24, 16
TOP, FLOOR = 24, 76
QUARTER = timedelta(minutes=15)
WORD = 6.2  # of a letter of the words below, about


def drawing(
    counts: Sequence[int], changes: Sequence[Change], *, on: int, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """{bars: [{x, y, height, soon, title}], most, hours: [{x, text}], shifts: [{x, text}], finding}."""
    most = max([*counts, 1])
    bars = []
    for i, n in enumerate(counts):
        height = round((FLOOR - TOP) * n / most)
        begins = words.moment(now + i * QUARTER, now, zone, "time")
        bars.append({"x": LEFT + 4 + i * STEP, "y": FLOOR - height, "width": BAR, "height": height, "soon": i == 0,
                     "title": f"{words.plural(n, 'deadline')} in the quarter of an hour from {begins}"})  # fmt: skip
    hours = [
        {"x": LEFT + 4 + i * STEP, "text": words.moment(now + i * QUARTER, now, zone, "time")}
        for i in range(0, len(counts), 4)
    ]
    return {
        "bars": bars, "most": most, "hours": hours, "shifts": _shifts(changes, on, now, zone),
        "finding": _finding(counts, now, zone),
    }  # fmt: skip


def _shifts(changes: Sequence[Change], on: int, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """How many are at work, and from when it is another number; what has no room is left out."""
    said = [{"x": LEFT + 4, "text": f"on shift: {on}"}]
    for change in changes:
        x = LEFT + 4 + STEP * ((change.at - now) / QUARTER)
        text = f"{change.on} from {words.moment(change.at, now, zone, 'time')}{_who(change)}"
        room = said[-1]["x"] + WORD * len(said[-1]["text"]) + 8
        x = max(x, room)
        if x + WORD * len(text) <= WIDE + 8:
            said.append({"x": round(x), "text": text})
    return said


def _who(change: Change) -> str:
    if len(change.came) == 1 and not change.went:
        return f", {change.came[0].split()[0]} in"
    if len(change.went) == 1 and not change.came:
        return f", {change.went[0].split()[0]} out"
    return ""


def _finding(counts: Sequence[int], now: datetime, zone: ZoneInfo) -> str:
    if not any(counts):
        return "No deadline in the next four hours"
    most = max(counts)
    at = words.moment(now + counts.index(most) * QUARTER, now, zone, "time")
    return f"Deadlines per quarter of an hour for the next four hours; at most {most}, at {at}"
