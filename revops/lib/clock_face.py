"""What one clock shows at one moment: its tone (colour and shape) and its words.

The server computes business time and hands over instants; here, as in the page's script, they are only
compared and subtracted. `read` takes any object or mapping with the names of `FIELDS`; missing is None.

    label             "First response"; without one, the target's code in words
    state             running paused met met_late overdue cancelled breached_cancelled not_required
    due at50 at90     aware instants; due (or due_at) is None while paused or not started
    opens closes      the open window that holds now, or the next one; both None: round the clock
    left              open seconds left at `now`; negative: open seconds late
    zone              IANA name of the clock's calendar (or tz)
    who mine text     whose lead, whether it is said aloud, words instead of the computed ones
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import words

FIELDS = (
    "label", "state", "due", "at50", "at90", "opens", "closes", "left", "zone", "who", "mine", "text",
)  # fmt: skip
GREY = {
    "met": ("met", "in time"),
    "met_late": ("met", "done late"),
    "cancelled": ("off", "cancelled"),
    "breached_cancelled": ("off", "cancelled late"),
    "not_required": ("off", "not required"),
    "paused": ("paused", "paused"),
}


def read(clock: Any) -> dict[str, Any]:
    value = clock.get if isinstance(clock, Mapping) else lambda name: getattr(clock, name, None)
    fields = {name: value(name) for name in FIELDS}
    fields["due"] = fields["due"] or value("due_at")
    fields["zone"] = fields["zone"] or value("tz")
    fields["label"] = fields["label"] or str(value("target") or "").replace("_", " ").capitalize()
    return fields


def is_open(fields: Mapping[str, Any], now: datetime) -> bool:
    opens, closes = fields["opens"], fields["closes"]
    return (opens is None or now >= opens) and (closes is None or now < closes)


def clock_face(clock: Any, now: datetime, own: bool = False) -> dict[str, str]:
    """{"tone": ok warn urgent late met paused wait off, "text": …}. At due it is still in time."""
    fields = read(clock)
    if fields["state"] in GREY:
        tone, text = GREY[fields["state"]]
        return {"tone": tone, "text": fields["text"] or text}
    if fields["due"] is None or fields["left"] is None:
        return {"tone": "wait", "text": fields["text"] or "not started"}
    if now > fields["due"]:
        return {"tone": "late", "text": fields["text"] or words.duration(min(fields["left"], 0) or -0.001)}
    text = words.duration(max(fields["left"], 0), own)
    if not is_open(fields, now):
        zone = ZoneInfo(fields["zone"] or "UTC")
        start = f", from {words.moment(fields['opens'], now, zone, 'full')}" if fields["opens"] else ", closed"
        return {"tone": "wait", "text": fields["text"] or text + start}
    if fields["at90"] and now >= fields["at90"]:
        tone = "urgent"
    elif fields["at50"] and now >= fields["at50"]:
        tone = "warn"
    else:
        tone = "ok"
    return {"tone": tone, "text": fields["text"] or text}
