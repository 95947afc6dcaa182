"""The dialog that opens a deal from a qualified lead: /leads/42/conversion/."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms

from deals import joining, money
from deals.conversion import convert
from deals.models import Deal
from leads.views.doors import LeadVerb
from revops.lib import words
from teams.models import Organisation


class ConversionForm(forms.Form):
    """`into`: only when the company has open deals. What a new deal needs is asked for when it is to be a new one."""

    into = forms.ChoiceField(label="Which deal", widget=forms.RadioSelect, required=False)
    name = forms.CharField(max_length=200, help_text="As you will call it in the pipeline.")
    amount = forms.CharField(max_length=20, help_text="What it may be worth, like 48,600.")
    currency = forms.CharField(max_length=3)
    close_on = forms.DateField(label="Closes on", widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, there: Iterable[Deal], **more: Any) -> None:
        super().__init__(*args, **more)
        joins = [(str(deal.pk), f"Join {deal}, {_of(deal)}") for deal in there]
        if joins:
            self.fields["into"].choices = [("", "A new deal"), *joins]  # type: ignore[attr-defined]
        else:
            del self.fields["into"]
        if joins and self.data.get("into"):
            for name in ("name", "amount", "currency", "close_on"):
                self.fields[name].required = False


def _of(deal: Deal) -> str:
    return ", ".join(str(part) for part in (
        words.money(money.major(deal.amount), deal.currency) if deal.amount else "", deal.owner or "nobody’s"
    ) if part)  # fmt: skip


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
        self.there = {str(deal.pk): deal for deal in joining.open_with(lead.company_id)}
        return ConversionForm(data, initial=initial, there=self.there.values())

    def title(self) -> str:
        return f"Open a deal with {self.lead.person}"

    def act(self, given: dict[str, Any]) -> str:
        into = self.there.get(given.get("into") or "")
        if into is not None:
            deal = convert(self.lead, into=into, by=self.request.user, at=self.request.now)
            return f"{self.lead.person} joined {deal}."
        deal = convert(
            self.lead, name=given["name"], amount=money.minor(given["amount"]), currency=given["currency"],
            close_on=given["close_on"], by=self.request.user, at=self.request.now,
        )  # fmt: skip
        return f"Deal {deal} opened, {words.money(money.major(deal.amount), deal.currency)}."
