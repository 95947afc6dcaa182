"""The deadline receipt as a page draws it: the strip, and the same in words (UX 5, 6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import strip, words
from sla import receipt
from sla.business_time import Span

SHUT = {"night": "night", "weekend": "weekend", "break": "break", "day off": "day off"}
TARGETS = {"first_response": "First response", "assignment": "Assignment", "disposition": "Decision"}
MOST_LINES = 6


def of(clock_id: int, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """{clock, title, about, strip, lines: [{label, note, value}], as_ordinary, round_the_clock}. Times are in the
    clock's zone; a reader elsewhere sees it named."""
    found = receipt.of(clock_id, now=now)
    where = ZoneInfo(found.timezone)
    clock = found.clock
    ends = min(clock["stopped_at"] or now, clock["due_at"])
    pieces = _pieces(found.spans, ends, stopped=clock["closed"])
    if clock["stopped_at"] is None and now > clock["due_at"]:
        pieces.append({"start": clock["due_at"], "end": now, "kind": "over", "word": ""})
    lines = _lines(pieces, now, where)
    if found.as_ordinary:
        lines.append({"label": "As an ordinary week", "note": "without the holidays",
                      "value": f"due {words.moment(found.as_ordinary, now, where, 'full')}"})  # fmt: skip
    if found.round_the_clock:
        lines.append({"label": "Round the clock", "note": "every hour counted",
                      "value": f"due {words.moment(found.round_the_clock, now, where, 'full')}"})  # fmt: skip
    target = TARGETS.get(clock["target"], clock["target"])
    return {
        "clock": clock,
        "due": clock["due_at"],
        "zone": found.timezone,
        "about": f"{target}, {words.span(clock['seconds'])}{'' if clock['calendar'] is None else ' of open time'}",
        "policy": found.policy,
        "policy_version": found.policy_version,
        "calendar": found.calendar,
        "calendar_version": found.calendar_version,
        "strip": strip.draw(pieces, start=clock["started_at"], now=clock["stopped_at"] or now, due=clock["due_at"],
                            zone=where, finding=_finding(lines)),
        "lines": lines,
    }  # fmt: skip


def _pieces(spans: Sequence[Span], until: datetime, *, stopped: bool) -> list[dict[str, Any]]:
    """The spans from start to due, counted time cut at `until`: before it is used, after it is left."""
    found = []
    for span in spans:
        if span.kind != "counted":
            found.append({"start": span.start, "end": span.end, "kind": span.kind, "word": _shut(span.reason)})
            continue
        if span.start < until:
            found.append({"start": span.start, "end": min(span.end, until), "kind": "counted", "word": ""})
        if span.end > until:
            found.append(
                {"start": max(span.start, until), "end": span.end, "kind": "after" if stopped else "left", "word": ""}
            )
    return found


def _shut(reason: str) -> str:
    return SHUT.get(reason, "holiday" if reason.startswith("closed ") else reason)


def _lines(pieces: Sequence[dict[str, Any]], now: datetime, zone: ZoneInfo) -> list[dict[str, str]]:
    """Neighbouring closed pieces are one line; what is left is added up."""
    lines: list[dict[str, str]] = []
    closed: list[dict[str, Any]] = []
    left = timedelta()
    for piece in [*pieces, None]:
        if piece and piece["kind"] in ("closed", "paused"):
            closed.append(piece)
            continue
        if closed:
            lines.append({"label": _closed(closed, zone), "note": "", "value": "0"})
            closed = []
        if piece is None:
            break
        length = piece["end"] - piece["start"]
        if piece["kind"] == "counted":
            start = words.moment(piece["start"], now, zone, "seconds")
            end = words.moment(piece["end"], now, zone, "time")
            lines.append(
                {"label": f"Counted {start} to {end}", "note": "", "value": words.span(length.total_seconds())}
            )
        elif piece["kind"] == "over":
            lines.append({"label": "Late since", "note": "", "value": words.span(length.total_seconds())})
        elif piece["kind"] == "left":
            left += length
    if len(lines) > MOST_LINES:
        lines = _summed(pieces, lines)
    if left:
        lines.append({"label": "Left", "note": "", "value": words.span(left.total_seconds())})
    return lines


def _summed(pieces: Sequence[dict[str, Any]], lines: list[dict[str, str]]) -> list[dict[str, str]]:
    """A long way: the first two stretches one by one, the middle in a sum, the last one again."""
    total = sum(((p["end"] - p["start"]) for p in pieces if p["kind"] == "counted"), timedelta())
    shut = sum(1 for p in pieces if p["kind"] == "closed")
    late = [line for line in lines if line["label"] == "Late since"]
    return [
        lines[0],
        {"label": f"In all, without {words.plural(shut, 'closed stretch', 'closed stretches')}", "note": "",
         "value": words.span(total.total_seconds())},
        *late,
    ]  # fmt: skip


def _closed(pieces: Sequence[dict[str, Any]], zone: ZoneInfo) -> str:
    counted: dict[str, int] = {}
    for piece in pieces:
        counted[piece["word"]] = counted.get(piece["word"], 0) + 1
    numbers = {2: "two", 3: "three", 4: "four"}
    said = [word if n == 1 else f"{numbers.get(n, n)} {word}s" for word, n in counted.items()]
    verb = "Paused" if all(piece["kind"] == "paused" for piece in pieces) else "Closed"
    return f"{verb}: {' and '.join([', '.join(said[:-1]), said[-1]] if len(said) > 1 else said)}"


def _finding(lines: Sequence[dict[str, str]]) -> str:
    return "; ".join(f"{line['label']} {line['value']}" for line in lines) or "Nothing counted yet"
