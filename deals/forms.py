"""What people type about a deal. Rules live in the verbs; a form only reads and shows."""

from typing import Any

from django import forms

from deals import money
from deals.models import Deal, LossReason
from revops.lib.errors import Invalid

MOMENT = "%Y-%m-%dT%H:%M"


class LossForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=LossReason.choices, widget=forms.RadioSelect)
    competitor = forms.CharField(required=False, max_length=80, help_text="Needed when a competitor won it.")
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea({"rows": 3}), help_text="Reason other needs it."
    )


class BookingForm(forms.Form):
    when = forms.DateTimeField(
        label="When", widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT), input_formats=[MOMENT],
        help_text="The rep, the customer and the customer success manager, all three.",
    )  # fmt: skip


class CallForm(forms.Form):
    held_at = forms.DateTimeField(
        label="When it was", widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT],
        help_text="More than 15 minutes back it counts from now, unless the manager tells it.",
    )  # fmt: skip
    rep = forms.BooleanField(required=False, label="The rep was there")
    customer = forms.BooleanField(required=False, label="The customer was there")
    csm = forms.BooleanField(required=False, label="The customer success manager was there")


class EditForm(forms.Form):
    amount = forms.CharField(max_length=20, widget=forms.TextInput({"inputmode": "decimal"}))
    close_on = forms.DateField(label="Closes on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    @classmethod
    def of(cls, deal: Deal, data: Any = None) -> "EditForm":
        amount = money.major(deal.amount)
        shown = "" if amount is None else f"{amount:f}".removesuffix(".00")
        return cls(data, initial={"amount": shown, "close_on": deal.close_on})

    def clean_amount(self) -> int:
        try:
            return money.minor(self.cleaned_data["amount"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from None
