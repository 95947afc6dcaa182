"""What people type about a deal. Rules live in the verbs; a form only reads and shows."""

from typing import Any

from django import forms

from deals import money
from deals.models import Deal, LossReason
from revops.lib.errors import Invalid


class LossForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=LossReason.choices, widget=forms.RadioSelect)
    competitor = forms.CharField(required=False, max_length=80, help_text="Needed when a competitor won it.")
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea({"rows": 3}), help_text="Reason other needs it."
    )


class EditForm(forms.Form):
    amount = forms.CharField(max_length=20, widget=forms.TextInput({"inputmode": "decimal"}))
    close_on = forms.DateField(label="Closes on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    next_step = forms.CharField(required=False, max_length=200)

    @classmethod
    def of(cls, deal: Deal, data: Any = None) -> "EditForm":
        amount = money.major(deal.amount)
        shown = "" if amount is None else f"{amount:f}".removesuffix(".00")
        return cls(data, initial={"amount": shown, "close_on": deal.close_on, "next_step": deal.next_step})

    def clean_amount(self) -> int:
        try:
            return money.minor(self.cleaned_data["amount"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from None
