"""Changing what counts: a draft is edited rule by rule, then published whole (`publishing`), or discarded.

Only RevOps administrators, and keys with the scope admin. One draft at a time; one change at a time (a lock held to the
end of the transaction). Who says what they saw (`seen`, the draft's `edited_at`) is refused with code `stale` when
somebody else was faster, and told who and when. Every change is a fact about the draft with the old and the new value.
A rule keeps its `line` through all versions; a group is known by its name.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from journal.models import Entry
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from scoring import draft_fields
from scoring.draft_checks import Problem, problems
from scoring.draft_differences import CUTS, RULE_FIELDS, Difference, differences, rules_of
from scoring.draft_hold import check_open, edited, held, held_group, held_model, hold, tell
from scoring.models import Rule, RuleGroup, ScoringModel
from teams import access

__all__ = [
    "SAME", "Difference", "Problem", "add", "change", "differences", "discard", "duplicate", "live", "move",
    "open_draft", "problems", "put_back", "remove", "remove_group", "set_cuts", "set_group", "the_draft", "the_shadow",
]  # fmt: skip

State = ScoringModel.State
SAME: Any = object()  # the group a rule is in already
NEW = {
    Rule.Kind.FIT: {"name": "New fit rule", "condition": {"attribute": "company.industry", "op": "is_set"}},
    Rule.Kind.ENGAGEMENT: {"name": "New engagement rule", "touches": {"kind": ["page_view"]}, "half_life_days": 14.0},
    Rule.Kind.USAGE: {"name": "New usage rule", "touches": {"kind": ["feature_use"]}, "at_least": 1,
                      "within_days": 30.0},
}  # fmt: skip


def live() -> ScoringModel:
    """What is in force. Raises ScoringModel.DoesNotExist only before the first version, which a migration publishes."""
    return ScoringModel.objects.get(state=State.PUBLISHED)


def the_draft() -> ScoringModel | None:
    return ScoringModel.objects.filter(state=State.DRAFT).first()


def the_shadow() -> ScoringModel | None:
    return ScoringModel.objects.filter(state=State.SHADOW).first()


def open_draft(*, by: Any, at: datetime, via: str = "page") -> ScoringModel:
    """The draft that is open, or a new one: a copy of what is live, rule by rule, same `line` ids."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        draft = the_draft()
        if draft is None:
            present = live()
            draft = copied(present, based_on=present, by=by, at=at, state=State.DRAFT)
            tell("model.drafted", draft, by=by, at=at, via=via, based_on=present.version)
    return draft


def change(
    rule: Rule, fields: Mapping[str, Any], *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Rule:
    """Set some of `draft_fields.EDITABLE`; `group` is an id, a RuleGroup or None. What is as it was is no change.

    A half-life takes the window's place and a window the half-life's. Raises Invalid naming each field.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft, rule = held(rule, seen=seen)
        said = draft_fields.read(fields, kind=rule.kind, draft=draft)
        draft_fields.settle(said, rule)
        before = {name: getattr(rule, name) for name in said}
        changed = {name: value for name, value in said.items() if value != before[name]}
        if changed:
            for name, value in changed.items():
                setattr(rule, name, value)
            rule.save(update_fields=list(changed))
            edited(draft, at=at)
            told = {name.removesuffix("_id"): [before[name], value] for name, value in changed.items()}
            tell("model.changed", draft, by=by, at=at, via=via, line=rule.line, fields=told)
    return rule


def add(
    draft: ScoringModel, *, kind: str, fields: Mapping[str, Any] | None = None, by: Any, at: datetime,
    before: Rule | None = None, seen: datetime | None = None, via: str = "page",
) -> Rule:  # fmt: skip
    """A new rule in front of the rule `before` (of the same kind, whose group it shares), else as the last of its kind.

    What `fields` leaves out is a modest beginning to be edited: ten points for something common.
    """
    access.require(by, "administer")
    if kind not in Rule.Kind.values:
        raise Invalid(f"Choose one of: {', '.join(Rule.Kind.values)}.", code="not_a_choice", field="kind")
    with transaction.atomic():
        draft = held_model(draft, seen=seen)
        rules = _all(draft)
        same = [one for one in rules if one.kind == kind]
        front = next((one for one in same if before is not None and one.pk == before.pk), None)
        if before is not None and front is None:
            raise Invalid("The rule to stand in front of is not of this kind.", code="not_a_choice", field="before")
        said = draft_fields.read(fields or {}, kind=kind, draft=draft)
        rule = Rule(
            model=draft, kind=kind, points=10, group_id=front.group_id if front else None, **NEW[Rule.Kind(kind)]
        )
        if kind == Rule.Kind.ENGAGEMENT and said.get("at_least") and "half_life_days" not in said:
            rule.half_life_days = None  # a rule that counts holds as long as it counts
        draft_fields.settle(said, rule)
        for name, value in said.items():
            setattr(rule, name, value)
        place = rules.index(front) if front else rules.index(same[-1]) + 1 if same else len(rules)
        _insert(draft, rules, rule, place)
        edited(draft, at=at)
        tell("model.changed", draft, by=by, at=at, via=via, line=rule.line, added=[kind, rule.name, rule.points])
    return rule


def duplicate(rule: Rule, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> Rule:
    """The same rule once more right behind it, with a line of its own."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, rule = held(rule, seen=seen)
        rules = _all(draft)
        same = {name: getattr(rule, name) for name in RULE_FIELDS}
        copy = Rule(model=draft, kind=rule.kind, group=rule.group, **{**same, "name": f"{rule.name[:112]} (copy)"})
        _insert(draft, rules, copy, rules.index(rule) + 1)
        edited(draft, at=at)
        tell("model.changed", draft, by=by, at=at, via=via, line=copy.line, copied=rule.line)
    return copy


def remove(rule: Rule, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Take a rule out of the draft; twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_model(rule.model, seen=seen)
        gone = bulk.query(
            "DELETE FROM scoring_rule WHERE id = %s AND model_id = %s "
            "RETURNING line, kind, name, points, to_jsonb(scoring_rule) - 'id' - 'model_id'",
            [rule.pk, draft.pk],
        )
        if gone:
            edited(draft, at=at)
            [(line, *what, whole)] = gone
            tell("model.changed", draft, by=by, at=at, via=via, line=line, removed=what, rule=bulk.loads(whole))


def put_back(
    draft: ScoringModel, line: UUID, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Rule:  # fmt: skip
    """The rule that was taken out of this draft, as it was, where it stood; twice is once. A group that is gone since
    stays gone. Raises Refused (code `stale`) when there is nothing to put back."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_model(draft, seen=seen)
        there = draft.rules.select_related("group").filter(line=line).first()
        if there is not None:
            return there
        facts = Entry.objects.about("model", [draft.pk]).filter(kind="model.changed", data__line=str(line))
        fact = facts.filter(data__has_key="rule").order_by("-id").first()
        if fact is None:
            raise Refused("This rule was not taken out of the draft that is open now.", code="stale")
        kept = dict(fact.data["rule"])
        if not draft.groups.filter(pk=kept["group_id"]).exists():
            kept["group_id"] = None
        rules = _all(draft)
        rule = Rule(model=draft, **kept)
        place = next((i for i, one in enumerate(rules) if one.position >= rule.position), len(rules))
        _insert(draft, rules, rule, place)
        edited(draft, at=at)
        tell("model.changed", draft, by=by, at=at, via=via, line=rule.line, returned=rule.name)
    return rule


def move(
    rule: Rule, *, to: int, group: RuleGroup | int | None = SAME, by: Any, at: datetime, seen: datetime | None = None,
    via: str = "page",
) -> Rule:  # fmt: skip
    """Put a rule in the place `to` (from 1) among all rules of its kind, and into `group` (None: into none).

    Beyond the ends means at the end.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft, rule = held(rule, seen=seen)
        told: dict[str, Any] = {}
        if group is not SAME:
            group_id = draft_fields.read({"group": group}, kind=rule.kind, draft=draft)["group_id"]
            if group_id != rule.group_id:
                told["fields"] = {"group": [rule.group_id, group_id]}
                rule.group_id = group_id
                rule.save(update_fields=["group"])
        rules = _all(draft)
        slots = [i for i, one in enumerate(rules) if one.kind == rule.kind]
        same = [rules[i] for i in slots]
        place = same.index(rule)
        wanted = max(0, min(int(to) - 1, len(same) - 1))
        if place != wanted:
            same.insert(wanted, same.pop(place))
            for i, one in zip(slots, same, strict=True):
                rules[i] = one
            _number(rules)
            told["place"] = [place + 1, wanted + 1]
        if told:
            edited(draft, at=at)
            tell("model.changed", draft, by=by, at=at, via=via, line=rule.line, **told)
    return Rule.objects.select_related("group", "model").get(pk=rule.pk)


def set_group(
    draft: ScoringModel, *, group: RuleGroup | None = None, name: str = SAME, cap: float | None = SAME, by: Any,
    at: datetime, seen: datetime | None = None, via: str = "page",
) -> RuleGroup:  # fmt: skip
    """A new group, or `group` with another name or cap (None: no cap). What is not given stays; a new one needs a name.

    `cap`: the most points its rules of one kind may add together. Raises Invalid naming the field.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_model(draft, seen=seen)
        known = draft.groups.filter(pk=group.pk).first() if group is not None else None
        if group is not None and known is None:
            raise Refused("Somebody has taken this group out of the draft. Nothing was changed.", code="stale")
        before = {"name": known.name, "cap": known.cap} if known else {"name": "", "cap": None}
        given = {key: value for key, value in (("name", name), ("cap", cap)) if value is not SAME}
        said = draft_fields.read_group(draft, known, **{**before, **given})
        if known is None and draft.groups.count() >= draft_fields.MOST_GROUPS:
            raise Refused(f"A model has at most {draft_fields.MOST_GROUPS} groups.", code="too_many")
        if known is None or said != before:
            last = draft.groups.aggregate(last=Max("position"))["last"]
            made = known or RuleGroup(model=draft, position=0 if last is None else last + 1)
            made.name, made.cap = said["name"], said["cap"]
            made.save()
            edited(draft, at=at)
            tell("model.changed", draft, by=by, at=at, via=via, group=[before if known else None, said])
            return made
    return known


def remove_group(group: RuleGroup, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Take a group out of the draft; its rules stay, without a group. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, known = held_group(group, seen=seen)
        if known is not None:
            draft.rules.filter(group=known).update(group=None)
            known.delete()
            edited(draft, at=at)
            was = {"name": known.name, "cap": known.cap}
            tell("model.changed", draft, by=by, at=at, via=via, group=[was, None])


def set_cuts(
    draft: ScoringModel, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page", **fields: Any
) -> ScoringModel:
    """Set some of fit_a, fit_b, engagement_1, engagement_2 (points, in order), top_share (percent, 5–50) and pql_all.

    Raises Invalid naming each field.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_model(draft, seen=seen)
        said = draft_fields.read_cuts(draft, fields)
        before = {name: getattr(draft, name) for name in said}
        changed = {name: value for name, value in said.items() if value != before[name]}
        if changed:
            for name, value in changed.items():
                setattr(draft, name, value)
            draft.save(update_fields=list(changed))
            edited(draft, at=at)
            told = {name: [before[name], value] for name, value in changed.items()}
            tell("model.changed", draft, by=by, at=at, via=via, cuts=told)
    return draft


def discard(draft: ScoringModel, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Throw the draft away, with its replays; nothing that is live changes. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = ScoringModel.objects.filter(pk=draft.pk).first()
        if kept is None:
            return
        check_open(kept, seen=seen)
        # A replay that counts at this moment writes no row more of what goes.
        bulk.query("SELECT id FROM scoring_replayrun WHERE draft_id = %s FOR UPDATE", [kept.pk])
        gone = ScoringModel(pk=kept.pk, version=kept.version)
        kept.delete()
        tell("model.discarded", gone, by=by, at=at, via=via)


# --- what they have in common ------------------------------------------------


def copied(source: ScoringModel, *, based_on: ScoringModel, by: Any, at: datetime, state: str) -> ScoringModel:
    """A model of the next version with the same rules under the same lines, its own groups among them."""
    copy = ScoringModel.objects.create(
        version=next_version(), state=state, based_on=based_on, created_at=at, created_by=by, edited_at=at,
        **{name: getattr(source, name) for name in CUTS},
    )  # fmt: skip
    olds = list(source.groups.order_by("position", "id"))
    news = RuleGroup.objects.bulk_create(
        RuleGroup(model=copy, name=g.name, cap=g.cap, position=g.position) for g in olds
    )
    groups = {old.pk: new for old, new in zip(olds, news, strict=True)}
    Rule.objects.bulk_create(
        Rule(
            model=copy, line=rule.line, kind=rule.kind, position=place,
            group=groups[rule.group_id] if rule.group_id else None,
            **{name: getattr(rule, name) for name in RULE_FIELDS},
        )
        for place, rule in enumerate(rules_of(source), 1)
    )  # fmt: skip
    return copy


def next_version() -> int:
    return (ScoringModel.objects.aggregate(newest=Max("version"))["newest"] or 0) + 1


def _all(draft: ScoringModel) -> list[Rule]:
    return list(draft.rules.order_by("position", "id"))


def _insert(draft: ScoringModel, rules: list[Rule], rule: Rule, place: int) -> None:
    if len(rules) >= draft_fields.MOST_RULES:
        raise Refused(f"A model has at most {draft_fields.MOST_RULES} rules.", code="too_many")
    rule.save()
    rules.insert(place, rule)
    _number(rules)


def _number(rules: Sequence[Rule]) -> None:
    """Positions in this order."""
    rows = [(rule.pk, position) for position, rule in enumerate(rules, 1)]
    relation, params = bulk.source({"id": "bigint", "position": "int"}, rows)
    bulk.run([(f"UPDATE scoring_rule r SET position = v.position FROM {relation} WHERE r.id = v.id", params)])
    for rule, (_, position) in zip(rules, rows, strict=True):
        rule.position = position
