"""A condition as an English sentence."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from leads.attributes import DATE, LIST, NUMBER, ORDERED, TEXT, YES_NO
from leads.conditions.touch_filter import listed
from leads.conditions.tree import GROUPS, Compare, Count, Group, Last, Node, Sequence

# kind -> (what one does, of one touch; the noun, of several)
KINDS = {
    "page_view": ("visited a page", "page visits"),
    "form": ("sent a form", "forms"),
    "demo_request": ("asked for a demo", "demo requests"),
    "contact_request": ("asked to be contacted", "contact requests"),
    "email_click": ("clicked in an e-mail", "e-mail clicks"),
    "email_open": ("opened an e-mail", "e-mail opens"),
    "webinar": ("attended a webinar", "webinars"),
    "download": ("downloaded something", "downloads"),
    "event": ("came to an event", "events"),
    "ad_click": ("clicked an ad", "ad clicks"),
    "chat": ("chatted", "chats"),
    "invite": ("invited somebody", "invitations"),
    "feature_use": ("used a feature", "feature uses"),
    "trial_start": ("started a trial", "trial starts"),
    "intent": ("showed intent elsewhere", "intent signals"),
    "call": ("had a call", "calls"),
    "email": ("had an e-mail", "e-mails"),
    "meeting": ("had a meeting", "meetings"),
}
DIFFERENT = {
    "asset": "assets", "url": "pages", "kind": "kinds", "channel": "channels", "campaign": "campaigns", "by": "people",
    "day": "days", "invitee": "people invited",
}  # fmt: skip
OPS = {
    "is": "is", "is_not": "is not", "in": "is", "not_in": "is neither", "contains": "contains",
    "starts_with": "starts with", "before": "is before", "after": "is after",
}  # fmt: skip


def sentence(node: Node) -> str:
    text = phrase(node)
    return text[:1].upper() + text[1:]


def phrase(node: Node, *, inside: bool = False) -> str:
    """Lower-case words for a node; groups within groups stand in brackets."""
    if isinstance(node, Compare):
        return _compare(node)
    if isinstance(node, Count):
        return touches(
            node.touches, at_least=node.at_least, within_days=node.within_days, distinct=node.distinct,
            at_most=node.at_most,
        )  # fmt: skip
    if isinstance(node, Last):
        return f"last {touches(node.touches)} {ago(node.at_least_days, node.at_most_days)}"
    if isinstance(node, Sequence):
        steps = ", then ".join(touches(step) for step in node.steps)
        return f"{steps}, all within {days(node.within_days)}" if node.within_days else steps
    if not node.parts:
        return "always"
    if len(node.parts) == 1 and node.kind != "none":
        return phrase(node.parts[0], inside=inside)
    parts = "; ".join(phrase(part, inside=True) for part in node.parts)
    return f"{GROUPS[node.kind].lower()} ({parts})" if inside else f"{GROUPS[node.kind].lower()}: {parts}"


def outline(node: Node) -> dict[str, Any]:
    """The condition as an indented list: {"text": "Any of", "parts": [outline, …]}; leaves have no parts."""
    if isinstance(node, Group) and node.parts:
        if len(node.parts) == 1 and node.kind != "none":
            return outline(node.parts[0])
        return {"text": GROUPS[node.kind], "parts": [outline(part) for part in node.parts]}
    return {"text": sentence(node), "parts": []}


def _compare(leaf: Compare) -> str:
    attribute, op = leaf.attribute, leaf.op
    phrases = attribute.phrases or {}
    if attribute.type == YES_NO and op in ("is", "is_not"):
        yes = leaf.value if op == "is" else not leaf.value
        given = phrases.get("is true" if yes else "is false")
        return given or (attribute.label if yes else f"not {attribute.label}")
    if op in ("is_set", "is_missing"):
        return phrases.get(op) or f"{attribute.label} is {'known' if op == 'is_set' else 'unknown'}"
    value = shown(leaf)
    if op in phrases:
        return phrases[op].format(value)
    if attribute.type == LIST:
        return f"{attribute.label} {'holds none of' if op == 'not_in' else 'includes'} {value}"
    if op in ("at_least", "at_most"):
        up, down = ("above", "below") if attribute.type == ORDERED else ("more", "less")
        return f"{attribute.label} is {value} or {up if op == 'at_least' else down}"
    return f"{attribute.label} {OPS[op]} {value}"


def shown(leaf: Compare) -> str:
    """The value or values as people read them."""
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    names = leaf.attribute.choices or {}
    return either([names.get(one, _value(one, leaf.attribute.type)) for one in values], last=_joint(leaf.op))


def _joint(op: str) -> str:
    return "nor" if op == "not_in" else "or"


def _value(value: Any, kind: str) -> str:
    if kind == NUMBER:
        return number(value)
    if kind == DATE:
        day = date.fromisoformat(value)
        return f"{day.day} {day:%b %Y}"
    return str(value) if kind in (TEXT, ORDERED, LIST) else ("yes" if value else "no")


def number(value: float) -> str:
    """1,544 · 0.5: at most two decimals, a true minus."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if value != int(value) else f"{int(value):,}"
    return text.replace("-", "−")


def either(texts: list[str], *, last: str = "or") -> str:
    if len(texts) > 8:
        texts = [*texts[:7], f"{len(texts) - 7} more"]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def touches(
    data: Mapping[str, Any], *, at_least: int | None = None, within_days: float | None = None, distinct: str = "",
    at_most: int | None = None,
) -> str:  # fmt: skip
    """`visited /pricing at least 3 times in 7 days` · `2 different assets in 30 days (downloads)` · `not once had a
    call in 30 days`."""
    when = f" in {days(within_days)}" if within_days else ""
    if distinct and ((at_least or 1) > 1 or at_most):
        noun = {"asset": "assets", "invitee": "people invited"}.get(distinct, DIFFERENT[distinct])
        of = _which(data, kinds_too=distinct != "invitee")
        many = str(at_least) if at_most is None else numbers(at_least, at_most)
        return f"{many} different {noun}{when}{f' ({of})' if of else ''}"
    does = doing(data)
    if at_most == 0:
        return f"not once {does}{when}"
    often = at_most is not None or (at_least or 1) > 1
    return f"{does}{f' {times(at_least, at_most)}' if often else ''}{when}"


def doing(data: Mapping[str, Any]) -> str:
    """`visited /pricing` · `downloaded something (roi-calculator)` · `any touch (side sales)`."""
    kinds = listed(data, "kind")
    pages = [data["url_contains"]] if "url_contains" in data else listed(data, "url_matches")
    if kinds == ["page_view"] and pages:
        named = "url_contains" if "url_contains" in data else "url_matches"
        does, rest = f"visited {either(pages)}", _which({k: v for k, v in data.items() if k != named})
    else:
        verbs = [KINDS.get(kind, (f"had {kind.replace('_', ' ')}", ""))[0] for kind in kinds]
        does, rest = either(verbs) if verbs else "any touch", _which(data)
    return f"{does}{f' ({rest})' if rest else ''}"


def times(at_least: int | None, at_most: int | None) -> str:
    """`at least 3 times` · `at most twice` · `3 to 5 times` · `exactly once` · `not once`."""
    if at_most is None:
        return "at least once" if (at_least or 1) == 1 else f"at least {at_least} times"
    if at_most == 0:
        return "not once"
    if at_least == at_most:
        return f"exactly {_times(at_most)}"
    return f"{at_least} to {at_most} times" if at_least else f"at most {_times(at_most)}"


def ago(at_least: float | None, at_most: float | None) -> str:
    """`at least 30 days ago` · `less than 7 days ago` · `30 to 90 days ago`."""
    if at_least is None or at_most is None:
        return f"at least {days(at_least)} ago" if at_least is not None else f"less than {days(at_most or 0)} ago"
    return f"{number(at_least)} to {days(at_most)} ago"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def numbers(at_least: int | None, at_most: int | None) -> str:
    """`at least 2` · `at most 3` · `exactly 2` · `2 to 5`, of different things."""
    if at_most is None:
        return f"at least {at_least}"
    if at_least == at_most:
        return f"exactly {at_most}"
    return f"{at_least} to {at_most}" if at_least else f"at most {at_most}"


def _which(data: Mapping[str, Any], *, kinds_too: bool = False) -> str:
    """What narrows the touches down besides their kind."""
    parts = []
    if kinds_too and listed(data, "kind"):
        parts.append(either([KINDS.get(kind, ("", kind.replace("_", " ")))[1] for kind in listed(data, "kind")]))
    if listed(data, "asset"):
        parts.append(either(listed(data, "asset")))
    if "url_contains" in data:
        parts.append(f"address contains {data['url_contains']}")
    if listed(data, "url_matches"):
        parts.append(f"address {either(listed(data, 'url_matches'))}")
    for name, word in (("channel", "by"), ("campaign", "from campaign"), ("side", "side"), ("outcome", "outcome")):
        if listed(data, name):
            parts.append(f"{word} {either([one.replace('_', ' ') for one in listed(data, name)])}")
    if "direction" in data:
        parts.append("by them" if data["direction"] == "in" else "by us")
    if "automatic" in data:
        parts.append("automatic" if data["automatic"] else "by a human")
    return ", ".join(parts)


def days(value: float) -> str:
    return "1 day" if value == 1 else f"{number(value)} days"
