"""The dialog that opens a deal from a qualified lead: /leads/42/conversion/."""

from datetime import timedelta
from typing import Any

from django import forms

from deals import money
from deals.conversion import convert
from leads.views.doors import LeadVerb
from revops.lib import words
from teams.models import Organisation


class ConversionForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="As you will call it in the pipeline.")
    amount = forms.CharField(max_length=20, help_text="What it may be worth, like 48,600.")
    currency = forms.CharField(max_length=3)
    close_on = forms.DateField(label="Closes on", widget=forms.DateInput({"type": "date"}))


class Convert(LeadVerb):
    verb, words = "convert", "Open deal"
    note = "The lead becomes an opportunity. The deal keeps its source and its owner."
    undoable = False

    def form(self, data: Any = None) -> ConversionForm:
        lead = self.lead
        name = (
            f"{lead.company}, {lead.product_interest}"
            if lead.product_interest and lead.company
            else str(lead.company or "")
        )
        initial = {
            "name": name, "currency": Organisation.get().currency,
            "close_on": (self.request.now + timedelta(days=60)).date(),
        }  # fmt: skip
        return ConversionForm(data, initial=initial)

    def title(self) -> str:
        return f"Open a deal with {self.lead.person}"

    def act(self, given: dict[str, Any]) -> str:
        deal = convert(
            self.lead, name=given["name"], amount=money.minor(given["amount"]), currency=given["currency"],
            close_on=given["close_on"], by=self.request.user, at=self.request.now,
        )  # fmt: skip
        return f"Deal {deal} opened, {words.money(money.major(deal.amount), deal.currency)}."
