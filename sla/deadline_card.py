"""The deadline receipt as a page draws it: the strip, and the same in words (UX 5, 6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import strip, words
from sla import panels, receipt
from sla.business_time import Span

SHUT = {"night": "night", "weekend": "weekend", "break": "break", "day off": "day off"}
MOST_LINES = 6
UNITS = {"same_business_day": "same business day", "business_days": "business day", "days": "day"}


def of(clock_id: int, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """{clock, due, zone, about, policy, policy_version, calendar, calendar_version, strip, lines: [{label, note,
    value}]}. Times are in the clock's zone; a reader elsewhere sees it named. `due` is None while it is paused."""
    found = receipt.of(clock_id, now=now)
    where = ZoneInfo(found.timezone)
    clock = found.clock
    due, stopped = clock["due_at"], clock["stopped_at"]
    last = due or max(now, clock["started_at"])
    pieces = _pieces(found.spans, min(stopped or now, last), stopped=clock["closed"])
    if due and stopped is None and now > due:
        pieces.append({"start": due, "end": now, "kind": "over", "word": ""})
    lines = _lines(pieces, now, where)
    if due is None and found.left:
        lines.append({"label": "Left when it goes on", "note": "", "value": words.span(found.left)})
    lines += [_pause(pause, now, where) for pause in found.pauses]
    lines += [_otherwise(other, now, where) for other in found.without]
    return {
        "clock": clock,
        "due": due,
        "zone": found.timezone,
        "about": f"{_named(clock['target'])}, {_promised(found)}",
        "policy": found.policy,
        "policy_version": found.policy_version,
        "calendar": found.calendar,
        "calendar_version": found.calendar_version,
        "strip": strip.draw(pieces, start=clock["started_at"], now=stopped or now, due=due, zone=where,
                            finding=_finding(lines)),
        "lines": lines,
    }  # fmt: skip


def _named(target: str) -> str:
    name = panels.NAMES.get(target, target.replace("_", " "))
    return name[:1].upper() + name[1:]


def _promised(found: receipt.DeadlineReceipt) -> str:
    if found.unit == "same_business_day":
        return UNITS[found.unit]
    if found.unit in UNITS and found.amount:
        return words.plural(found.amount, UNITS[found.unit])
    seconds, open_time = found.clock["seconds"], found.clock["calendar"] is not None
    return f"{words.span(seconds)}{' of open time' if open_time else ''}"


def _pause(pause: receipt.PauseTold, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    start = words.moment(pause.from_at, now, zone, "full")
    if pause.to_at:
        end = f"to {words.moment(pause.to_at, now, zone, 'full')}"
    else:
        end = f"until {words.moment(pause.until, now, zone, 'full')}" if pause.until else "until it is resumed"
    note = ", ".join(part for part in (pause.label, pause.by) if part)
    return {"label": f"Paused {start} {end}", "note": note, "value": "breach stands" if pause.stands else "0"}


def _otherwise(other: receipt.Otherwise, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    label, note = {
        "day": (f"Without {other.name}", "as an ordinary day"),
        "holidays": ("As an ordinary week", "without the holidays"),
        "breaks": ("Without breaks", "open from first to last hour"),
        "pauses": ("Without the pauses", ""),
        "hours": ("Round the clock", "every hour counted"),
        "earlier": ("By itself", "it may not outlast the promise it took the place of"),
    }[other.what]
    kept = {None: "", True: ", in time", False: ", still late"}[other.kept]
    return {"label": label, "note": note, "value": f"due {words.moment(other.due_at, now, zone, 'full')}{kept}"}


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
    """A holiday by its name; a date closed without one is a closed day."""
    return "closed day" if reason.startswith("closed ") else SHUT.get(reason, reason)


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
