"""The inputs of the quota, as people type them: whole money, per cent."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms

from dashboards.kpis import say
from dashboards.scoreboard.quota import Inputs, Measured, check
from revops.lib.errors import Invalid


class QuotaForm(forms.Form):
    revenue = forms.DecimalField(label="New revenue a quarter", min_value=1, max_digits=13, decimal_places=2)
    deal_size = forms.DecimalField(label="Average deal", min_value=1, max_digits=12, decimal_places=2)
    rate = forms.DecimalField(
        label="SQLs that become a deal, %", min_value=Decimal("0.1"), max_value=100, max_digits=7, decimal_places=4
    )
    starts_on = forms.DateField(
        label="In force from", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Earlier months keep the quota they had.",
    )  # fmt: skip
    note = forms.CharField(label="Why", required=False, max_length=200)

    def __init__(self, *args: Any, currency: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.currency = currency
        for name in ("revenue", "deal_size"):
            self.fields[name].help_text = f"In {currency}."
            self.fields[name].widget.attrs["step"] = "any"
        self.fields["rate"].widget.attrs["step"] = "any"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check(self.inputs())
            except Invalid as refusal:
                self.add_error(refusal.field or None, refusal.detail)
        cleaned["starts_on"] = cleaned.get("starts_on") or self.initial.get("starts_on")
        return cleaned

    def inputs(self) -> Inputs:
        given = self.cleaned_data
        return Inputs(
            int(given["revenue"] * 100), int(given["deal_size"] * 100), Fraction(given["rate"]) / 100, self.currency
        )

    def measured(self, seen: Measured) -> list[str]:
        """Which of the inputs are what the system measures, not what somebody hopes."""
        asked = self.inputs()
        found = []
        if seen.size.value is not None and abs(Fraction(seen.size.value) - asked.deal_size) < 100:
            found.append("deal_size")
        if seen.rate.value is not None and abs(Fraction(seen.rate.value) - asked.rate) < Fraction(1, 2000):
            found.append("rate")
        return found

    @staticmethod
    def starting(inputs: Inputs | None, seen: Measured, currency: str, *, starts_on: date) -> dict[str, Any]:
        """What is committed now; before the first time, what is measured."""
        if inputs is not None:
            return {
                "revenue": _plain(Decimal(inputs.revenue) / 100), "deal_size": _plain(Decimal(inputs.deal_size) / 100),
                "rate": _plain(say.exact(inputs.rate * 100, 4)), "starts_on": starts_on,
            }  # fmt: skip
        found: dict[str, Any] = {"starts_on": starts_on}
        if seen.size.value:
            found["deal_size"] = say.exact(seen.size.value / 100, 0)
        if seen.rate.value:
            found["rate"] = say.exact(seen.rate.value * 100, 1)
        return found


def _plain(number: Decimal) -> str:
    """Exact and as people write it, so that what is committed again unchanged is the same promise."""
    return f"{number.normalize():f}"
