"""Routing in words for its pages: where a rule leads, what one plan says otherwise, what became of a run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journal.models import Entry
from leads import conditions
from leads.models import Pool, RoutingPlan, RoutingRule
from leads.routing.draft_differences import OPTIONS, Difference
from leads.routing.why import SKIPPED
from revops.lib.errors import Invalid
from revops.lib.words import plural
from teams.models import User

METHODS = {"turns": "by turns", "least_loaded": "to the least loaded", "claim": "a claim queue"}
FIELDS = {
    "name": "name", "condition": "who", "where": "where it leads", "skills": "skills", "is_active": "switched on",
    "place": "place", "rule": "rule", "to": "where it leads", "pool": "pool", "person": "person",
}  # fmt: skip
# What is asked before any rule, as lines of a list.
BEFORE = {
    "deal_owner": "Who has an open deal with the company, or won one",
    "named_accounts": "Who has the company on a list of named accounts",
    "account_owner": "Who owns the account",
    "sticky_days": "Who had this person’s last lead",
    "account_sticky": "Who has another open lead of the company",
}
CAUSES = {
    "deal_owner": "deal_owner", "named_accounts": "named_account", "account_owner": "account_owner",
    "sticky_days": "sticky", "account_sticky": "account_sticky",
}  # fmt: skip
SUBJECT = "routing"


def says(condition: Any) -> str:
    """The condition as a sentence; what can't be read says so."""
    try:
        return conditions.sentence(condition) if condition else "Everybody no rule above takes"
    except Invalid as refusal:
        return f"can’t be read: {refusal.detail}"


def where(rule: RoutingRule) -> str:
    """`Midwest, by turns` · `Overflow, a claim queue` · `Lena Fischer` · `the account’s owner`."""
    if rule.to == RoutingRule.To.POOL:
        return pool(rule.pool) if rule.pool else "n/a"
    return str(rule.person) if rule.to == RoutingRule.To.PERSON else "the account’s owner"


def pool(found: Pool) -> str:
    return f"{found}, {METHODS.get(found.method, found.method)}"


def skills(words: Any) -> str:
    return " and ".join(words) if words else "no skill asked"


def option(name: str, plan: RoutingPlan) -> str:
    value = getattr(plan, name)
    if name == "sticky_days":
        return f"if that began at most {plural(value, 'day')} ago" if value else "not asked"
    return "asked" if value else "not asked"


def change(found: Difference) -> dict[str, str]:
    """{"name", "what", "before", "after"} of one difference."""
    if found.line is None:
        return {"name": BEFORE[found.field], "what": "", "before": _option(found.field, found.before),
                "after": _option(found.field, found.after)}  # fmt: skip
    said = {"name": found.name, "what": FIELDS.get(found.field, found.field), "before": "", "after": ""}
    if found.field == "rule":
        new = found.before is None
        text = f"leads to {found.after if new else found.before}"
        return said | {"what": "new rule" if new else "rule removed", "after" if new else "before": text}
    return said | {side: _said(found.field, getattr(found, side)) for side in ("before", "after")}


def told_since(draft: RoutingPlan | None, seen: datetime | None) -> list[dict[str, Any]]:
    """What was changed in a draft after `seen` (in all, without it), newest first: {"by", "at", "name", "what",
    "before", "after"}. Three queries."""
    if draft is None:
        return []
    facts = Entry.objects.about(SUBJECT, [draft.pk]).filter(kind="routing.changed").select_related("by")
    facts = list((facts.filter(at__gt=seen) if seen else facts).order_by("-id")[:8])
    names = {str(line): name for line, name in draft.rules.values_list("line", "name")}
    return [
        {"by": str(fact.by), "at": fact.at, "name": names.get(str(fact.data.get("line")), "the plan"), **one}
        for fact in facts
        for one in _told(fact.data)
    ]


def passed_over(skipped: Mapping[str, int]) -> str:
    """`3 on leave, 12 off shift` of {reason: times}."""
    return ", ".join(
        f"{n:,} {SKIPPED.get(reason, reason)}" for reason, n in sorted(skipped.items(), key=lambda x: -x[1])
    )


def editors(draft: RoutingPlan | None) -> str:
    """Who worked on the draft, by name."""
    if draft is None:
        return ""
    facts = Entry.objects.about(SUBJECT, [draft.pk]).filter(kind__in=["routing.changed", "routing.drafted"])
    return " and ".join(sorted(str(user) for user in User.objects.filter(pk__in=facts.values("by_id"))))


def administrators() -> str:
    """Who may change this, for those who may not."""
    names = [str(user) for user in User.objects.active().filter(role="admin", is_service=False).order_by("name")[:3]]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "a RevOps administrator"


def _told(data: dict[str, Any]) -> list[dict[str, str]]:
    for key, what in (("added", "new rule"), ("removed", "rule removed"), ("copied", "copied"),
                      ("returned", "rule put back")):  # fmt: skip
        if key in data:
            return [{"what": what, "before": "", "after": ""}]
    if "options" in data:
        return [
            {"what": OPTIONS.get(name, name), "before": _option(name, old), "after": _option(name, new)}
            for name, (old, new) in data["options"].items()
        ]
    pairs = data.get("fields") or {"place": data.get("place", [0, 0])}
    return [
        {"what": FIELDS.get(name, name), "before": _said(name, old), "after": _said(name, new)}
        for name, (old, new) in pairs.items()
        if name not in ("pool", "person")  # ids; where it leads is seen on the page
    ] or [{"what": "where it leads", "before": "", "after": ""}]


def _option(name: str, value: Any) -> str:
    if name == "sticky_days":
        return f"at most {plural(value, 'day')} ago" if value else "not asked"
    return str(value) if name == "note" else "asked" if value else "not asked"


def _said(field: str, value: Any) -> str:
    if field == "condition":
        return says(value)
    if field == "skills":
        return skills(value)
    if field == "is_active":
        return "on" if value else "off"
    return "" if value is None else str(value)
