"""What a notice says: its kind and codes, with the names of those it is about. Pure.

Words say what waits, since when and whose it is; never whose fault it is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from revops.lib.words import duration, money

TARGETS = {
    "first_response": "First response",
    "assignment": "Assignment",
    "disposition": "The decision",
    "touch_minimum": "The number of touches",
    "stage_age": "Time in this stage",
    "next_step": "The next step",
    "handoff_sched": "Booking the hand-over call",
    "handoff_call": "The hand-over call",
    "data_request": "The answer to a request about data",
    "discount": "The decision on a discount",
    "content": "The answer to a request for content",
}
# What is still open when the time is over.
OPEN = {
    "first_response": "waits for a first response",
    "assignment": "waits for an owner",
    "disposition": "waits for a decision",
    "touch_minimum": "has fewer touches than agreed",
    "stage_age": "has been in this stage for longer than agreed",
    "next_step": "has a next step that is past its time",
    "handoff_sched": "has no hand-over call booked",
    "handoff_call": "had no hand-over call yet",
    "data_request": "waits for the answer to a request about data",
    "discount": "waits for a decision on its discount",
    "content": "waits for a first answer",
}
BECAUSE = {"manual": "by hand", "handover": "by handover", "accepted": "by accepting it", "breach": "the time was over"}
DESK = {
    "deal.discount_asked": "{who}: {by} asks to give {percent}% away. You decide.",
    "deal.discount_approved": "{who}: {by} approved giving {percent}% away.",
    "deal.discount_declined": "{who}: {by} declined giving {percent}% away.",
    "content.asked": "{who}: {by} asks for this content.",
    "content.answered": "{who}: {by} answered your request for content.",
    "content.done": "{who} is there to use now.",
    "content.declined": "{who}: {by} declined your request for content.",
}
HANDED = {
    "deal.handover_asked": "you are asked to take the customer over. Accept the handover or return it.",
    "deal.handover_accepted": "the handover was accepted. The deal can be won.",
    "deal.handover_returned": "the handover was returned with gaps.",
    "customer.given": "you look after them now.",
}
CHANNELS = {"browser": "the browser", "email": "e-mail", "slack": "Slack", "teams": "Teams"}


def sentence(
    kind: str, data: Mapping[str, Any], subject: str, *, people: Mapping[int, str] | None = None,
    at: datetime | None = None,
) -> str:  # fmt: skip
    """`subject`: whose lead or deal it is. `people`: names of the users in `data`. `at`: when it was told.

    An unknown kind is said plainly, never left out."""
    who = subject or "A lead"
    names = people or {}
    if kind.startswith("clock."):
        return _clock(kind, data, who, names, at)
    if kind == "lead.assigned":
        how = BECAUSE.get(str(data.get("cause", "")), "")
        return f"{who} is yours now{f', {how}' if how else ''}."
    if kind == "lead.stuck":
        why = "it was passed on as often as agreed" if data.get("because") == "limit" else "nobody else can take it now"
        return f"{who} needs you: {why}. {_owner(data, names)}"
    if kind == "lead.held":
        more = int(data.get("leads") or 1) - 1
        others = f" and {more} more {'waits' if more == 1 else 'wait'}" if more > 0 else " waits"
        return f"{who}{others} without an owner: nobody can take leads now."
    if kind == "touch.to_approve":
        by = names.get(_number(data.get("by")), "")
        return f"{who}: {by or 'somebody'} recorded an earlier touch. It counts once you approve it."
    if kind == "definition.to_approve":
        by = names.get(_number(data.get("by")), "")
        return f"{who}: {by or 'somebody'} asks for your side's approval. It holds once both sides have agreed."
    if kind in {"step.set", "step.given"}:
        return f"{who}: a next step is yours{_what(data)}."
    if kind in DESK:
        return DESK[kind].format(who=who, by=names.get(_number(data.get("by"))) or "Somebody", percent=_percent(data))
    if kind in HANDED:
        return f"{who}: {HANDED[kind]}"
    if kind == "destination.off":
        return f"Posts to {_said(data.get('name')) or 'a channel'} stopped: {_said(data.get('because'))}"
    if kind == "delivery.dead":
        return f"A message could not be delivered: {_said(data.get('error')) or 'no reason was given'}."
    if kind == "goal.reached":
        return f"{who} is reached. Both teams did that."
    if kind == "deal.shared_win":
        worth = data.get("amount")
        for_much = f" for {money(worth / 100, str(data.get('currency') or 'USD'))}" if isinstance(worth, int) else ""
        return f"{who} is won{for_much}: marketing brought it, sales closed it."
    if kind == "alarm.rejection":
        share = f"more than {data.get('percent', 30)}% of the decided leads were rejected"
        return f"{who}: {share}, {data.get('rejected', '')} of {data.get('decided', '')}."
    if kind == "alarm.rubber_stamp":
        return f"{who}: leads are accepted faster than anybody can read them."
    if kind == "model.shadow_over":
        return f"{who}: its time in the shadow is over. See what it would have handed over, then publish or discard it."
    if kind == "alarm.score_rot":
        return f"{who}: the score no longer orders leads as sales judges them."
    if kind == "mailing.due":
        return f"{who}: the numbers are enclosed as {str(data.get('form', '')).upper() or 'a file'}."
    if kind == "test":
        return f"This is a test. Messages reach you by {CHANNELS.get(str(data.get('channel', '')), 'this way')}."
    return f"{who}: {kind.replace('.', ' ').replace('_', ' ')}."


def _clock(kind: str, data: Mapping[str, Any], who: str, names: Mapping[int, str], at: datetime | None) -> str:
    code = str(data.get("target", ""))
    target = TARGETS.get(code, "A clock")
    low = target[:1].lower() + target[1:]
    level = data.get("level", "")
    late = _late(data, at)
    again = " This was noticed late." if data.get("late") is True else ""
    if kind == "clock.warned":
        return f"{who}: {low} has used {level}% of its time.{again}"
    if kind == "clock.breached":
        return f"{who}: {low} is {late or 'late'}.{again}"
    if kind != "clock.escalated":
        return f"{who}: {low}, {kind.partition('.')[2]}."
    if isinstance(level, int) and level < 100:
        return f"{who}: {low} has used {level}% of its time. {_owner(data, names)}"
    return f"{who} {OPEN.get(code, 'waits')}{f', {late}' if late else ''}. {_owner(data, names)}{again}"


def _late(data: Mapping[str, Any], at: datetime | None) -> str:
    """ "6 min late", where it is known when it fell due."""
    due = data.get("due")
    if at is None or not isinstance(due, str):
        return ""
    try:
        seconds = (at - datetime.fromisoformat(due)).total_seconds()
    except (ValueError, TypeError):
        return ""
    return duration(-seconds) if seconds >= 1 else ""


def _owner(data: Mapping[str, Any], names: Mapping[int, str]) -> str:
    name = names.get(_number(data.get("owner")), "")
    return f"{name} owns it." if name else "Nobody owns it yet."


def _what(data: Mapping[str, Any]) -> str:
    what = _said(data.get("what"))
    return f": {what}" if what else ""


def _percent(data: Mapping[str, Any]) -> str:
    """12.5 of "12.5000"."""
    return str(data.get("combined", "")).rstrip("0").rstrip(".")


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _said(value: Any) -> str:
    return " ".join(str(value or "").split())
