"""Changing what is promised: a draft is edited line by line, then published whole as the next version, or discarded.

Only RevOps administrators, and keys with the scope admin. One draft at a time; one change at a time (a lock held to the
end of the transaction). Who says what they saw (`seen`, the draft's `edited_at`) is refused with code `stale` when
somebody else was faster, and told who and when. Every change is a fact about the draft with the old and the new value.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from journal.drafting import clock, named
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from sla import draft_fields, policies, replanning
from sla.draft_checks import Problem, problems
from sla.draft_differences import LINE_FIELDS, Difference, differences, rungs_of
from sla.draft_hold import check_open, edited, held, held_set, hold, tell
from sla.models import Carry, Hours, Policy, PolicySet, SetState, Step, Target
from teams import access

__all__ = [
    "Difference", "Problem", "add", "change", "differences", "discard", "live", "move", "open_draft", "problems",
    "publish", "remove", "roll_back", "set_ladder", "the_draft",
]  # fmt: skip

COPIED = ("line", *(name for name in LINE_FIELDS if name != "calendar"), "calendar_id", "target")
# What makes a set impossible to run, whoever is told: not even going back to it is allowed.
CANNOT_RUN = frozenset(["no_catch_all", "never_open", "unreadable"])


def live() -> PolicySet:
    """What is in force. Raises PolicySet.DoesNotExist only before the first version, which a migration publishes."""
    return PolicySet.objects.get(state=SetState.PUBLISHED)


def the_draft() -> PolicySet | None:
    return PolicySet.objects.filter(state=SetState.DRAFT).first()


def open_draft(*, by: Any, at: datetime, via: str = "page") -> PolicySet:
    """The draft that is open, or a new one: a copy of what is live, line by line with its ladder, same `line` ids."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        draft = the_draft()
        if draft is None:
            present = live()
            draft = _copy(present, based_on=present, by=by, at=at, state=SetState.DRAFT)
            tell("policy.drafted", draft, by=by, at=at, via=via, based_on=present.version)
    return draft


def change(
    line: Policy, fields: Mapping[str, Any], *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page"
) -> Policy:
    """Set some of `draft_fields.EDITABLE`; `calendar` is an id, a Calendar or None, `terms` those that change.

    Raises Invalid naming each field. What is as it was already is no change.
    """
    access.require(by, "administer")
    with transaction.atomic():
        draft, line = held(line, seen=seen)
        said = draft_fields.read(fields, target=line.target)
        _settle(said, line)
        before = {name: getattr(line, name) for name in said}
        changed = {name: value for name, value in said.items() if value != before[name]}
        if changed:
            for name, value in changed.items():
                setattr(line, name, value)
            line.save(update_fields=list(changed))
            edited(draft, at=at)
            told = {name.removesuffix("_id"): [before[name], value] for name, value in changed.items()}
            tell("policy.changed", draft, by=by, at=at, via=via, line=line.line, fields=told)
    return line


def add(
    draft: PolicySet, *, target: str, by: Any, at: datetime, before: Policy | None = None,
    fields: Mapping[str, Any] | None = None, seen: datetime | None = None, via: str = "page",
) -> Policy:  # fmt: skip
    """A new line of `target` in front of the line `before` (of the same target), else in front of its catch-all.

    It begins as a copy of the line it stands in front of, ladder and condition included, with `fields` set.
    """
    access.require(by, "administer")
    if target not in Target.values:
        raise Invalid("There is no such target.", code="not_a_choice", field="target")
    with transaction.atomic():
        draft = held_set(draft, seen=seen)
        lines = list(draft.lines.order_by("position").prefetch_related("steps"))
        if len(lines) >= draft_fields.MOST_LINES:
            raise Refused(f"A set has at most {draft_fields.MOST_LINES} lines.", code="too_many")
        same = [one for one in lines if one.target == target]
        if before is not None and before.pk not in {one.pk for one in same}:
            raise Invalid("The line to stand in front of is not of this target.", code="not_a_choice", field="before")
        model = next((one for one in same if before is not None and one.pk == before.pk), None)
        model = model or next((one for one in same if one.condition == {}), same[-1] if same else None)
        said = draft_fields.read(fields or {}, target=target)
        line = Policy(policy_set=draft, target=target, position=0, name="New line", amount=86_400)
        if model is not None:
            for name in COPIED:
                if name not in ("line", "target"):
                    setattr(line, name, getattr(model, name))
            line.name = f"{model.name} (new)"[:80]
        _settle(said, line)
        for name, value in said.items():
            setattr(line, name, value)
        place = lines.index(model) if model is not None else len(lines)
        line.position = max((one.position for one in lines), default=0) + 1
        line.save()
        lines.insert(place, line)
        _number(lines)
        _write_steps(line, rungs_of(model) if model is not None else [])
        edited(draft, at=at)
        tell("policy.changed", draft, by=by, at=at, via=via, line=line.line, added=target)
    return line


def remove(line: Policy, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Take a line out of the draft; twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        draft = held_set(line.policy_set, seen=seen)
        # Draft lines have no clocks, so nothing else needs looking at.
        bulk.run([("DELETE FROM sla_step WHERE policy_id = %s", [line.pk])])
        gone = bulk.query(
            "DELETE FROM sla_policy WHERE id = %s AND policy_set_id = %s RETURNING line, target, name",
            [line.pk, draft.pk],
        )
        if gone:
            edited(draft, at=at)
            [(line_id, target, name)] = gone
            tell("policy.changed", draft, by=by, at=at, via=via, line=line_id, removed=[target, name])


def move(line: Policy, *, to: int, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> Policy:
    """Put a line in the place `to` (from 1) among the lines of its own target; beyond the ends means at the end."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, line = held(line, seen=seen)
        lines = list(draft.lines.filter(target=line.target).order_by("position"))
        slots = [one.position for one in lines]
        place = lines.index(line)
        wanted = max(0, min(int(to) - 1, len(lines) - 1))
        if place != wanted:
            lines.insert(wanted, lines.pop(place))
            _number(lines, slots)
            edited(draft, at=at)
            tell("policy.changed", draft, by=by, at=at, via=via, line=line.line, place=[place + 1, wanted + 1])
        line.position = slots[wanted]
    return line


def set_ladder(
    line: Policy, steps: Sequence[Mapping[str, Any]], *, by: Any, at: datetime, seen: datetime | None = None,
    via: str = "page",
) -> Policy:  # fmt: skip
    """The whole ladder: [{level 1–100, or after (open seconds past due), who, how, then}], in any order."""
    access.require(by, "administer")
    with transaction.atomic():
        draft, line = held(line, seen=seen)
        rungs = draft_fields.read_ladder(steps, target=line.target)
        before = rungs_of(line)
        if rungs != before:
            bulk.run([("DELETE FROM sla_step WHERE policy_id = %s", [line.pk])])
            _write_steps(line, rungs)
            edited(draft, at=at)
            tell("policy.changed", draft, by=by, at=at, via=via, line=line.line, fields={"ladder": [before, rungs]})
    return Policy.objects.get(pk=line.pk)


def discard(draft: PolicySet, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """Throw the draft away; nothing that is live changes. Twice is once."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        kept = PolicySet.objects.filter(pk=draft.pk).first()
        if kept is None:
            return
        check_open(kept, seen=seen)
        bulk.run([
            ("DELETE FROM sla_step s USING sla_policy p WHERE p.id = s.policy_id AND p.policy_set_id = %s", [kept.pk]),
            ("DELETE FROM sla_policy WHERE policy_set_id = %s", [kept.pk]),
            ("DELETE FROM sla_policyset WHERE id = %s", [kept.pk]),
        ])  # fmt: skip
        tell("policy.discarded", kept, by=by, at=at, via=via)


def publish(
    draft: PolicySet, *, by: Any, at: datetime, change_mode: str = Carry.PIN, seen: datetime | None = None,
    via: str = "page",
) -> PolicySet:  # fmt: skip
    """The draft goes live as the next version and the former one retires, all or nothing; twice is once.

    In force in every process within `policies.FRESH_FOR` seconds. `change_mode` carry: clocks that run take the new
    promise. Raises Refused (code `problems`) naming what blocks, (code `stale`) when what is live has changed since.
    """
    access.require(by, "administer")
    if change_mode not in Carry.values:
        raise Invalid("Choose pin or carry.", code="not_a_choice", field="change_mode")
    with transaction.atomic():
        hold()
        kept = PolicySet.objects.filter(pk=draft.pk).first()
        if kept is not None and kept.state == SetState.PUBLISHED and kept.published_by_id == by.pk:
            return kept
        kept = check_open(kept, seen=seen)
        former = live()
        if kept.based_on_id != former.pk:
            raise Refused(
                f"{named(former.published_by_id)} published v{former.version} at {clock(former.published_at)}, after "
                "this draft was begun. Discard it and start from what is live now. Nothing was changed.",
                code="stale",
            )
        wrong = [problem for problem in problems(kept, at=at) if problem.blocks]
        if wrong:
            raise Refused(f"Not published: {wrong[0].text}", code="problems")
        _go_live(kept, former, by=by, at=at, change_mode=change_mode)
        tell("policy.published", kept, by=by, at=at, via=via, former=former.pk, mode=str(change_mode))
        _carried(kept, by=by, at=at)
    return kept


def roll_back(to: PolicySet, *, by: Any, at: datetime, change_mode: str = Carry.PIN, via: str = "page") -> PolicySet:
    """An older version goes live again, as a new one: a copy. What says the same as what is live changes nothing."""
    access.require(by, "administer")
    with transaction.atomic():
        hold()
        to, former = PolicySet.objects.get(pk=to.pk), live()
        if to.state == SetState.DRAFT:
            raise Refused("A draft is published, not gone back to.", code="draft")
        if to.pk == former.pk or not differences(to, against=former):
            return former
        wrong = [problem for problem in problems(to, at=at) if problem.code in CANNOT_RUN]
        if wrong:
            raise Refused(f"v{to.version} can't be used again: {wrong[0].text}", code="problems")
        back = _copy(to, based_on=former, by=by, at=at, state=SetState.RETIRED)
        back.note = f"Back to v{to.version}"
        _go_live(back, former, by=by, at=at, change_mode=change_mode)
        told = {"former": former.pk, "to": to.pk, "to_version": to.version, "mode": str(change_mode)}
        tell("policy.rolled_back", back, by=by, at=at, via=via, **told)
        _carried(back, by=by, at=at)
    return back


# --- what they have in common ------------------------------------------------


def _go_live(chosen: PolicySet, former: PolicySet, *, by: Any, at: datetime, change_mode: str) -> None:
    PolicySet.objects.filter(pk=former.pk).update(state=SetState.RETIRED, retired_at=at)
    if chosen.version < former.version:  # somebody went back while it was a draft
        chosen.version = _next_version()
    chosen.state, chosen.change_mode = SetState.PUBLISHED, change_mode
    chosen.published_at, chosen.published_by = at, by
    chosen.save()
    policies.forget()
    transaction.on_commit(policies.forget)  # another thread may have read the former set meanwhile


def _carried(chosen: PolicySet, *, by: Any, at: datetime) -> None:
    if chosen.change_mode == Carry.CARRY:
        replanning.carry(chosen, by=by, at=at)
        policies.forget()  # what was read in a transaction that may yet fail is nobody else's to use


def _copy(source: PolicySet, *, based_on: PolicySet, by: Any, at: datetime, state: str) -> PolicySet:
    copy = PolicySet.objects.create(
        version=_next_version(), state=state, based_on=based_on, created_at=at, created_by=by, edited_at=at
    )
    lines = list(source.lines.order_by("position").prefetch_related("steps"))
    made = Policy.objects.bulk_create(
        Policy(policy_set=copy, position=place, **{name: getattr(line, name) for name in COPIED})
        for place, line in enumerate(lines, 1)
    )
    Step.objects.bulk_create(
        Step(policy=new, **rung) for new, line in zip(made, lines, strict=True) for rung in rungs_of(line)
    )
    return copy


def _next_version() -> int:
    return (PolicySet.objects.aggregate(newest=Max("version"))["newest"] or 0) + 1


def _settle(said: dict[str, Any], line: Policy) -> None:
    """Hours and calendar agree; terms that are not named stay."""
    hours = said.get("hours", line.hours)
    if hours != Hours.CALENDAR and (line.calendar_id or said.get("calendar_id")):
        said["calendar_id"] = None
    if hours == Hours.CALENDAR and not said.get("calendar_id", line.calendar_id):
        raise Invalid("Say which calendar.", code="required", field="calendar")
    if "terms" in said:
        said["terms"] = {**line.terms, **said["terms"]}


def _number(lines: Sequence[Policy], slots: Sequence[int] | None = None) -> None:
    """Positions in this order; unique only when the transaction ends, so that places can be swapped."""
    rows = [(line.pk, position) for line, position in zip(lines, slots or range(1, len(lines) + 1), strict=True)]
    relation, params = bulk.source({"id": "bigint", "position": "int"}, rows)
    bulk.run([(f"UPDATE sla_policy p SET position = v.position FROM {relation} WHERE p.id = v.id", params)])
    for line, (_, position) in zip(lines, rows, strict=True):
        line.position = position


def _write_steps(line: Policy, rungs: Sequence[Mapping[str, Any]]) -> None:
    Step.objects.bulk_create(Step(policy=line, **rung) for rung in rungs)
