"""How far the touches after accepting are, against the pace that would be enough: in words and as a small drawing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import words
from sla.counted_touches import counted
from sla.targets.touch_minimum import Effort, efforts

WIDTH, HEIGHT = 320, 72
TOP, BOTTOM = 8, 64


def of_leads(lead_ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    """{lead id: counted, needed, channels, channels_needed, day, days, expected, state, line}; one query.

    Only leads whose touches are asked for, or were until they were enough. `day`: local days since accepting;
    `expected`: what an even pace would have by now, one decimal. `steps`: the days (fractions) of the counted touches.
    """
    return {
        lead: shown(effort, now=now)
        for lead, effort in efforts(lead_ids).items()
        if effort.running or effort.outcome in ("met", "met_late")
    }


def shown(effort: Effort, *, now: datetime) -> dict[str, Any]:
    rule, zone = effort.rule, ZoneInfo(effort.zone)
    have = [(at, kind) for at, kind in counted(effort.touches, rule, effort.zone) if at <= now]
    began = effort.started_at.astimezone(zone).date()
    days = (effort.due_at.astimezone(zone).date() - began).days if effort.due_at else 0
    day = min(max((now.astimezone(zone).date() - began).days, 0), days) if days else 0
    expected = round(rule.touches * day / days, 1) if days else 0.0
    channels = len({kind for _, kind in have})
    done = effort.outcome in ("met", "met_late")
    return {
        "clock": effort.clock_id, "counted": len(have), "needed": rule.touches, "channels": channels,
        "channels_needed": rule.channels, "day": day, "days": days, "expected": expected,
        "due_at": effort.due_at, "done": done, "behind": not done and len(have) < expected,
        "line": line(len(have), channels, day, days, expected, effort),
        "steps": [_share(at, effort) for at, _ in have], "now": _share(now, effort),
    }  # fmt: skip


def line(have: int, channels: int, day: int, days: int, expected: float, effort: Effort) -> str:
    """5 of 8 touches, 2 channels, day 9 of 21, expected 3.4 by now"""
    said = f"{have} of {words.plural(effort.rule.touches, 'touch', 'touches')}, {words.plural(channels, 'channel')}"
    if effort.outcome in ("met", "met_late"):
        return f"{said}, {'in time' if effort.outcome == 'met' else 'late'}"
    if not days:
        return f"{said}, paused"
    return f"{said}, day {day} of {days}, expected {expected:g} by now"


def _share(at: datetime, effort: Effort) -> float:
    """Where a moment lies between accepting and due, 0 to 1; 0 while there is no due."""
    if effort.due_at is None:
        return 0.0
    whole = (effort.due_at - effort.started_at).total_seconds()
    return max(0.0, min(1.0, (at - effort.started_at).total_seconds() / whole)) if whole else 1.0


def card(lead_id: int, *, now: datetime) -> dict[str, Any] | None:
    """The progress of one lead with the points of its drawing: the even pace, a step for each touch, today."""
    found = of_leads([lead_id], now=now).get(lead_id)
    if found is None:
        return None
    needed = max(found["needed"], found["counted"], 1)

    def height(n: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * n / needed, 1)

    points, dots = [f"0,{height(0)}"], []
    for number, share in enumerate(found["steps"], start=1):
        x = round(share * WIDTH, 1)
        points += [f"{x},{height(number - 1)}", f"{x},{height(number)}"]
        dots.append({"x": x, "y": height(number)})
    here = round(found["now"] * WIDTH, 1)
    points.append(f"{here},{height(found['counted'])}")
    return found | {
        "pace": {"y1": height(0), "x2": WIDTH, "y2": height(found["needed"])},
        "path": " ".join(points), "dots": dots, "here": here, "width": WIDTH, "height": HEIGHT, "bottom": BOTTOM,
        "top": TOP,
    }  # fmt: skip
