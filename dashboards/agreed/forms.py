"""Goals and judgements, as people type them: whole money, per cent."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from dashboards.kpis import registry
from dashboards.scoreboard.month import first_of
from teams.models import User

PERIODS = (("quarter", "This quarter"), ("next_quarter", "Next quarter"), ("month", "This month"), ("own", "Own days"))
SCALE = {"money": 100, "money_per_day": 100, "share": Decimal("0.01")}


def units(value: Decimal, unit: str) -> Decimal:
    """What was typed in the KPI's own unit: money in minor units, a share of one."""
    return value * SCALE.get(unit, 1)


def span(period: str, today: date) -> tuple[date, date]:
    """First and last day of a named period."""
    first = first_of(today) if period == "month" else first_of(today, (today.month - 1) % 3)
    first = first_of(first, -3) if period == "next_quarter" else first
    return first, date.fromordinal(first_of(first, -1 if period == "month" else -3).toordinal() - 1)


class GoalForm(forms.Form):
    kpi = forms.ChoiceField(label="Which number")
    name = forms.CharField(label="What it is called", max_length=80, required=False)
    target = forms.DecimalField(
        label="Target", max_digits=15, decimal_places=4, min_value=Decimal("0.0001"),
        help_text="Money in whole units, a share in per cent, days in days.",
    )  # fmt: skip
    period = forms.ChoiceField(label="For", choices=PERIODS)
    starts_on = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Needed for own days."
    )

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.today = today
        offered = [k for k in registry.ALL if k.better != "lower"]
        offered.sort(key=lambda k: (k.badge != "goal", k.badge != "profit", k.name))
        self.fields["kpi"].choices = [(k.key, k.name) for k in offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("period") == "own":
            for name in ("starts_on", "ends_on"):
                if name not in self.errors and not given.get(name):
                    self.add_error(name, "Say the day.")
        elif given.get("period"):
            given["starts_on"], given["ends_on"] = span(given["period"], self.today)
        kpi = registry.find(given.get("kpi") or "")
        if kpi and given.get("target") is not None:
            given["target"] = units(given["target"], kpi.unit)
        return given


class JudgementForm(forms.Form):
    owner = forms.ModelChoiceField(
        label="Who owns it", queryset=User.objects.none(), required=False, empty_label="nobody yet"
    )
    tracked = forms.CharField(
        label="Where else it is tracked",
        max_length=120,
        required=False,
        help_text="A spreadsheet, another tool, nowhere.",
    )
    raises_profit = forms.BooleanField(label="Improving it directly raises profit or LTV : CAC", required=False)
    would_do = forms.CharField(
        label="If it moved by a tenth, what would you do next week?", max_length=300, required=False,
        widget=forms.Textarea({"rows": 2}), help_text="Nothing to say means nothing to do: then it is vanity.",
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["owner"].queryset = User.objects.active().exclude(role="viewer").order_by("name")  # type: ignore[attr-defined]
