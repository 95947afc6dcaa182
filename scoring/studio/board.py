"""The studio's page: rules under their groups with what changed, how they fared and what is wrong; the opened rule as a
sentence of slots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from journal.models import Entry
from leads.conditions import editor
from leads.conditions.slots import Slot
from revops.lib.words import plural
from scoring import drafts, words
from scoring.compiling import half_life, is_frequency
from scoring.definitions import drafts as definition_drafts
from scoring.draft_differences import Difference, rules_of
from scoring.models import Rule, RuleGroup, ScoringModel
from scoring.replay import statistics
from scoring.studio import words as studio_words
from teams import access
from teams.models import User

NO_DRAFT = "none"  # what somebody saw who began from what is live
KINDS = {
    Rule.Kind.FIT: ("Fit", "who they are; it does not fade"),
    Rule.Kind.ENGAGEMENT: ("Engagement", "what they do; it fades or leaves its window"),
    Rule.Kind.USAGE: ("Product use", "what they do in the product; it makes them product-qualified"),
}


@dataclass(slots=True)
class Row:
    """`was`: the points before; `fared`: words on how the rule did."""

    rule: Rule
    says: str
    points: str
    was: str = ""
    is_new: bool = False
    changed: bool = False
    fared: list[str] = field(default_factory=list)
    problems: list[drafts.Problem] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """Rules of one kind in one group (None: without one), in order. `cap_was`: struck when it is another now."""

    group: RuleGroup | None
    cap: str
    cap_was: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Card:
    kind: str
    title: str
    about: str
    blocks: list[Block]


@dataclass(slots=True)
class State:
    """Which model is shown to whom. `may`: edits; `seen`: names the state of the draft that is edited."""

    may: bool
    live: ScoringModel
    draft: ScoringModel | None
    shadow: ScoringModel | None
    shown: ScoringModel
    rules: list[Rule]
    before: list[Rule]
    differences: list[Difference]
    problems: list[drafts.Problem]
    seen: str

    @property
    def changed(self) -> set[UUID]:
        return {one.line for one in self.differences if one.line is not None}

    @property
    def blocked(self) -> str:
        """Why it can't be published; "" when it can."""
        if wrong := next((one for one in self.problems if one.blocks), None):
            return wrong.text
        return "" if self.differences else "Nothing is changed yet."

    @property
    def so_far(self) -> str:
        """`changed 2 rules and the cut-offs`."""
        lines, rest = len(self.changed), {one.field for one in self.differences if one.line is None}
        parts = [plural(lines, "rule")] if lines else []
        parts += ["the cut-offs"] if rest - {"cap"} else []
        parts += ["the group limits"] if "cap" in rest else []
        return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def state_of(user: Any) -> State | None:
    """Readers see what is live; administrators the draft, if there is one. None: nothing was ever published.

    At most ten queries."""
    may = access.may(user, "administer")
    models = ScoringModel.objects.exclude(state="retired").select_related("published_by", "created_by")
    by_state = {model.state: model for model in models}
    live = by_state.get("published")
    if live is None:
        return None
    draft = by_state.get("draft") if may else None
    shown = draft or live
    before = rules_of(live)
    if draft is not None and draft.based_on_id == live.pk:
        draft.based_on = live
    return State(
        may, live, draft, by_state.get("shadow"), shown, rules_of(draft) if draft else before, before,
        drafts.differences(draft) if draft else [], drafts.problems(shown) if may else [],
        draft.edited_at.isoformat() if draft and draft.edited_at else NO_DRAFT,
    )  # fmt: skip


def of(state: State, chosen: UUID | None, *, now: datetime) -> dict[str, Any]:
    """Everything the page needs besides its frame and the replay."""
    fared = _fared(state)
    before = {rule.line: rule for rule in state.before}
    caps = dict(state.live.groups.values_list("name", "cap"))
    groups = list(state.shown.groups.all())
    cards = []
    for kind, (title, about) in KINDS.items():
        rules = [rule for rule in state.rules if rule.kind == kind]
        blocks = []
        for group in [*groups, None]:
            mine = [rule for rule in rules if rule.group_id == (group.pk if group else None)]
            if mine:
                rows = [_row(state, rule, before.get(rule.line), fared) for rule in mine]
                blocks.append(Block(group, *_cap(group, caps, state), rows))
        cards.append(Card(kind, title, about, blocks))
    shown = {rule.line for card in cards for block in card.blocks for rule in (row.rule for row in block.rows)}
    opened = next((rule for rule in state.rules if rule.line == chosen), None)
    context = {
        "state": state, "cards": cards, "gone": [rule for rule in state.before if rule.line not in shown],
        "loose": [one for one in state.problems if one.line is None], "edited_by": editors(state.draft),
        "empty_groups": [one for one in groups if not any(rule.group_id == one.pk for rule in state.rules)],
        "grid": grid(state, now=now),
    }  # fmt: skip
    if opened is not None:
        context |= opened_rule(state, opened, before)
    return context


def displayed(rules: Sequence[Rule], groups: Sequence[RuleGroup]) -> list[Rule]:
    """Rules of one kind in the order in which the page shows them: group by group."""
    places = {group.pk: place for place, group in enumerate(groups)}
    return sorted(rules, key=lambda rule: (places.get(rule.group_id, len(places)), rule.position, rule.pk))


def opened_rule(state: State, rule: Rule, before: Mapping[UUID, Rule]) -> dict[str, Any]:
    was = before.get(rule.line) if state.draft else None
    base = f"/scoring/rules/{rule.line}"
    seen = f"?seen={quote(state.seen, safe='')}"
    may = state.may
    told = {
        "name": (lambda one: one.name, "Name"),
        "points": (lambda one: words.signed(one.points), "Points"),
        "group": (lambda one: one.group.name if one.group else "no group", "Group"),
        "often": (studio_words.often, "How often"),
        "lasts": (studio_words.lasts, "How long the points last"),
        "what": (studio_words.doing, "What they do"),
    }
    slots = {}
    for name, (said, label) in told.items():
        if rule.kind == Rule.Kind.FIT and name in ("often", "lasts", "what"):
            continue
        text, earlier = said(rule), said(was) if was else ""
        changed = was is not None and earlier != text
        href = f"{base}/{name}/{seen}" if may else ""
        slots[name] = Slot(text, f"slot-{name}", href, earlier if changed else "", changed, f"{label}: {text}")
    action = f"{base}/condition/{seen}" if may else ""
    everyone = "Everyone" if rule.kind == Rule.Kind.FIT else "Whoever they are."
    return {
        "rule": rule, "slots": slots, "condition_url": action, "counts": is_frequency(rule),
        "fades": half_life(rule) is not None, "is_fit": rule.kind == Rule.Kind.FIT,
        "sentence": editor.render(
            rule.condition, before=was.condition if was else None, action_url=action, everyone=everyone
        ),
    }  # fmt: skip


def grid(state: State, *, now: datetime) -> dict[str, Any]:
    """The cut-offs and what makes an MQL of a score: in force, and proposed where it differs."""
    from scoring.definitions import current

    model, live = state.shown, state.live
    force = current("mql", at=now)
    proposal = definition_drafts.the_draft("mql") if state.may else None
    by = definition_drafts.mql_by(proposal or force)
    was = definition_drafts.mql_by(force)
    marked = by.names if isinstance(by, definition_drafts.Cells) else frozenset()
    had = was.names if isinstance(was, definition_drafts.Cells) else frozenset()
    changed = model.pk != live.pk

    def cut(name: str) -> dict[str, Any]:
        value, old = getattr(model, name), getattr(live, name)
        return {"name": name, "value": f"{value:g}", "said": words.plain(value),
                "was": words.plain(old) if changed and old != value else ""}  # fmt: skip

    rows = [
        {"letter": letter, "cut": cut(name) if name else None, "cells": [
            {"name": f"{letter}{digit}", "mql": f"{letter}{digit}" in marked,
             "changed": proposal is not None and (f"{letter}{digit}" in marked) != (f"{letter}{digit}" in had)}
            for digit in "123"
        ]}
        for letter, name in (("A", "fit_a"), ("B", "fit_b"), ("C", ""))
    ]  # fmt: skip
    return {
        "columns": [cut("engagement_1"), cut("engagement_2"), None], "rows": rows, "definition": force,
        "proposal": proposal, "mode": studio_words.mode(by, model), "mode_was": studio_words.mode(was, live),
        "is_cells": isinstance(by, definition_drafts.Cells), "by": by, "pql_all": model.pql_all,
        "fit_b": words.plain(model.fit_b), "engagement_2": words.plain(model.engagement_2),
    }  # fmt: skip


def _row(state: State, rule: Rule, was: Rule | None, fared: Mapping[UUID, list[str]]) -> Row:
    row = Row(rule, studio_words.says(rule), words.signed(rule.points), is_new=was is None)
    row.changed = rule.line in state.changed
    if was is not None and was.points != rule.points:
        row.was = words.signed(was.points)
    row.fared = fared.get(rule.line, [])
    row.problems = [one for one in state.problems if one.line == rule.line]
    return row


def _cap(group: RuleGroup | None, caps: Mapping[str, float | None], state: State) -> tuple[str, str]:
    if group is None:
        return "", ""
    said, old = studio_words.cap(group.cap), studio_words.cap(caps.get(group.name))
    return said, old if state.draft and group.name in caps and old != said else ""


def _fared(state: State) -> dict[UUID, list[str]]:
    """{line: `fires on 2.1% · won 31% · +1,240 points in 30 days`} from the newest count of each model."""
    found = statistics.of(state.live)
    if state.draft is not None:
        found = {line: one for line, one in found.items() if line not in state.changed}
        found |= statistics.of(state.draft)
    return {line: studio_words.fared(one) for line, one in found.items()}


def editors(draft: ScoringModel | None) -> str:
    """Who worked on the draft, by name."""
    if draft is None:
        return ""
    facts = Entry.objects.about("model", [draft.pk]).filter(kind__in=["model.changed", "model.drafted"])
    users = {user.pk: user for user in User.objects.filter(pk__in=facts.values("by_id"))}
    return " and ".join(sorted(str(user) for user in users.values()))


def administrators() -> str:
    """Who may change this, for those who may not."""
    names = [str(user) for user in User.objects.active().filter(role="admin", is_service=False).order_by("name")[:3]]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "a RevOps administrator"
