"""Why somebody has a lead, in words. Pure; counts instead of names, so that it asks nothing."""

from typing import Any

WORDS = {
    "deal_owner": "They have a deal with this company",
    "account_owner": "They own the account",
    "named_account": "It is a named account of theirs",
    "sticky": "They had this person before",
    "account_sticky": "They have another lead of this company",
    "picked": "They picked it",
    "manual": "Given by hand",
    "accepted": "They accepted it",
    "import": "So said the imported file",
    "merge": "They had the record that was merged into this one",
    "claim": "It waits to be picked",
    "nobody": "Nobody could own it: no pool has anybody who is here",
}
# Why it did not stay with whoever had it; the pool that chose the next one is said as well.
MOVED = {
    "handover": "Handed over from somebody who couldn't go on",
    "breach": "Moved on because first response ran late",
}
SKIPPED = {
    "leave": "on leave", "off_shift": "off shift", "cap": "with a full desk", "previous": "who had it before",
    "inactive": "who left", "benched": "taking no new leads", "day": "with enough for today",
    "week": "with enough for this week", "skill": "without the skills",
}  # fmt: skip
TO = {"person": "them", "account_owner": "the account’s owner"}
ROUTED_TO = {
    "account_owner": "their account", "deal_owner": "their deal", "named_account": "their named account",
    "sticky": "their person", "account_sticky": "their company",
}  # fmt: skip


def why_sentence(ownership: Any) -> str:
    """Why this owner, in a sentence, from an Ownership or from its `why` alone (which must then have `cause`)."""
    why: dict[str, Any] = ownership if isinstance(ownership, dict) else ownership.why
    cause = str(why.get("cause", "") if isinstance(ownership, dict) else ownership.cause)
    start = MOVED.get(cause) or WORDS.get(cause, "")
    if "pool" not in why:
        return _without_pool(cause, start, why)
    pool = why["pool_name"]
    if why.get("method") == "claim":
        pool = f"the queue {pool}"
    skills = f" for {', '.join(why['skills'])}" if why.get("skills") else ""
    way = f"Rule “{why['rule_name']}” leads to {pool}{skills}" if "rule" in why else f"No rule matched, so {pool}"
    counts: dict[str, int] = {}
    for reason in why.get("skipped", {}).values():
        counts[reason] = counts.get(reason, 0) + 1
    left_out = ", ".join(f"{n} {SKIPPED.get(reason, reason)}" for reason, n in sorted(counts.items()))
    sentence = f"{start}. {way}" if start and cause in {*MOVED, "nobody", "picked", "claim"} else way
    sentence += f"; {_turn(why)}" if why.get("eligible") else ""
    return sentence + (f" ({left_out} passed over)" if left_out else "") + "."


def _turn(why: dict[str, Any]) -> str:
    if "next_open" in why:
        return "nobody was on shift, and theirs starts first"
    return "they had the least open" if why.get("method") == "least_loaded" else "it was their turn"


def _without_pool(cause: str, start: str, why: dict[str, Any]) -> str:
    """Nobody took a turn: by somebody's word, by what they had already, or by a rule that names them."""
    routed = str(why.get("cause", ""))
    if "rule" in why:
        way = f"Rule “{why['rule_name']}” leads to {TO.get(str(why.get('to')), 'them')}"
        return f"{start}. {way}." if start and cause in {*MOVED, "nobody"} else f"{way}."
    about = ROUTED_TO.get(routed, "") if cause in MOVED else ""
    if cause == "named_account" and why.get("list"):
        about = f"the list {why['list']}"
    return f"{': '.join(part for part in (start, about) if part)}." if start else "No reason was kept."
