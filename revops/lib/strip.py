"""The deadline strip: where each stretch of a clock's time is drawn, in percent of the width.

Time is stretched: open time is drawn to scale within itself, closed spans are shortened to a fixed width, and the edges
carry the clock time, so nothing has to be measured by eye. Positions are percentages because the policy forbids inline
styles and a scaled drawing would scale its letters.

A segment is {start, end, kind, word}: kind is `before` (open, not yet started), `counted`, `closed`, `paused`, `left`,
`after` (open, after due) or `over` (open, late); moments are aware; `word` says why it is closed ("night").
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import words

CLOSED = {"closed", "paused"}
LIGHT = {"before", "after"}
CLOSED_WIDTH, CLOSED_SHARE, LIGHT_WIDTH, LIGHT_SHARE, LEAST = 14.0, 48.0, 11.0, 24.0, 7.0
WORD_FITS, NUMBER_FITS, TICKS_APART, DAYS_APART, NARROW_APART = 8.0, 6.5, 15.0, 13.0, 34.0


def widths(segments: Sequence[Mapping[str, Any]]) -> list[float]:
    """Percent of each segment; they add up to 100."""
    closed = sum(1 for s in segments if s["kind"] in CLOSED)
    each_closed = min(CLOSED_WIDTH, CLOSED_SHARE / closed) if closed else 0.0
    light = sum(1 for s in segments if s["kind"] in LIGHT)
    each_light = min(LIGHT_WIDTH, LIGHT_SHARE / light) if light else 0.0
    fixed = [each_closed if s["kind"] in CLOSED else each_light if s["kind"] in LIGHT else None for s in segments]
    free = 100.0 - sum(w for w in fixed if w is not None)
    seconds = [_seconds(s) if w is None else 0.0 for s, w in zip(segments, fixed, strict=True)]
    if not sum(seconds):
        scale = 100.0 / (sum(w for w in fixed if w is not None) or 1.0)
        return [(w or 0.0) * scale for w in fixed]
    least = min(LEAST, free / sum(1 for w in fixed if w is None))
    grown = [max(least, free * s / sum(seconds)) if w is None else 0.0 for s, w in zip(seconds, fixed, strict=True)]
    spare = sum(grown) - free
    slack = sum(g - least for w, g in zip(fixed, grown, strict=True) if w is None)
    return [
        w if w is not None else g - (spare * (g - least) / slack if slack else 0.0)
        for w, g in zip(fixed, grown, strict=True)
    ]


def draw(
    segments: Sequence[Mapping[str, Any]],
    *,
    start: datetime,
    now: datetime,
    due: datetime | None,
    zone: ZoneInfo,
    finding: str,
) -> dict[str, Any]:
    """What _components/deadline_strip.html draws: bars, words, days, ticks. `finding` is its accessible name."""
    x, bars, days, edges = 0.0, [], [], []
    spans: list[tuple[datetime, datetime, float, float]] = []
    shown = [s for s in segments if s["end"] > s["start"]]
    for index, (segment, width) in enumerate(zip(shown, widths(shown), strict=True)):
        kind = segment["kind"]
        text = segment.get("word") or ""
        if kind == "counted":
            text = words.duration(_seconds(segment), own=True)
        elif kind == "left":
            text = f"{words.duration(_seconds(segment), own=True)} left"
        elif kind == "over":
            text = words.duration(-_seconds(segment))
        fits = width >= (WORD_FITS if kind in CLOSED or kind in ("left", "over") else NUMBER_FITS)
        bars.append(
            {"x": _p(x), "width": _p(width), "middle": _p(x + width / 2), "kind": kind, "text": text if fits else ""}
        )
        spans.append((segment["start"], segment["end"], x, width))
        local = segment["start"].astimezone(zone).date()
        if (not days or days[-1]["day"] != local) and (not days or x - days[-1]["at"] >= DAYS_APART):
            days.append({"day": local, "at": x, "x": _p(x), "text": f"{local:%a} {local.day} {local:%b}"})
        if kind == "closed" and (index == 0 or shown[index - 1]["kind"] not in CLOSED) and index:
            edges.append({"x": _p(x), "anchor": "start", "text": f"{_at(segment['start'], zone)} closed"})
        if kind == "closed" and index + 1 < len(shown) and shown[index + 1]["kind"] not in CLOSED:
            edges.append({"x": _p(x + width), "anchor": "end", "text": f"{_at(segment['end'], zone)} open"})
        x += width
    for day in days:
        day["cls"] = "" if day is days[0] or (day is days[-1] and day["at"] > NARROW_APART) else " minor"
        del day["day"], day["at"]
    ticks = [("start", start, ""), ("now", now, "")] + ([("due", due, "due")] if due else [])
    return {"bars": bars, "days": days, "edges": edges, "ticks": _ticks(ticks, spans, zone), "finding": finding}


def _ticks(ticks, spans, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Labels that would run into each other step aside: the left one ends at its tick, the right one starts there."""
    placed = []
    for name, at, cls in ticks:
        for begin, end, x, width in spans:
            if begin <= at <= end:
                share = (at - begin) / (end - begin) if end > begin else 0
                placed.append((x + width * share, f"{at.astimezone(zone):%H:%M:%S} {name}", cls))
                break
    placed.sort(key=lambda tick: tick[0])
    answer = []
    for i, (at, text, cls) in enumerate(placed):
        close_left = i > 0 and at - placed[i - 1][0] < TICKS_APART
        close_right = i + 1 < len(placed) and placed[i + 1][0] - at < TICKS_APART
        near = close_left and at - placed[i - 1][0] < TICKS_APART / 2
        anchor = "start" if at < 6 else "end" if at > 94 or close_right else "start" if near else "middle"
        minor = " minor" if text.endswith(("start", "now")) else ""
        # Beside a label that starts at the left edge there is no room to either side: the next one goes below it.
        y = 84 if close_left and placed[i - 1][0] < 6 else 68
        answer.append({"x": _p(at), "y": y, "text": text, "cls": cls, "minor": minor, "anchor": anchor})
    return answer


def _seconds(segment: Mapping[str, Any]) -> float:
    return (segment["end"] - segment["start"]).total_seconds()


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def _p(value: float) -> str:
    return f"{value:.2f}%"
