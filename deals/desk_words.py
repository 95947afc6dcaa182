"""What happened at the deal desk, in words for a deal's timeline. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from deals import authority
from deals.models import Objection


def sentence(what: str, data: Mapping[str, Any], who: str) -> tuple[str, str] | None:
    """(what happened, a grey note); None for what isn't the desk's. `what`: the kind without "deal."."""
    say = SAY.get(what)
    return say(data, who) if say else None


def _percent(data: Mapping[str, Any], name: str) -> str:
    try:
        return f"{authority.said(Decimal(str(data.get(name, ''))))}%"
    except ArithmeticError:
        return "%"


def _kind(data: Mapping[str, Any]) -> str:
    kind = data.get("kind", "")
    return Objection.Kind(kind).label.lower() if kind in Objection.Kind.values else "other"


def _asked(data: Mapping[str, Any], who: str) -> tuple[str, str]:
    level = authority.may_give(data.get("level", ""))
    return f"{who} asked for {_percent(data, 'percent')} off", f"{_percent(data, 'combined')} with gives · {level}"


SAY = {
    "lines": lambda data, who: (f"{who} changed what it sells", f"{data.get('lines', 0)} lines"),
    "given": lambda data, who: (f"{who} gave {data.get('name', 'something')}", "for something in return"),
    "give_taken_back": lambda data, who: (f"{who} took {data.get('name', 'a give')} back", ""),
    "got": lambda data, who: (f"What was promised for {data.get('name', 'a give')} came", who),
    "discount_asked": _asked,
    "discount_approved": lambda data, who: (f"{who} approved giving {_percent(data, 'combined')} away", ""),
    "discount_declined": lambda data, who: (f"{who} declined the discount of {_percent(data, 'percent')}", ""),
    "discount_withdrawn": lambda data, who: (f"The asked discount of {_percent(data, 'percent')} was withdrawn", who),
    "objection": lambda data, who: (
        f"{who} logged an objection: {_kind(data)}", "content asked of marketing" if data.get("request") else ""
    ),
    "objection_answered": lambda data, who: (f"{who} answered an objection: {_kind(data)}", ""),
    "competitor": lambda data, who: (f"{who} noted a competitor", ""),
    "competitor_out": lambda data, who: (f"{who} took a competitor out", ""),
    "retrospective": lambda data, who: (f"{who} told why it was {data.get('stage', 'decided')}", ""),
}  # fmt: skip
