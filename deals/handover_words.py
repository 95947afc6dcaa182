"""What the story of a deal says of its handover."""

from collections.abc import Mapping
from typing import Any

WORDS = {
    "handover_accepted": "{who} accepted the handover",
    "handover_returned": "{who} returned the handover with gaps",
    "promised": "{who} wrote down a promise",
    "promise_dropped": "{who} took a promise off the list",
    "promise_kept": "{who} kept a promise",
}


def sentence(what: str, data: Mapping[str, Any], who: str, names: Mapping[int, str]) -> tuple[str, str] | None:
    """(sentence, note) of `deal.<what>`; None when it is not of the handover."""
    if what == "handover_filled":
        n = len(data.get("items", []))
        return (f"{who} filled in the handover, {n} {'answer' if n == 1 else 'answers'}",
                "waits to be accepted again" if data.get("again") else "")  # fmt: skip
    if what == "handover_asked":
        return f"{who} asked {names.get(data.get('csm', 0), 'somebody')} to take the customer over", ""
    return (WORDS[what].format(who=who), "") if what in WORDS else None
