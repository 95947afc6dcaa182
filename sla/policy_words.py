"""A promise in words: lengths of time, whose hours, who is told, and what one set says otherwise than another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from journal.models import Entry
from leads import conditions
from revops.lib.errors import Invalid
from revops.lib.words import plural
from sla.draft_differences import Difference
from sla.models import Channel, Hours, PauseReason, Policy, PolicySet, SetState, Target, Tier, Unit, Who
from teams.models import Calendar

# How the sentence of a target goes on after its condition, and what comes after the time.
PROMISES: dict[str, tuple[str, str]] = {
    Target.FIRST_RESPONSE: ("the owner answers within", ""),
    Target.ASSIGNMENT: ("somebody owns it within", ""),
    Target.DISPOSITION: ("it is accepted, rejected or recycled within", "of getting its owner"),
    Target.TOUCH_MINIMUM: ("its owner tries", "after accepting"),
    Target.STAGE_AGE: ("it leaves its stage within", "at the latest"),
    Target.NEXT_STEP: ("its next step is done", ""),
    Target.HANDOFF_SCHEDULED: ("the hand-over call is booked within", "of the win"),
    Target.HANDOFF_HELD: ("the hand-over call is held within", "of the win"),
}
ANSWERED_BY = "a call, personal e-mail, message or meeting"
FIELDS = {
    "tier": "tier", "name": "name", "condition": "condition", "amount": "time", "unit": "what is counted",
    "hours": "hours", "calendar": "calendar", "goal": "goal", "pause_reasons": "pauses", "hops": "moves on",
    "bench": "benching", "terms": "terms", "ladder": "who is told", "place": "place",
}  # fmt: skip
PAUSES = {PauseReason.PROSPECT_ASKED: "when the prospect asked for a time", PauseReason.LEGAL_HOLD: "for a legal hold"}


def held() -> Iterator[tuple[str, Any]]:
    """The conditions of the lines in force and of the draft (settings.CONDITION_HOLDERS)."""
    states = {SetState.PUBLISHED: "in force", SetState.DRAFT: "in the draft"}
    for name, state, condition in Policy.objects.filter(policy_set__state__in=states).values_list(
        "name", "policy_set__state", "condition"
    ):
        yield f"the promise {name} ({states[SetState(state)]})", condition


def exact(seconds: float) -> str:
    """2 min 30 · 90 min · 1 h · 24 h · 30 h 15: nothing is rounded, and a day of hours is never called a day."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    if whole < 60:
        return f"{whole} s"
    if rest or (minutes < 120 and minutes % 60):
        return f"{minutes} min {rest}" if rest else f"{minutes} min"
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left}" if left else f"{hours} h"


def amount(line: Policy) -> str:
    """5 min · 24 h · the same business day · 2 business days · 21 days · when agreed."""
    return said_amount(line.target, line.unit, line.amount)


def said_amount(target: str, unit: str, count: int) -> str:
    if target == Target.NEXT_STEP and not count:
        return "when agreed"
    if unit == Unit.SAME_BUSINESS_DAY:
        return "the same business day"
    if unit == Unit.BUSINESS_DAYS:
        return plural(count, "business day")
    return plural(count, "day") if unit == Unit.DAYS else exact(count)


def hours(line: Policy, calendars: Mapping[int, str]) -> str:
    return said_hours(line.hours, line.calendar_id, calendars)


def said_hours(hours: str, calendar_id: int | None, calendars: Mapping[int, str]) -> str:
    if hours == Hours.CALENDAR:
        return calendars.get(calendar_id or 0, "no calendar")
    return Hours(hours).label


def pauses(reasons: Sequence[str]) -> str:
    """`no pause` · `a pause when the prospect asked for a time or for a legal hold`."""
    return f"a pause {' or '.join(PAUSES[PauseReason(one)] for one in reasons)}" if reasons else "no pause"


def moves(line: Policy) -> str:
    if not line.hops:
        return "nobody else"
    return f"{plural(line.hops, 'other person', 'other people')} at most"


def terms(line: Policy) -> str:
    """What only one target needs, as words for its slot; empty when there is nothing to say."""
    said = line.terms
    if line.target == Target.TOUCH_MINIMUM:
        return (
            f"{said.get('touches', 8)} times on {plural(said.get('channels', 2), 'channel')}, "
            f"counting {said.get('per_day', 2)} a channel and day"
        )
    if line.target == Target.STAGE_AGE:
        return f"{said.get('factor', 1.5):g} × the median of the last {said.get('sample', 10)} or more"
    return ""


def who(rung: Mapping[str, Any]) -> str:
    return ", ".join(Who(one).label for one in rung["who"]) or "nobody"


def how(rung: Mapping[str, Any]) -> str:
    return ", ".join(Channel(one).label for one in rung["how"]) or "in the app"


def when(rung: Mapping[str, Any], line: Policy) -> str:
    """50% · 2 min 30 / due · 5 min / +5 min."""
    counted = line.unit == Unit.SECONDS and line.amount
    if rung["level"] > 100:
        return f"+{exact(rung['after'])}"
    if rung["level"] == 100:
        return f"due · {amount(line)}" if line.amount else "due"
    share = f"{rung['level']}%"
    return f"{share} · {exact(-(-line.amount * rung['level'] // 100))}" if counted else share


def then(rung: Mapping[str, Any], line: Policy) -> str:
    return f"next in rotation, {plural(line.hops, 'hop')} at most" if rung["then"] == "reassign" else ""


def rule(condition: Any) -> str:
    if condition == {}:
        return "everyone no line above takes"
    try:
        return conditions.sentence(condition)
    except Invalid as wrong:
        return f"a condition that can't be read ({wrong.detail})"


def ladder(rungs: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for rung in rungs:
        level = rung["level"]
        at = f"{level}%" if level < 100 else "due" if level == 100 else f"+{exact(rung['after'])}"
        parts.append(f"{at} {who(rung)} ({how(rung)}{', next in rotation' if rung['then'] else ''})")
    return "; ".join(parts) or "nobody"


def change(found: Difference, calendars: Mapping[int, str], lines: Iterable[Policy] = ()) -> dict[str, str]:
    """{"name", "what", "before", "after"} of one difference; a line that comes or goes is said whole if in `lines`."""
    said = {"name": found.name, "what": FIELDS.get(found.field, found.field), "before": "", "after": ""}
    if found.field == "line":
        whole = next(
            (f"{rule(line.condition)}, within {amount(line)}" for line in lines if line.line == found.line), ""
        )
        new = found.before is None
        return said | {"what": "new line" if new else "line removed", "after" if new else "before": whole}
    for side in ("before", "after"):
        said[side] = _said(found.field, getattr(found, side), calendars)
    return said


def told_since(draft: PolicySet | None, seen: datetime | None) -> list[dict[str, str]]:
    """What was changed in a draft after `seen` (in all, without it), newest first: {"by", "at", "name", "what",
    "before", "after"}. Five queries."""
    if draft is None:
        return []
    facts = Entry.objects.about("policies", [draft.pk]).filter(kind="policy.changed").select_related("by")
    facts = list((facts.filter(at__gt=seen) if seen else facts).order_by("-id")[:8])
    lines = {str(line.line): line.name for line in draft.lines.all()}
    calendars = dict(Calendar.objects.values_list("id", "name"))
    return [
        {"by": str(fact.by), "at": fact.at, "name": lines.get(fact.data["line"], "a line"), **one}
        for fact in facts
        for one in _told(fact.data, calendars)
    ]


def _told(data: Mapping[str, Any], calendars: Mapping[int, str]) -> list[dict[str, str]]:
    if "added" in data or "removed" in data:
        return [{"what": "new line" if "added" in data else "line removed", "before": "", "after": ""}]
    pairs = data.get("fields") or {"place": data.get("place", [0, 0])}
    return [
        {"what": FIELDS.get(name, name), "before": _said(name, old, calendars), "after": _said(name, new, calendars)}
        for name, (old, new) in pairs.items()
    ]


def _said(field: str, value: Any, calendars: Mapping[int, str]) -> str:
    if field == "condition":
        return rule(value)
    if field == "ladder":
        return ladder(value)
    if field == "amount":
        return exact(value) if value >= 60 else str(value)
    if field == "calendar":
        return calendars.get(value or 0, "none")
    if field == "pause_reasons":
        return pauses(value)
    if field == "goal":
        return f"{value}%"
    if field == "bench":
        return "yes" if value else "no"
    if field == "terms":
        return ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in sorted(value.items())) or "none"
    choices = {"tier": Tier, "unit": Unit, "hours": Hours}.get(field)
    return str(choices(value).label) if choices else str(value)
