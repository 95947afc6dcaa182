"""The promises a company begins with (DOMAIN 1.3, chains 1.6), as data; an admin changes them later, line by line."""

from collections.abc import Sequence
from typing import Any

HOT = {
    "any": [
        {"attribute": "lead.hand_raise", "op": "in", "value": ["demo", "contact"]},
        {"attribute": "score.pql", "op": "is", "value": True},
        {"attribute": "score.cell", "op": "is", "value": "A1"},
    ]
}
INTENT = {
    "any": [
        {"attribute": "score.cell", "op": "in", "value": ["A2", "B1"]},
        {"touches": {"kind": ["page_view"], "url_contains": "/pricing"}, "at_least": 3, "within_days": 7},
    ]
}
MINUTE, HOUR, DAY = 60, 3_600, 86_400
PAUSES = ["prospect_asked", "legal_hold"]


def step(level: int, who: str, how: str = "app", *, after: int | None = None, then: str = "") -> dict[str, Any]:
    return {"level": level, "after": after, "who": who.split(), "how": how.split(), "then": then}


HOT_LADDER = [
    step(50, "owner"),
    step(75, "owner", "browser"),
    step(90, "owner manager", "browser slack"),
    step(100, "owner manager", "browser slack", then="reassign"),
    step(101, "monitor", "browser email", after=5 * MINUTE),
]
INTENT_LADDER = [
    step(50, "owner"),
    step(75, "owner", "browser"),
    step(90, "owner", "browser"),
    step(100, "owner manager", "browser slack", then="reassign"),
    step(101, "monitor", "browser email", after=30 * MINUTE),
]
SLOW_LADDER = [
    step(75, "owner"),
    step(100, "owner manager", "browser email"),
    step(101, "monitor", "email", after=4 * HOUR),
    step(102, "executive", "email", after=DAY),
]
QUIET_LADDER = [step(75, "owner"), step(100, "owner manager", "email")]


def line(
    target: str, tier: str, name: str, condition: dict, amount: int, ladder: Sequence[dict], **more: Any
) -> dict[str, Any]:
    return {"target": target, "tier": tier, "name": name, "condition": condition, "amount": amount,
            "ladder": ladder, **more}  # fmt: skip


LINES: list[dict[str, Any]] = [
    line("first_response", "hot", "Hot lead answered", HOT, 5 * MINUTE, HOT_LADDER, hops=2),
    line("first_response", "intent", "High intent answered", INTENT, HOUR, INTENT_LADDER, hops=2,
         pause_reasons=PAUSES),
    line("first_response", "standard", "Any MQL answered", {}, DAY, SLOW_LADDER, hours="always", pause_reasons=PAUSES),
    line("assignment", "", "Every MQL has an owner", {}, 2 * MINUTE, [step(100, "monitor", "browser email")], goal=99),
    line("disposition", "", "Accepted, rejected or recycled", {}, 2 * DAY, SLOW_LADDER, hours="always", goal=95,
         pause_reasons=PAUSES),
    line("touch_minimum", "", "Touches after accepting", {}, 21, QUIET_LADDER, unit="days", pause_reasons=PAUSES,
         terms={"touches": 8, "channels": 2, "per_day": 2}),
    line("stage_age", "", "Moves on, or goes back", {}, 7, QUIET_LADDER, unit="days", pause_reasons=PAUSES,
         goal=80, terms={"factor": 1.5, "sample": 10}),
    line("next_step", "", "Next step done when promised", {}, 0, [step(100, "owner", "browser"),
         step(101, "manager", "email", after=8 * HOUR)], goal=90, pause_reasons=PAUSES),
    line("handoff_sched", "", "Hand-over call booked", {}, 2, QUIET_LADDER, unit="business_days", pause_reasons=PAUSES),
    line("handoff_call", "", "Hand-over call held", {}, 10, QUIET_LADDER, unit="business_days", pause_reasons=PAUSES),
]  # fmt: skip
# A month, or three, to the day: agreed with nobody and changed by nobody (DOMAIN 7.2).
BY_LAW: dict[str, Any] = line("data_request", "", "Requests about data answered", {}, 0, [
    step(50, "owner"), step(75, "owner", "browser email"), step(90, "owner executive", "browser email"),
    step(100, "owner executive", "browser email"),
], hours="always", goal=100)  # fmt: skip
# What the two desks owe each other: a decision on a discount, a first answer to a request for content (DOMAIN 6, 8.1).
BETWEEN_DESKS: list[dict[str, Any]] = [
    line("discount", "", "Discounts are decided on", {}, DAY, [
        step(50, "owner"), step(90, "owner", "browser email"), step(100, "owner manager", "browser email"),
        step(101, "executive", "email", after=DAY),
    ], hours="always"),
    line("content", "", "Requests for content are answered", {}, 4 * HOUR, [
        step(75, "owner", "browser"), step(100, "owner manager", "browser email"),
        step(101, "monitor", "email", after=4 * HOUR),
    ]),
]  # fmt: skip
# What a side promises for a period. The quota of leads has no default: it is derived from the company's own target.
COMMITMENTS: list[dict[str, Any]] = [
    {"key": "quality", "side": "marketing", "goal": 100},
    {"key": "overrides", "side": "marketing", "goal": 0},
    {"key": "rejection", "side": "both", "goal": 30, "inputs": {"least": 20}},
    {"key": "rubber_stamp", "side": "both", "goal": 98, "inputs": {"seconds": 5, "least": 20}},
    {"key": "feedback", "side": "sales", "goal": 95},
]
