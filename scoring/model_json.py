"""Scoring models as REST tells and takes them: the shapes for the OpenAPI document, and how they are written."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers as s

from leads.conditions import touch_filter, tree
from revops.lib.openapi import SAID, Strict, shaped
from scoring import words
from scoring.draft_checks import Problem
from scoring.draft_differences import CUTS, RULE_FIELDS, Difference
from scoring.draft_fields import LEAST, MOST, MOST_HALF_LIFE, MOST_RULES
from scoring.models import Rule, RuleGroup, ScoringModel
from scoring.publishing import MOST_SHADOW_DAYS

ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
TREE = {"type": "object", "additionalProperties": True}
MOMENT = {"type": "string", "format": "date-time", "nullable": True}
POINTS = {"type": "number", "minimum": -MOST, "maximum": MOST}
CUT = {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 100}
SAW = "The draft's `edited_at` as you know it; when somebody changed it since, nothing is changed and 409 says who."


def name(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": SAID}


def whole(least: int, most: int, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most, **more}


def days(most: int) -> dict[str, Any]:
    return {"type": "number", "minimum": 1 / 1440, "maximum": most, "nullable": True}


# --- answers -----------------------------------------------------------------


class RuleRow(s.Serializer):
    """`line`: the same rule through all versions. `place`: from 1, within its kind. `reads`: the rule as a sentence."""

    id = s.IntegerField()
    model = s.IntegerField()
    line = s.UUIDField()
    kind = s.ChoiceField(list(Rule.Kind.values))
    place = s.IntegerField()
    name = s.CharField()
    points = s.FloatField()
    group = s.IntegerField(allow_null=True)
    condition = shaped(TREE, help_text="Of whom it holds, or of whom the touches count.")
    touches = shaped(TREE, help_text="Of engagement and usage rules.")
    half_life_days = s.FloatField(allow_null=True)
    at_least = s.IntegerField(allow_null=True)
    within_days = s.FloatField(allow_null=True)
    distinct = s.CharField(allow_blank=True)
    reads = s.CharField()


class GroupRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    cap = s.FloatField(allow_null=True, help_text="The most its rules of one kind add together.")


class ModelRow(s.Serializer):
    """One version. `edited_at` of a draft is what a change names as `seen`."""

    id = s.IntegerField()
    version = s.IntegerField()
    state = s.ChoiceField([str(state) for state in ScoringModel.State.values])
    note = s.CharField(allow_blank=True)
    fit_a = s.FloatField()
    fit_b = s.FloatField()
    engagement_1 = s.FloatField()
    engagement_2 = s.FloatField()
    top_share = s.IntegerField()
    pql_all = s.BooleanField()
    based_on = s.IntegerField(allow_null=True)
    created_at = s.DateTimeField(allow_null=True)
    edited_at = s.DateTimeField(allow_null=True)
    published_at = s.DateTimeField(allow_null=True)
    published_by = s.IntegerField(allow_null=True)
    retired_at = s.DateTimeField(allow_null=True)
    shadow_from = s.DateTimeField(allow_null=True)
    shadow_until = s.DateTimeField(allow_null=True)
    groups = GroupRow(many=True)
    rules = RuleRow(many=True)


class ModelPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = ModelRow(many=True)


class RuleProblem(s.Serializer):
    line = s.UUIDField(allow_null=True, help_text="The rule's; null for the whole model.")
    code = s.CharField()
    text = s.CharField()
    blocks = s.BooleanField(help_text="The model can't be published.")


class RuleDifference(s.Serializer):
    line = s.UUIDField(allow_null=True)
    name = s.CharField()
    field = s.CharField()
    before = shaped({"nullable": True})
    after = shaped({"nullable": True})


class ModelDetail(ModelRow):
    """`problems` of a draft and of what runs in the shadow; `differences` from the model it was begun from."""

    problems = RuleProblem(many=True)
    differences = RuleDifference(many=True)


class RulePage(s.Serializer):
    """All rules of one model, in their order."""

    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = RuleRow(many=True)


class RuleDetail(RuleRow):
    """With what is wrong with it, and the draft's `edited_at`."""

    edited_at = s.DateTimeField(allow_null=True)
    problems = RuleProblem(many=True)


# --- bodies ------------------------------------------------------------------


class _RuleFields(Strict):
    name = shaped(name(120))
    points = shaped(POINTS, help_text=f"From {LEAST} to {MOST}, or from −{MOST} to −{LEAST}.")
    group = shaped({**ID, "nullable": True})
    condition = shaped(TREE)
    touches = shaped(TREE)
    half_life_days = shaped(days(MOST_HALF_LIFE), help_text="Instead of a window.")
    at_least = shaped(whole(1, 10_000, nullable=True), help_text="Awarded once for so many; null: by each touch.")
    within_days = shaped(days(tree.MOST_DAYS), help_text="Instead of a half-life.")
    distinct = shaped({"type": "string", "enum": ["", *touch_filter.DISTINCT]})
    seen = shaped(MOMENT, help_text=SAW)


class RuleChange(_RuleFields):
    """Only what is given changes."""

    place = shaped(whole(1, MOST_RULES), help_text="From 1, among the rules of its kind.")


class NewRule(_RuleFields):
    """A rule of the draft. What is left out is a modest beginning: ten points for something common."""

    kind = s.ChoiceField(list(Rule.Kind.values))
    before = shaped({**ID, "nullable": True}, help_text="The rule of its kind to stand in front of; else the last.")


class CutChange(Strict):
    """Only what is given changes."""

    fit_a = shaped(CUT)
    fit_b = shaped(CUT)
    engagement_1 = shaped(CUT)
    engagement_2 = shaped(CUT)
    top_share = shaped(whole(5, 50), help_text="Percent of the pool.")
    pql_all = shaped({"type": "boolean"}, help_text="All usage rules must hold for a PQL; else any.")
    seen = shaped(MOMENT, help_text=SAW)


class GroupChange(Strict):
    """Only what is given changes."""

    name = shaped(name(60))
    cap = shaped({**CUT, "nullable": True}, help_text="null: none.")
    seen = shaped(MOMENT, help_text=SAW)


class NewGroup(GroupChange):
    name = shaped(name(60), required=True)


class ModelPublication(Strict):
    hand_over = shaped(
        {"type": "boolean"}, help_text="Inquiries that meet the definition by the new scores are handed over at once."
    )
    seen = shaped(MOMENT, help_text=SAW)


class ModelRollback(Strict):
    hand_over = shaped({"type": "boolean"})


class ShadowBody(Strict):
    days = shaped(whole(1, MOST_SHADOW_DAYS), help_text="14 when left out. Of what runs already: from now on.")
    seen = shaped(MOMENT, help_text=SAW)


# --- writing -----------------------------------------------------------------


def as_json(model: ScoringModel) -> dict[str, Any]:
    """`groups` and `rules` with their groups should be prefetched, in order."""
    return {
        "id": model.pk, "version": model.version, "state": model.state, "note": model.note,
        **{name: getattr(model, name) for name in CUTS},
        "based_on": model.based_on_id, "created_at": model.created_at, "edited_at": model.edited_at,
        "published_at": model.published_at, "published_by": model.published_by_id, "retired_at": model.retired_at,
        "shadow_from": model.shadow_from, "shadow_until": model.shadow_until,
        "groups": [group_json(group) for group in model.groups.all()], "rules": rules_json(model.rules.all()),
    }  # fmt: skip


def rules_json(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """All rules of a model, in their order."""
    places: dict[str, int] = {}
    told = []
    for rule in rules:
        places[rule.kind] = places.get(rule.kind, 0) + 1
        told.append({
            "id": rule.pk, "model": rule.model_id, "line": str(rule.line), "kind": rule.kind,
            "place": places[rule.kind], "group": rule.group_id,
            **{name: getattr(rule, name) for name in RULE_FIELDS}, "reads": _sentence(rule),
        })  # fmt: skip
    return told


def group_json(group: RuleGroup) -> dict[str, Any]:
    return {"id": group.pk, "name": group.name, "cap": group.cap}


def problem_json(problem: Problem) -> dict[str, Any]:
    line = str(problem.line) if problem.line else None
    return {"line": line, "code": problem.code, "text": problem.text, "blocks": problem.blocks}


def difference_json(one: Difference) -> dict[str, Any]:
    line = str(one.line) if one.line else None
    return {"line": line, "name": one.name, "field": one.field, "before": one.before, "after": one.after}


def _sentence(rule: Rule) -> str:
    how = words.how(rule)
    return f"{words.what(rule)}: {words.signed(rule.points)}{f', {how}' if how else ''}"
