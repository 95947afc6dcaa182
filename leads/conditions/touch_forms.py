"""The forms of what people did: so many touches, the age of the last one, one thing after another.

All three choose touches by the same fields; each set of fields has a prefix, since a sequence asks several times.
What a form doesn't ask (direction, outcome …) stays as it was.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from django.http import QueryDict

from leads.conditions import tree, words
from leads.conditions.commas import apart, joined
from leads.conditions.touch_filter import CHOICES, DISTINCT, check, listed

ASKED = frozenset(["kind", "url_contains", "url_matches", "asset", "channel", "campaign", "side"])
NARROWING = frozenset(["channel", "campaign", "side"])  # asked of a count, not of a step; a form that asks says so
URL_HOW = {"contains": "contains", "matches": "is, with *"}
SIDES = {"marketing": "Marketing", "sales": "Sales", "product": "The product"}
FORMS = {"touches": "What they did", "last": "How long ago they last did it", "sequence": "One thing, then another"}
ANYTHING = "*"

# The menu: heading -> [(label, form, the kinds it begins with)].
MENU: dict[str, list[tuple[str, str, str]]] = {
    "What they did": [
        ("visited a page", "touches", "page_view"),
        ("sent a form or asked for something", "touches", "form,demo_request,contact_request"),
        ("downloaded something", "touches", "download"),
        ("came to a webinar or an event", "touches", "webinar,event"),
        ("opened or clicked an e-mail", "touches", "email_open,email_click"),
        ("called, wrote or met", "touches", "call,email,meeting"),
        ("anything: visits, forms, downloads, calls …", "touches", ""),
    ],
    "Product usage": [
        ("used a feature", "touches", "feature_use"),
        ("invited somebody", "touches", "invite"),
        ("started a trial", "touches", "trial_start"),
    ],
    "Intent": [("showed intent elsewhere", "touches", "intent"), ("clicked an ad", "touches", "ad_click")],
    "Order and time": [
        ("one thing, then another …", "sequence", ""),
        ("how long ago they last …", "last", ""),
    ],
}


def begun(form: str, kinds: str) -> dict[str, Any]:
    """A leaf to begin with, as the menu says it."""
    chosen: dict[str, Any] = {"kind": [one for one in kinds.split(",") if one]} if kinds else {}
    return {form: [] if form == "sequence" else chosen}


def fields(form: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a leaf of its sort; at most one query, for the channels."""
    days = leaf.get("within_days")
    common = {"within_days": "" if days is None else str(days), "form_title": FORMS[form]}
    if form == "sequence":
        kept = leaf.get("sequence")
        steps = [_readable(one) for one in kept[: tree.MOST_STEPS]] if isinstance(kept, list) else []
        shown = min(tree.MOST_STEPS, max(2, len(steps) + 1))
        steps += [{}] * (shown - len(steps))
        asked = [{"number": i + 1, **_step(one, f"s{i}_", optional=i > 1)} for i, one in enumerate(steps)]
        return common | {"steps": asked}
    common |= _filter(_readable(leaf.get(form)), _channels())
    if form == "last":
        return common | {name: _said(leaf.get(name)) for name in ("at_least_days", "at_most_days")}
    most = leaf.get("at_most")
    return common | {
        "at_least": _said(leaf.get("at_least", 1 if most is None else None)), "at_most": _said(most),
        "distinct": [(code, words.DIFFERENT[code], code == leaf.get("distinct", "")) for code in DISTINCT],
    }  # fmt: skip


def answered(form: str, data: QueryDict, former: Mapping[str, Any]) -> dict[str, Any]:
    """The leaf as it was filled in; what doesn't fit is left to the validator."""
    leaf: dict[str, Any] = {}
    if form == "sequence":
        steps = former.get("sequence")
        leaf["sequence"] = _steps(data, steps if isinstance(steps, list) else [])
    else:
        kept = former.get(form)
        leaf[form] = _chosen(data, "", kept if isinstance(kept, dict) else {})
    if form == "last":
        names = ["at_least_days", "at_most_days"]
    else:
        names = ["within_days"] if form == "sequence" else ["at_least", "at_most", "within_days"]
    leaf |= {name: number(text) for name in names if (text := data.get(name, "").strip())}
    if form == "touches":
        if not {"at_least", "at_most"} & leaf.keys():
            leaf["at_least"] = 1
        if distinct := data.get("distinct", ""):
            leaf["distinct"] = distinct
    return leaf


def number(text: str) -> Any:
    """1,500 and −3 as numbers; anything else stays a text, which the validator refuses by its path."""
    plain = text.strip().replace(",", "").replace("−", "-")
    try:
        value = float(plain)
    except ValueError:
        return text
    if not isfinite(value):  # "nan" and "1e400" are numbers to Python and to nobody else
        return text
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def _readable(data: Any) -> dict[str, Any]:
    """The filter if it can be read, so that whatever is kept can be mended; else none."""
    flaws: list[str] = []
    check(data, "", lambda path, code, detail: flaws.append(code))
    return {} if flaws else data


def _filter(data: Mapping[str, Any], channels: Mapping[str, str]) -> dict[str, Any]:
    kinds, taken, sides = listed(data, "kind"), listed(data, "channel"), listed(data, "side")
    named = {kind: does for kind, (does, _) in words.KINDS.items()}
    named |= {one: one for one in kinds if one not in named}
    known = dict(channels) | {one: one for one in taken if one not in channels}
    return _address(data) | {
        "kinds": [(code, text, code in kinds) for code, text in named.items()],
        "asset": joined(listed(data, "asset")), "campaign": joined(listed(data, "campaign")),
        "channels": [(code, text, code in taken) for code, text in known.items()],
        "sides": [(code, SIDES[code], code in sides) for code in CHOICES["side"] if code in SIDES],
        "more": bool(taken or sides or "campaign" in data), "rest": _rest(data),
    }  # fmt: skip


def _address(data: Mapping[str, Any]) -> dict[str, Any]:
    matches = listed(data, "url_matches")
    how = "matches" if matches else "contains"
    return {
        "url": joined(matches) if matches else data.get("url_contains", ""),
        "url_how": [(code, text, code == how) for code, text in URL_HOW.items()],
    }


def _step(data: Mapping[str, Any], prefix: str, *, optional: bool) -> dict[str, Any]:
    kinds = listed(data, "kind")
    one = ",".join(kinds) or (ANYTHING if data else "")
    named = {kind: does for kind, (does, _) in words.KINDS.items()} | {ANYTHING: "did anything"}
    if one and one not in named:
        named[one] = words.doing({"kind": kinds})
    return _address(data) | {
        "prefix": prefix, "optional": optional, "asset": joined(listed(data, "asset")),
        "rest": _rest(data, ASKED - NARROWING), "kinds": [(code, text, code == one) for code, text in named.items()],
    }  # fmt: skip


def _rest(data: Mapping[str, Any], asked: frozenset[str] = ASKED) -> str:
    """What this form doesn't ask, in words."""
    unasked = {name: value for name, value in data.items() if name not in asked}
    if "url_matches" in data and "url_contains" in data:
        unasked["url_contains"] = data["url_contains"]
    return words.doing(unasked).removeprefix("any touch").strip(" ()") if unasked else ""


def _steps(data: QueryDict, former: list[Any]) -> list[dict[str, Any]]:
    found = []
    for i in range(tree.MOST_STEPS):
        prefix, kept = f"s{i}_", former[i] if i < len(former) and isinstance(former[i], dict) else {}
        kind, url = data.get(f"{prefix}kind", "").strip(), data.get(f"{prefix}url_contains", "").strip()
        if not (kind or url or data.get(f"{prefix}asset", "").strip()):
            continue
        found.append(_chosen(data, prefix, kept) | ({"kind": kind.split(",")} if kind and kind != ANYTHING else {}))
    return found


def _chosen(data: QueryDict, prefix: str, former: Mapping[str, Any]) -> dict[str, Any]:
    narrowed = bool(data.get("narrowed")) and not prefix
    touches = {
        name: value for name, value in former.items() if name not in ASKED or (name in NARROWING and not narrowed)
    }
    if "url_matches" in former and "url_contains" in former:
        touches["url_contains"] = former["url_contains"]
    for name in ("kind", "channel", "side"):
        asked = narrowed if name in NARROWING else not prefix
        if asked and (chosen := [one for one in data.getlist(name) if one]):
            touches[name] = chosen
    if url := data.get(f"{prefix}url_contains", "").strip():
        by_pattern = data.get(f"{prefix}url_how") == "matches"
        touches |= {"url_matches": apart(url)} if by_pattern else {"url_contains": url}
    for name in ("asset", "campaign"):
        if (name == "asset" or narrowed) and (texts := apart(data.get(f"{prefix}{name}", ""))):
            touches[name] = texts
    return touches


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _channels() -> dict[str, str]:
    from marketing.models import Channel

    return dict(Channel.objects.order_by("position").values_list("code", "name"))
