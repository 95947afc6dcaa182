"""Policy sets as REST tells and takes them: the shapes for the OpenAPI document, and how they are written."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers as s

from revops.lib.openapi import SAID, Strict, shaped
from sla.draft_checks import Problem
from sla.draft_differences import LINE_FIELDS, Difference, rungs_of
from sla.draft_fields import MOST_AMOUNT, MOST_HOPS, MOST_LINES, MOST_RUNGS
from sla.models import Carry, Channel, Hours, PauseReason, Policy, PolicySet, SetState, Target, Tier, Unit, Who

ID = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
CONDITION = {"type": "object", "additionalProperties": True}
NAME = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": SAID}
MOMENT = {"type": "string", "format": "date-time", "nullable": True}


def several(choices: Iterable[str]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": list(choices)}, "uniqueItems": True}


def whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


STEP: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "required": ["who"],
    "properties": {
        "level": {**whole(1, 100), "description": "Percent of the target used; 100 is due."},
        "after": {**whole(1, 366 * 86_400), "nullable": True, "description": "Open seconds past due; no level."},
        "who": several(Who.values), "how": several(Channel.values),
        "then": {"type": "string", "enum": ["", "reassign"]},
    },
}  # fmt: skip
LADDER = {"type": "array", "maxItems": MOST_RUNGS, "items": STEP}
TERMS = {"type": "object", "additionalProperties": {"type": "number"}, "maxProperties": 10}


# --- answers -----------------------------------------------------------------


class Rung(s.Serializer):
    level = s.IntegerField(help_text="Percent of the target used; 100 is due; from 101 on in the order of `after`.")
    after = s.IntegerField(allow_null=True, help_text="Open seconds past due.")
    who = s.ListField(child=s.CharField())
    how = s.ListField(child=s.CharField())
    then = s.CharField(allow_blank=True)


class Line(s.Serializer):
    """`line`: the same line through all versions. `place`: from 1, within its target; the first that holds wins.
    `amount`: open seconds, or days, by `unit`."""

    id = s.IntegerField()
    line = s.UUIDField()
    place = s.IntegerField()
    target = s.CharField()
    tier = s.CharField(allow_blank=True)
    name = s.CharField()
    condition = shaped(CONDITION)
    amount = s.IntegerField()
    unit = s.CharField()
    hours = s.CharField()
    calendar = s.IntegerField(allow_null=True)
    goal = s.IntegerField()
    pause_reasons = s.ListField(child=s.CharField())
    hops = s.IntegerField()
    bench = s.BooleanField()
    terms = shaped({"type": "object", "additionalProperties": True})
    ladder = Rung(many=True)


class PolicySetRow(s.Serializer):
    """One version of all lines. `edited_at` of a draft is what a change names as `seen`."""

    id = s.IntegerField()
    version = s.IntegerField()
    state = s.ChoiceField([str(state) for state in SetState.values])
    change_mode = s.CharField()
    note = s.CharField(allow_blank=True)
    based_on = s.IntegerField(allow_null=True)
    created_at = s.DateTimeField(allow_null=True)
    edited_at = s.DateTimeField(allow_null=True)
    published_at = s.DateTimeField(allow_null=True)
    published_by = s.IntegerField(allow_null=True)
    retired_at = s.DateTimeField(allow_null=True)
    lines = Line(many=True)


class PolicySetPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = PolicySetRow(many=True)


class ProblemRow(s.Serializer):
    line = s.IntegerField(allow_null=True, help_text="The line's id; null for the whole set.")
    code = s.CharField()
    text = s.CharField()
    blocks = s.BooleanField(help_text="The set can't be published.")


class DifferenceRow(s.Serializer):
    line = s.UUIDField()
    name = s.CharField()
    field = s.CharField()
    before = shaped({"nullable": True})
    after = shaped({"nullable": True})


class PolicySetDetail(PolicySetRow):
    """`problems` of a draft; `differences` from the set it was begun from."""

    problems = ProblemRow(many=True)
    differences = DifferenceRow(many=True)


# --- bodies ------------------------------------------------------------------


class _Fields(Strict):
    tier = shaped({"type": "string", "enum": list(Tier.values)})
    name = shaped(NAME)
    condition = shaped(CONDITION)
    amount = shaped(whole(0, MOST_AMOUNT))
    unit = shaped({"type": "string", "enum": list(Unit.values)})
    hours = shaped({"type": "string", "enum": list(Hours.values)})
    calendar = shaped({**ID, "nullable": True})
    goal = shaped(whole(1, 100))
    pause_reasons = shaped(several(PauseReason.values))
    hops = shaped(whole(0, MOST_HOPS))
    bench = shaped({"type": "boolean"})
    terms = shaped(TERMS)
    ladder = shaped(LADDER)


class LineChange(_Fields):
    """Only what is given changes. `seen`: the draft's `edited_at` as the caller knows it; another one is refused."""

    place = shaped(whole(1, MOST_LINES), help_text="Within its target.")
    seen = shaped(MOMENT)


class NewLine(_Fields):
    """A copy of the line it stands in front of (`before`, by itself the target's catch-all), with these fields set."""

    target = s.ChoiceField(list(Target.values))
    before = shaped({**ID, "nullable": True}, help_text="The id of a line of the same target.")
    seen = shaped(MOMENT)


class Publication(Strict):
    change_mode = shaped({"type": "string", "enum": list(Carry.values)}, help_text="Clocks that run: pin or carry.")
    seen = shaped(MOMENT)


class Rollback(Strict):
    change_mode = shaped({"type": "string", "enum": list(Carry.values)})


class Seen(Strict):
    seen = shaped(MOMENT)


class DraftLine(_Fields):
    """A line of a draft that is nowhere kept. `line`: which one it is now, so that what changed is told apart."""

    line = shaped({"type": "string", "format": "uuid", "nullable": True})
    name = shaped(NAME, required=True)
    amount = shaped(whole(0, MOST_AMOUNT), required=True)


class PreviewBody(Strict):
    """`lines`: all lines of `target` in their order; they stand in for the live ones."""

    target = s.ChoiceField(["first_response", "assignment", "disposition", "touch_minimum"], required=False)
    days = shaped(whole(1, 365))
    lines = s.ListField(child=DraftLine(), max_length=MOST_LINES, min_length=1)


# --- writing -----------------------------------------------------------------


def as_json(policy_set: PolicySet) -> dict[str, Any]:
    """`lines` and their steps should be prefetched, lines in order."""
    places: dict[str, int] = {}
    lines = []
    for line in policy_set.lines.all():
        places[line.target] = places.get(line.target, 0) + 1
        lines.append(line_json(line, places[line.target]))
    return {
        "id": policy_set.pk, "version": policy_set.version, "state": policy_set.state,
        "change_mode": policy_set.change_mode, "note": policy_set.note, "based_on": policy_set.based_on_id,
        "created_at": policy_set.created_at, "edited_at": policy_set.edited_at,
        "published_at": policy_set.published_at, "published_by": policy_set.published_by_id,
        "retired_at": policy_set.retired_at, "lines": lines,
    }  # fmt: skip


def line_json(line: Policy, place: int) -> dict[str, Any]:
    fields = {name: getattr(line, "calendar_id" if name == "calendar" else name) for name in LINE_FIELDS}
    return {"id": line.pk, "line": str(line.line), "place": place, "target": line.target, **fields,
            "ladder": rungs_of(line)}  # fmt: skip


def problem_json(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line_id, "code": problem.code, "text": problem.text, "blocks": problem.blocks}


def difference_json(one: Difference) -> dict[str, Any]:
    return {"line": str(one.line), "name": one.name, "field": one.field, "before": one.before, "after": one.after}
