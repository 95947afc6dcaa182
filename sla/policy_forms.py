"""One small form for each slot of a line; each says what `drafts.change` or `drafts.set_ladder` gets from it."""

from collections.abc import Mapping
from typing import Any

from django import forms

from leads.models import Territory
from sla.models import Channel, Hours, PauseReason, Policy, Target, Tier, Unit, Who
from teams.models import Calendar

MINUTE, HOUR = 60, 3_600
COUNTED = [
    ("minutes", "minutes of open time"), ("hours", "hours of open time"), (Unit.DAYS.value, "days"),
    (Unit.BUSINESS_DAYS.value, "business days"), (Unit.SAME_BUSINESS_DAY.value, "the same business day"),
]  # fmt: skip
SIZES = {"minutes": MINUTE, "hours": HOUR}


GIVE = {"required": "Give a number."}


def _counts_nothing(form: forms.Form) -> None:
    """The same business day needs no number."""
    if form.data.get("unit") == Unit.SAME_BUSINESS_DAY:
        form.fields["amount"].required = False


class SlotForm(forms.Form):
    """`title` of the popover; `begin` gives what the form shows at first; `fields_of` what was chosen."""

    title, note = "", ""

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        raise NotImplementedError

    def fields_of(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class AmountForm(SlotForm):
    title, note = "Within what time?", "“24 hours”, “1 day” and “1 business day” are three different promises."
    amount = forms.FloatField(label="How long", min_value=0, error_messages=GIVE)
    unit = forms.ChoiceField(label="Of what", choices=COUNTED)

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        if line.unit != Unit.SECONDS:
            return {"amount": line.amount or None, "unit": line.unit}
        size = "hours" if line.amount % HOUR == 0 and line.amount > HOUR else "minutes"
        return {"amount": f"{line.amount / SIZES[size]:g}", "unit": size}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _counts_nothing(self)

    def fields_of(self) -> dict[str, Any]:
        amount, unit = self.cleaned_data["amount"] or 0, self.cleaned_data["unit"]
        if unit in SIZES:
            return {"amount": round(amount * SIZES[unit]), "unit": Unit.SECONDS.value}
        return {"amount": 0 if unit == Unit.SAME_BUSINESS_DAY else round(amount), "unit": unit}


class HoursForm(SlotForm):
    title, note = "Whose hours count?", "Outside of them the clock stands still."
    hours = forms.ChoiceField(label="Hours")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(f"{Hours.CALENDAR}:{pk}", f"calendar {name}") for pk, name in _calendars()]
        whose = [(Hours.TEAM.value, Hours.TEAM.label), (Hours.ALWAYS.value, Hours.ALWAYS.label)]
        self.fields["hours"].choices = [*whose, *named]  # type: ignore[attr-defined]

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"hours": f"{line.hours}:{line.calendar_id}" if line.hours == Hours.CALENDAR else line.hours}

    def fields_of(self) -> dict[str, Any]:
        hours, _, calendar = self.cleaned_data["hours"].partition(":")
        return {"hours": hours, "calendar": int(calendar) if calendar else None}


class PauseForm(SlotForm):
    title, note = "May it be paused?", "A hot lead’s clock is never paused. Absence is no reason: give the lead away."
    pause_reasons = forms.MultipleChoiceField(
        label="Only when", choices=PauseReason.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"pause_reasons": line.pause_reasons}


class GoalForm(SlotForm):
    title, note = "How often must it be kept?", "The mark on the scoreboard; it moves no clock."
    goal = forms.IntegerField(label="Percent", min_value=1, max_value=100)

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"goal": line.goal}


class MovesForm(SlotForm):
    title, note = "When it is missed", "The step “due” of the ladder must say so too."
    hops = forms.IntegerField(label="Moves on to others, at most", min_value=0, max_value=2, help_text="0 to 2 people")
    bench = forms.BooleanField(label="Whoever missed it gets no new leads until their manager says so", required=False)

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"hops": line.hops, "bench": line.bench}


class NameForm(SlotForm):
    title = "What is this line called?"
    name = forms.CharField(max_length=80)
    tier = forms.ChoiceField(label="Tier", choices=[one for one in Tier.choices if one[0]], required=False)

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"name": line.name, "tier": line.tier}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.target = kwargs.pop("target", Target.FIRST_RESPONSE)
        super().__init__(*args, **kwargs)
        if self.target != Target.FIRST_RESPONSE:
            del self.fields["tier"]


class TouchesForm(SlotForm):
    title = "What counts as enough?"
    touches = forms.IntegerField(label="Touches", min_value=1, max_value=50)
    channels = forms.IntegerField(label="On at least so many channels", min_value=1, max_value=6)
    per_day = forms.IntegerField(label="Counted a channel and day, at most", min_value=1, max_value=20)

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"touches": 8, "channels": 2, "per_day": 2} | line.terms

    def fields_of(self) -> dict[str, Any]:
        return {"terms": dict(self.cleaned_data)}


class MedianForm(SlotForm):
    title, note = "How long is too long in a stage?", "With fewer cases than this the days alone count."
    factor = forms.FloatField(label="Times the median", min_value=1, max_value=10)
    sample = forms.IntegerField(label="Of so many cases, at least", min_value=1, max_value=1000)

    @classmethod
    def begin(cls, line: Policy) -> dict[str, Any]:
        return {"factor": 1.5, "sample": 10} | line.terms

    def fields_of(self) -> dict[str, Any]:
        return {"terms": dict(self.cleaned_data)}


SLOTS: dict[str, type[SlotForm]] = {
    "amount": AmountForm, "hours": HoursForm, "pause": PauseForm, "goal": GoalForm, "moves": MovesForm,
    "name": NameForm,
}  # fmt: skip
TERMS: dict[str, type[SlotForm]] = {Target.TOUCH_MINIMUM: TouchesForm, Target.STAGE_AGE: MedianForm}


def form_of(slot: str, target: str) -> type[SlotForm] | None:
    return TERMS.get(target) if slot == "terms" else SLOTS.get(slot)


class StepForm(forms.Form):
    """One step of a ladder. `when`: before (a share of the time), due, or after it."""

    when = forms.ChoiceField(
        label="When", choices=[("before", "at a share of the time"), ("due", "when it is due"), ("after", "past due")]
    )
    share = forms.IntegerField(label="Percent of the time", min_value=1, max_value=99, required=False)
    after = forms.FloatField(label="Minutes past due", min_value=1, required=False)
    who = forms.MultipleChoiceField(label="Who is told", choices=Who.choices, widget=forms.CheckboxSelectMultiple)
    how = forms.MultipleChoiceField(
        label="How", choices=Channel.choices, widget=forms.CheckboxSelectMultiple, required=False,
        help_text="The app always shows it; each person may choose otherwise.",
    )  # fmt: skip
    then = forms.BooleanField(label="and the lead moves on to the next in rotation", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.target = kwargs.pop("target")
        super().__init__(*args, **kwargs)
        if self.target != Target.FIRST_RESPONSE:
            del self.fields["then"]

    @classmethod
    def begin(cls, rung: Mapping[str, Any] | None) -> dict[str, Any]:
        if rung is None:
            return {"when": "before", "share": 50, "who": ["owner"], "how": ["app"]}
        when = "before" if rung["level"] < 100 else "due" if rung["level"] == 100 else "after"
        return {
            "when": when, "share": rung["level"] if when == "before" else None, "who": rung["who"], "how": rung["how"],
            "after": f"{rung['after'] / MINUTE:g}" if when == "after" else None, "then": rung["then"] == "reassign",
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        needs = {"before": "share", "after": "after"}.get(given.get("when", ""))
        if needs and given.get(needs) is None and needs not in self.errors:
            self.add_error(needs, "Give a number.")
        return given

    def rung(self) -> dict[str, Any]:
        given = self.cleaned_data
        rung: dict[str, Any] = {"who": given["who"], "how": given["how"] or [Channel.APP.value]}
        if given["when"] == "after":
            rung["after"] = round(given["after"] * MINUTE)
        else:
            rung["level"] = 100 if given["when"] == "due" else given["share"]
        return rung | ({"then": "reassign"} if given.get("then") and given["when"] == "due" else {})


class NewLineForm(forms.Form):
    """A line like another one, for a territory of its own."""

    territory = forms.ChoiceField(label="For territory", required=False)
    amount = forms.FloatField(label="Within", min_value=0, error_messages=GIVE)
    unit = forms.ChoiceField(label="Of what", choices=COUNTED)
    name = forms.CharField(max_length=80, required=False, help_text="Empty: named after the line and the territory.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _counts_nothing(self)
        kept = list(Territory.objects.filter(removed_at=None).values_list("code", "name"))
        self.fields["territory"].choices = [("", "all of them"), *kept]  # type: ignore[attr-defined]
        self.names = dict(kept)


def _calendars() -> list[tuple[int, str]]:
    return list(Calendar.objects.order_by("name").values_list("id", "name"))
