"""The plan as its page shows it: the rules in their order with what changed, how many they took, what is wrong."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from leads.conditions import editor
from leads.conditions.slots import Slot
from leads.models import Pool, RoutingPlan, RoutingRule
from leads.routing import drafts, hits, page_words, waiting
from leads.routing.draft_differences import OPTIONS, rules_of
from teams import access

NO_DRAFT = "none"  # what somebody saw who began from what is live


@dataclass(slots=True)
class Row:
    """`taken`: of the last 30 days' leads; None of a rule that was never live."""

    rule: RoutingRule
    place: int
    says: str
    where: str
    skills: str = ""
    is_new: bool = False
    changed: bool = False
    taken: int | None = None
    problems: list[drafts.Problem] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """Which plan is shown to whom. `may`: edits. `seen`: names the state of the draft that is edited."""

    may: bool
    live: RoutingPlan
    draft: RoutingPlan | None
    shown: RoutingPlan
    rules: list[RoutingRule]
    before: list[RoutingRule]
    problems: list[drafts.Problem]
    differences: list[drafts.Difference]
    seen: str

    @property
    def changed(self) -> set[UUID]:
        return {one.line for one in self.differences if one.line}

    @property
    def changes(self) -> list[dict[str, str]]:
        return [page_words.change(one) for one in self.differences]

    @property
    def blocked(self) -> str:
        """Why it can't be published; "" when it can."""
        if wrong := next((one for one in self.problems if one.blocks), None):
            return wrong.text
        return "" if self.differences else "Nothing is changed yet."


def state_of(user: Any) -> State:
    """Readers see what is live; administrators the draft, if there is one. At most ten queries."""
    may = access.may(user, "administer")
    live = RoutingPlan.objects.select_related("published_by").get(state="live")
    draft = drafts.the_draft() if may else None
    before = rules_of(live)
    return State(
        may, live, draft, draft or live, rules_of(draft) if draft else before, before,
        drafts.problems(draft or live) if may else [], drafts.differences(draft, against=live) if draft else [],
        draft.edited_at.isoformat() if draft and draft.edited_at else NO_DRAFT,
    )  # fmt: skip


def of(state: State, chosen: UUID | None, *, now: datetime) -> dict[str, Any]:
    """Everything the page needs besides its frame. Four queries more."""
    counted = hits.of(now=now)
    before = {rule.line: rule for rule in state.before}
    rows = [
        Row(
            rule, place, page_words.says(rule.condition), page_words.where(rule),
            page_words.skills(rule.skills) if rule.skills else "", rule.line not in before,
            rule.line in state.changed, counted.rules.get(rule.line, 0) if rule.line in before else None,
            [one for one in state.problems if one.line == rule.line],
        )
        for place, rule in enumerate(state.rules, 1)
    ]  # fmt: skip
    current = next((row for row in rows if row.rule.line == chosen), None)
    fallback = Pool.objects.filter(is_fallback=True).first()
    context: dict[str, Any] = {
        "state": state, "rows": rows, "current": current, "hits": counted, "days": hits.DAYS, "fallback": fallback,
        "fallback_words": page_words.pool(fallback) if fallback else "", "options": _options(state, counted),
        "gone": [rule for rule in state.before if rule.line not in {one.line for one in state.rules}],
        "loose": [one for one in state.problems if one.line is None], "waiting": waiting.counts(),
        "edited_by": page_words.editors(state.draft), "admins": "" if state.may else page_words.administrators(),
    }  # fmt: skip
    return context | (_opened(state, current, before.get(current.rule.line)) if current else {})


def _opened(state: State, row: Row, was: RoutingRule | None) -> dict[str, Any]:
    rule = row.rule
    compared = was if state.draft else None
    action = f"{address(rule)}condition/?seen={quoted(state)}" if state.may else ""
    said = {
        "name": ("Name", lambda one: one.name),
        "where": ("Where it leads", page_words.where),
        "skills": ("Skills asked", lambda one: page_words.skills(one.skills)),
    }
    slots = {}
    for name, (label, words) in said.items():
        text, earlier = words(rule), words(compared) if compared else ""
        changed = compared is not None and earlier != text
        href = f"{address(rule)}{name}/?seen={quoted(state)}" if state.may else ""
        slots[name] = Slot(text, f"slot-{name}", href, earlier if changed else "", changed, f"{label}: {text}")
    return {
        "rule": rule, "slots": slots, "condition_url": action,
        "sentence": editor.render(
            rule.condition, before=compared.condition if compared else None, action_url=action, who="leads",
            everyone="Everybody no rule above takes", count=True,
        ),
    }  # fmt: skip


def _options(state: State, counted: hits.Hits) -> list[dict[str, Any]]:
    """What is asked before any rule, in that order."""
    rows = []
    for name in OPTIONS:
        text, earlier = page_words.option(name, state.shown), page_words.option(name, state.live)
        changed = text != earlier
        href = f"/routing/options/{name}/?seen={quoted(state)}" if state.may else ""
        label = f"{page_words.BEFORE[name]}: {text}"
        slot = Slot(text, f"option-{name}", href, earlier if changed else "", changed, label)
        taken = counted.before.get(page_words.CAUSES[name], 0)
        rows.append({"name": page_words.BEFORE[name], "slot": slot, "taken": taken, "code": name})
    return rows


def address(rule: RoutingRule) -> str:
    return f"/routing/rules/{rule.line}/"


def page(rule: RoutingRule) -> str:
    """The plan with this rule opened."""
    return f"/routing/?line={rule.line}"


def quoted(state: State) -> str:
    return state.seen.replace("+", "%2B")
