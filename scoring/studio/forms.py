"""One small form for each slot of a rule, of a group and of the grid; each says what a verb of `drafts` gets."""

from collections.abc import Sequence
from typing import Any

from django import forms

from leads.conditions import words as phrases
from leads.conditions.touch_filter import DISTINCT
from scoring.compiling import half_life, is_frequency
from scoring.definitions import drafts as definition_drafts
from scoring.definitions.scores import By
from scoring.models import Rule, RuleGroup, ScoringModel
from scoring.points import DEFAULT_HALF_LIFE

GIVE = {"required": "Give a number.", "invalid": "Give a number."}
WHOLE = {
    "invalid": "Give a whole number.",
    "min_value": "Give a whole number, 1 or more.",
    "max_value": "That is more often than anybody does it: give at most 10,000.",
}
NEW_GROUP = "new"


class SlotForm(forms.Form):
    """`title` of the popover; `begin` gives what the form shows at first; `fields_of` what `drafts.change` gets."""

    title, note = "", ""

    @classmethod
    def begin(cls, rule: Rule) -> dict[str, Any]:
        raise NotImplementedError

    def fields_of(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class PointsForm(SlotForm):
    title, note = "How many points?", "Below 0 counts against. A score goes from 0 to 100."
    points = forms.FloatField(label="Points", error_messages=GIVE)

    @classmethod
    def begin(cls, rule: Rule) -> dict[str, Any]:
        return {"points": f"{rule.points:g}"}


class NameForm(SlotForm):
    title, note = "What is this rule called?", "Every receipt shows this name."
    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Say what it is called."})

    @classmethod
    def begin(cls, rule: Rule) -> dict[str, Any]:
        return {"name": rule.name}


class GroupForm(SlotForm):
    title, note = "In which group?", "A group may say how much its rules add at most."
    group = forms.ChoiceField(label="Group", required=False)

    def __init__(self, *args: Any, groups: Sequence[RuleGroup] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", "no group"), *((str(one.pk), one.name) for one in groups)]  # type: ignore[attr-defined]

    @classmethod
    def begin(cls, rule: Rule) -> dict[str, Any]:
        return {"group": str(rule.group_id or "")}

    def fields_of(self) -> dict[str, Any]:
        chosen = self.cleaned_data["group"]
        return {"group": int(chosen) if chosen else None}


class OftenForm(SlotForm):
    title, note = "How often must it happen?", "Counted at least so often, the points are given once."
    mode = forms.ChoiceField(
        label="Points are given",
        choices=[("each", "each time, and fade"), ("counted", "once, when it happened often enough")],
    )  # fmt: skip
    at_least = forms.IntegerField(label="At least", min_value=1, max_value=10_000, required=False, error_messages=WHOLE)
    distinct = forms.ChoiceField(
        label="Of", required=False,
        choices=[("", "times"), *((code, f"different {phrases.DIFFERENT[code]}") for code in DISTINCT)],
    )  # fmt: skip
    within_days = forms.FloatField(label="Within days", required=False, help_text="Empty: ever; then it fades.")

    @classmethod
    def begin(cls, rule: Rule) -> dict[str, Any]:
        counts = is_frequency(rule)
        return {
            "mode": "counted" if counts else "each", "at_least": rule.at_least or 1 if counts else None,
            "distinct": rule.distinct, "within_days": f"{rule.within_days:g}" if rule.within_days else None,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("mode") == "counted" and given.get("at_least") is None and "at_least" not in self.errors:
            self.add_error("at_least", "Give a number.")
        return given

    def fields_of(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given["mode"] == "each":
            return {"at_least": None, "within_days": None, "distinct": "", "half_life_days": DEFAULT_HALF_LIFE}
        return {"at_least": given["at_least"], "within_days": given["within_days"], "distinct": given["distinct"]}


class UsageOftenForm(OftenForm):
    note = "Product use is counted; holding it makes a lead product-qualified."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = self.fields["mode"].choices[1:]  # type: ignore[attr-defined]
        self.fields["mode"].widget = forms.HiddenInput()


class LastsForm(SlotForm):
    title, note = "How do the points fade?", "A half-life of 14 days: 30 points are 15 after 14 days, 7.5 after 28."
    half_life_days = forms.FloatField(
        label="Half of them left after days", required=False,
        help_text="Empty: they hold as long as the rule does; 14 days where each time counts.",
    )  # fmt: skip

    @classmethod
    def begin(cls, rule: Rule) -> dict[str, Any]:
        life = half_life(rule)
        return {"half_life_days": f"{life:g}" if life else None}


SLOTS: dict[str, type[SlotForm]] = {
    "points": PointsForm, "name": NameForm, "group": GroupForm, "often": OftenForm, "lasts": LastsForm,
}  # fmt: skip


def form_of(slot: str, rule: Rule) -> type[SlotForm] | None:
    """None: this kind of rule has no such slot."""
    if slot in ("often", "lasts") and rule.kind == Rule.Kind.FIT:
        return None
    return UsageOftenForm if slot == "often" and rule.kind == Rule.Kind.USAGE else SLOTS.get(slot)


class CapForm(forms.Form):
    """A group: what it is called and how much its rules add at most."""

    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Say what it is called."})
    cap = forms.FloatField(label="Together at most", required=False, help_text="Points; empty: no limit.")

    @classmethod
    def begin(cls, group: RuleGroup | None) -> dict[str, Any]:
        return {"name": group.name, "cap": f"{group.cap:g}" if group.cap else None} if group else {}


class CutsForm(forms.Form):
    """Where A, B, 1 and 2 begin."""

    fit_a = forms.FloatField(label="Fit A from", error_messages=GIVE)
    fit_b = forms.FloatField(label="Fit B from", error_messages=GIVE)
    engagement_1 = forms.FloatField(label="Engagement 1 from", error_messages=GIVE)
    engagement_2 = forms.FloatField(label="Engagement 2 from", error_messages=GIVE)


class ModeForm(forms.Form):
    """What makes an MQL by score: one way, never two on a pool."""

    mode = forms.ChoiceField(
        label="By score it is an MQL with", widget=forms.RadioSelect,
        choices=[("cells", "one of the marked cells"), ("threshold", "a priority from a number on"),
                 ("top", "a place among the best of the pool")],
    )  # fmt: skip
    points = forms.FloatField(
        label="Priority from", required=False, help_text="Fit plus engagement, 0 to 200; for the second choice."
    )
    top_share = forms.IntegerField(
        label="Best percent", required=False,
        help_text="5 to 50, of all open leads nobody works yet; for the third choice.",
    )  # fmt: skip

    @classmethod
    def begin(cls, by: By | None, model: ScoringModel) -> dict[str, Any]:
        threshold, top = definition_drafts.Threshold, definition_drafts.Top
        mode = "threshold" if isinstance(by, threshold) else "top" if isinstance(by, top) else "cells"
        return {
            "mode": mode,
            "points": f"{by.points:g}" if isinstance(by, threshold) else 100,
            "top_share": model.top_share,
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        needs = {"threshold": "points", "top": "top_share"}.get(given.get("mode", ""))
        if needs and given.get(needs) is None and needs not in self.errors:
            self.add_error(needs, "Give a number.")
        return given
