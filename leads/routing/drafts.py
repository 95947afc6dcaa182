"""Changing who gets leads: a draft is edited rule by rule, then published whole (`publishing`), or discarded.

Only RevOps administrators, and keys with the scope admin. One draft at a time; one change at a time (a lock held to the
end of the transaction). Who says what they saw (`seen`, the draft's `edited_at`) is refused with code `stale` when
somebody else was faster, and told who and when. Every change is a fact about the draft with the old and the new value.
A rule keeps its `line` through all versions.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from journal import drafting
from journal.models import Entry
from journal.record import Fact, record
from leads.models import RoutingPlan, RoutingRule
from leads.routing import draft_fields
from leads.routing.draft_checks import Problem, problems
from leads.routing.draft_differences import OPTIONS, RULE_FIELDS, Difference, differences, rules_of
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access

__all__ = [
    "Difference", "Problem", "add", "change", "differences", "discard", "duplicate", "live", "move", "open_draft",
    "problems", "put_back", "remove", "set_options", "the_draft", "versions",
]  # fmt: skip

State = RoutingPlan.State
SUBJECT = "routing"


def live() -> RoutingPlan:
    """What is in force; a migration made the first."""
    return RoutingPlan.objects.get(state=State.LIVE)


def the_draft() -> RoutingPlan | None:
    return RoutingPlan.objects.filter(state=State.DRAFT).first()


def versions() -> list[RoutingPlan]:
    """All of them, the newest first, with who published each."""
    return list(RoutingPlan.objects.select_related("published_by", "created_by", "based_on").order_by("-version"))


def open_draft(*, by: Any, at: datetime, via: str = "page") -> RoutingPlan:
    """The draft that is open, or a new one: a copy of what is live, rule by rule, same `line` ids."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        draft = the_draft()
        if draft is None:
            present = live()
            draft = copied(present, based_on=present, by=by, at=at, state=State.DRAFT)
            tell("routing.drafted", draft, by=by, at=at, via=via, based_on=present.version)
    return draft


def change(
    rule: RoutingRule, fields: Mapping[str, Any], *, by: Any, at: datetime, seen: datetime | None = None,
    via: str = "page",
) -> RoutingRule:  # fmt: skip
    """Set some of name, condition, to, pool, person, skills, is_active (draft_fields.read). What is as it was is no
    change; another `to` empties the pool or the person. Raises Invalid naming each field."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, rule = _held_rule(rule, seen=seen)
        said = draft_fields.read(fields, rule)
        before = {name: getattr(rule, name) for name in said}
        changed = {name: value for name, value in said.items() if value != before[name]}
        if changed:
            for name, value in changed.items():
                setattr(rule, name, value)
            rule.save(update_fields=list(changed))
            edited(draft, at=at)
            told = {name.removesuffix("_id"): [before[name], value] for name, value in changed.items()}
            tell("routing.changed", draft, by=by, at=at, via=via, line=rule.line, fields=told)
    return RoutingRule.objects.select_related("pool", "person", "plan").get(pk=rule.pk)


def add(
    draft: RoutingPlan, *, fields: Mapping[str, Any], by: Any, at: datetime, before: RoutingRule | None = None,
    seen: datetime | None = None, via: str = "page",
) -> RoutingRule:  # fmt: skip
    """A new rule in front of the rule `before`, else the last. `fields` as of `change`; it must lead somewhere."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_plan(draft, seen=seen)
        rules = _all(draft)
        front = next((one for one in rules if before is not None and one.pk == before.pk), None)
        if before is not None and front is None:
            raise Invalid("The rule to stand in front of is not in the draft.", code="not_a_choice", field="before")
        rule = RoutingRule(plan=draft, name="New rule", position=0)
        for name, value in draft_fields.read(fields, rule).items():
            setattr(rule, name, value)
        _insert(rules, rule, rules.index(front) if front else len(rules))
        edited(draft, at=at)
        tell("routing.changed", draft, by=by, at=at, via=via, line=rule.line, added=rule.name)
    return rule


def duplicate(
    rule: RoutingRule, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> RoutingRule:
    """The same rule once more right behind it, with a line of its own."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, rule = _held_rule(rule, seen=seen)
        rules = _all(draft)
        same = {name: getattr(rule, name) for name in RULE_FIELDS}
        copy = RoutingRule(plan=draft, position=0, **{**same, "name": f"{rule.name[:73]} (copy)"})
        _insert(rules, copy, rules.index(rule) + 1)
        edited(draft, at=at)
        tell("routing.changed", draft, by=by, at=at, via=via, line=copy.line, copied=rule.line)
    return copy


def remove(rule: RoutingRule, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Take a rule out of the draft; twice is once, and `put_back` brings it back."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_plan(rule.plan, seen=seen)
        gone = bulk.query(
            "DELETE FROM leads_routingrule WHERE id = %s AND plan_id = %s "
            "RETURNING line, name, to_jsonb(leads_routingrule) - 'id' - 'plan_id'",
            [rule.pk, draft.pk],
        )
        if gone:
            edited(draft, at=at)
            [(line, name, whole)] = gone
            whole = bulk.loads(whole) if isinstance(whole, str) else whole
            tell("routing.changed", draft, by=by, at=at, via=via, line=line, removed=name, rule=whole)


def put_back(
    draft: RoutingPlan, line: UUID, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> RoutingRule:
    """The rule that was taken out of this draft, as it was, where it stood; twice is once. Raises Refused (code
    `stale`) when there is nothing to put back."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_plan(draft, seen=seen)
        there = draft.rules.filter(line=line).first()
        if there is not None:
            return there
        facts = Entry.objects.about(SUBJECT, [draft.pk]).filter(kind="routing.changed", data__line=str(line))
        fact = facts.filter(data__has_key="rule").order_by("-id").first()
        if fact is None:
            raise Refused("This rule was not taken out of the draft that is open now.", code="stale")
        rules = _all(draft)
        rule = RoutingRule(plan=draft, **fact.data["rule"])
        _insert(rules, rule, next((i for i, one in enumerate(rules) if one.position >= rule.position), len(rules)))
        edited(draft, at=at)
        tell("routing.changed", draft, by=by, at=at, via=via, line=rule.line, returned=rule.name)
    return rule


def move(
    rule: RoutingRule, *, to: int, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> RoutingRule:
    """Put a rule in the place `to` (from 1); beyond the ends means at the end."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, rule = _held_rule(rule, seen=seen)
        rules = _all(draft)
        place = rules.index(rule)
        wanted = max(0, min(int(to) - 1, len(rules) - 1))
        if place != wanted:
            rules.insert(wanted, rules.pop(place))
            _number(rules)
            edited(draft, at=at)
            tell("routing.changed", draft, by=by, at=at, via=via, line=rule.line, place=[place + 1, wanted + 1])
    return RoutingRule.objects.select_related("pool", "person", "plan").get(pk=rule.pk)


def set_options(
    draft: RoutingPlan, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page", **fields: Any
) -> RoutingPlan:
    """Set some of deal_owner, named_accounts, account_owner, account_sticky (yes or no), sticky_days (days, None =
    never) and note. Raises Invalid naming the field."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_plan(draft, seen=seen)
        said = draft_fields.read_options(fields)
        before = {name: getattr(draft, name) for name in said}
        changed = {name: value for name, value in said.items() if value != before[name]}
        if changed:
            for name, value in changed.items():
                setattr(draft, name, value)
            draft.save(update_fields=list(changed))
            edited(draft, at=at)
            told = {name: [before[name], value] for name, value in changed.items()}
            tell("routing.changed", draft, by=by, at=at, via=via, options=told)
    return draft


def discard(draft: RoutingPlan, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Throw the draft away, with its runs; nothing that is live changes. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = RoutingPlan.objects.filter(pk=draft.pk).first()
        if kept is None:
            return
        check_open(kept, seen=seen)
        # A run that counts at this moment writes no row more of what goes.
        bulk.query("SELECT id FROM leads_routingrun WHERE plan_id = %s FOR UPDATE", [kept.pk])
        gone = RoutingPlan(pk=kept.pk, version=kept.version)
        kept.delete()
        tell("routing.discarded", gone, by=by, at=at, via=via)


# --- what they have in common ------------------------------------------------


def hold() -> None:
    """Wait for whoever is changing plans, to the end of this transaction."""
    drafting.hold("leads.routing")


def held_plan(draft: RoutingPlan, *, seen: datetime | None) -> RoutingPlan:
    hold()
    return check_open(RoutingPlan.objects.filter(pk=draft.pk).first(), seen=seen)


def check_open(kept: RoutingPlan | None, *, seen: datetime | None) -> RoutingPlan:
    if kept is None:
        raise drafting.gone(SUBJECT, "routing.discarded")
    if kept.state != State.DRAFT:
        raise drafting.published(kept)
    drafting.check_seen(kept, seen=seen, subject=SUBJECT)
    return kept


def edited(draft: RoutingPlan, *, at: datetime) -> None:
    draft.edited_at = drafting.later(draft, at)
    draft.save(update_fields=["edited_at"])


def tell(kind: str, plan: RoutingPlan, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    record([Fact(kind, SUBJECT, plan.pk, at, by=by.pk, via=via, data={"version": plan.version, **data})], now=at)


def copied(source: RoutingPlan, *, based_on: RoutingPlan, by: Any, at: datetime, state: str) -> RoutingPlan:
    """A plan of the next version with the same rules under the same lines."""
    options = {name: getattr(source, name) for name in OPTIONS}
    copy = RoutingPlan.objects.create(
        version=next_version(), state=state, based_on=based_on, created_at=at, created_by=by, edited_at=at, **options
    )
    RoutingRule.objects.bulk_create(
        RoutingRule(
            plan=copy, line=rule.line, position=place, **{name: getattr(rule, name) for name in RULE_FIELDS}
        )
        for place, rule in enumerate(rules_of(source), 1)
    )  # fmt: skip
    return copy


def next_version() -> int:
    return (RoutingPlan.objects.aggregate(newest=Max("version"))["newest"] or 0) + 1


def _held_rule(rule: RoutingRule, *, seen: datetime | None) -> tuple[RoutingPlan, RoutingRule]:
    draft = held_plan(rule.plan, seen=seen)
    found = RoutingRule.objects.filter(pk=rule.pk, plan=draft).first()
    if found is None:
        raise Refused("Somebody has taken this rule out of the draft. Nothing was changed.", code="stale")
    found.plan = draft
    return draft, found


def _all(draft: RoutingPlan) -> list[RoutingRule]:
    return list(draft.rules.order_by("position", "id"))


def _insert(rules: list[RoutingRule], rule: RoutingRule, place: int) -> None:
    if len(rules) >= draft_fields.MOST_RULES:
        raise Refused(f"A plan has at most {draft_fields.MOST_RULES} rules.", code="too_many")
    rule.save()
    rules.insert(place, rule)
    _number(rules)


def _number(rules: Sequence[RoutingRule]) -> None:
    """Positions in this order."""
    rows = [(rule.pk, position) for position, rule in enumerate(rules, 1)]
    relation, params = bulk.source({"id": "bigint", "position": "int"}, rows)
    bulk.run([(f"UPDATE leads_routingrule r SET position = v.position FROM {relation} WHERE r.id = v.id", params)])
    for rule, (_, position) in zip(rules, rows, strict=True):
        rule.position = position
