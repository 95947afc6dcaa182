"""What people type about a customer. Rules live in the verbs; a form only reads and shows."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms

from customers.dialogs import DAY
from customers.models import ChurnReason, Component
from customers.rights import takers
from deals import money
from revops.lib.errors import Invalid

MOMENT = "%Y-%m-%dT%H:%M"


class MoneyField(forms.CharField):
    """Whole units typed, minor units out; "" where it isn't required is None."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=20, widget=forms.TextInput({"inputmode": "decimal"}), **more)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return 0 if text.strip().strip("0.") == "" else money.minor(text)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from None


class StepForm(forms.Form):
    title = forms.CharField(label="What is to be done", max_length=120)
    due_on = forms.DateField(label="By", required=False, widget=DAY)


class ValueForm(forms.Form):
    what = forms.CharField(label="What they first got out of it", max_length=200)
    seen_at = forms.DateTimeField(
        label="When", widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT), input_formats=[MOMENT]
    )


class ReadingForm(forms.Form):
    """A field a component; an empty one was not read."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for key, label in Component.choices:
            self.fields[key] = forms.IntegerField(
                label=label, required=False, min_value=0, max_value=100, help_text="0 bad, 100 excellent"
            )
        self.fields["note"] = forms.CharField(required=False, max_length=300)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and all(given.get(key) is None for key in Component.values):
            raise forms.ValidationError("Give at least one of the four.")
        return given


class ChangeForm(forms.Form):
    subscription = forms.ChoiceField(required=False)
    monthly = MoneyField(label="A month from then on", help_text="0 ends it.")
    on = forms.DateField(label="Since", widget=DAY)
    note = forms.CharField(required=False, max_length=300)

    def __init__(self, data: Any, *, known: Sequence[tuple[str, str]], today: date) -> None:
        # Where one runs, it is the one that changes: a second one beside it would be paid on top.
        super().__init__(data, initial={"on": today, "subscription": known[0][0] if known else ""})
        self.fields["subscription"].choices = [*known, ("", "Another one, on top")]  # type: ignore[attr-defined]


class ChurnForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=ChurnReason.choices, widget=forms.RadioSelect)
    on = forms.DateField(label="When", widget=DAY)
    note = forms.CharField(required=False, max_length=300, widget=forms.Textarea({"rows": 2}))


class BackForm(forms.Form):
    on = forms.DateField(label="Since", widget=DAY)
    monthly = MoneyField(label="A month", help_text="What they pay from then on.")


class TermForm(forms.Form):
    starts_on = forms.DateField(label="From", widget=DAY)
    renews_on = forms.DateField(label="Renews on", widget=DAY)


class ExpansionForm(forms.Form):
    name = forms.CharField(max_length=200, required=False, help_text="Default: the company and “more”.")
    amount = MoneyField()
    close_on = forms.DateField(label="Closes on", widget=DAY)


class GiveForm(forms.Form):
    csm = forms.ModelChoiceField(None, label="Who looks after them", empty_label="Choose…")

    def __init__(self, data: Any, csm: int | None) -> None:
        super().__init__(data, initial={"csm": csm})
        self.fields["csm"].queryset = takers()  # type: ignore[attr-defined]


def not_before(at: datetime, since: datetime, zone: Any) -> datetime:
    """A day stands for its noon; what is already known of the same day came before it."""
    return since if at < since and at.astimezone(zone).date() == since.astimezone(zone).date() else at


def of_day(day: date, zone: Any, now: datetime) -> datetime:
    """The moment a day that somebody typed stands for: now when it is today, else its noon there."""
    there = now.astimezone(zone)
    return now if day == there.date() else datetime(day.year, day.month, day.day, 12, tzinfo=zone)
