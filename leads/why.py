"""Why somebody has a lead, in words. Pure; counts instead of names, so that it asks nothing."""

from typing import Any

WORDS = {
    "account_owner": "They own the account",
    "named_account": "It is a named account of theirs",
    "manual": "Given by hand",
    "accepted": "They accepted it",
    "import": "So said the imported file",
    "merge": "They had the record that was merged into this one",
    "nobody": "Nobody could own it: no pool has anybody who is here",
}
# Why it did not stay with whoever had it; the pool that chose the next one is said as well.
MOVED = {
    "handover": "Handed over from somebody who couldn't go on",
    "breach": "Moved on because first response ran late",
}
SKIPPED = {
    "leave": "on leave", "off_shift": "off shift", "cap": "with a full desk", "previous": "who had it before",
    "inactive": "who left", "benched": "taking no new leads",
}  # fmt: skip


def why_sentence(ownership: Any) -> str:
    """Why this owner, in a sentence, from an Ownership or from its `why` alone (which must then have `cause`)."""
    why: dict[str, Any] = ownership if isinstance(ownership, dict) else ownership.why
    cause = why.get("cause") if isinstance(ownership, dict) else ownership.cause
    routed = why.get("cause", "")
    start = MOVED.get(str(cause)) or WORDS.get(str(cause), "")
    if "pool" not in why:
        account = "their account" if cause == "handover" and routed == "account_owner" else ""
        return ": ".join(part for part in (start, account) if part) + "." if start else "No reason was kept."
    pool = why["pool_name"]
    way = f"Rule “{why['rule_name']}” leads to {pool}" if "rule" in why else f"No rule matched, so {pool}"
    counts: dict[str, int] = {}
    for reason in why.get("skipped", {}).values():
        counts[reason] = counts.get(reason, 0) + 1
    left_out = ", ".join(f"{n} {SKIPPED.get(reason, reason)}" for reason, n in sorted(counts.items()))
    turn = "nobody was on shift, and theirs starts first" if "next_open" in why else "it was their turn"
    sentence = f"{start}. {way}" if start and cause in {*MOVED, "nobody"} else way
    sentence += f"; {turn}" if why.get("eligible") else ""
    return sentence + (f" ({left_out} passed over)" if left_out else "") + "."
