"""What people type about the company and its teams."""

from typing import Any

from django import forms

from teams.forms import CURRENCIES, zone_field, zones
from teams.models import Calendar, Organisation, Team, TeamKind, User


class CompanyForm(forms.Form):
    name = forms.CharField(max_length=120)
    timezone = zone_field("Reporting time zone", "Days and months of reports are taken in it.")
    currency = forms.ChoiceField(help_text="Figures leave amounts in another currency out, and say how many.")
    calendar = forms.ModelChoiceField(
        Calendar.objects.order_by("name"), required=False, label="Default calendar", empty_label="Round the clock",
        help_text="For everybody whose team and person name no other.",
    )  # fmt: skip
    executive = forms.ModelChoiceField(
        User.objects.none(), required=False, label="Head of revenue", empty_label="Nobody yet",
        help_text="The last to hear of a promise that nobody keeps.",
    )  # fmt: skip

    def __init__(self, *args: Any, company: Organisation, **kwargs: Any) -> None:
        first = {"name": company.name, "timezone": company.timezone, "currency": company.currency,
                 "calendar": company.calendar_id, "executive": company.executive_id}  # fmt: skip
        super().__init__(*args, initial=first, **kwargs)
        # What is kept is always among what may be chosen: nobody changes it by keeping something else.
        self.fields["currency"].choices = [(code, code) for code in dict.fromkeys([*CURRENCIES, company.currency])]
        self.fields["timezone"].choices = list({company.timezone: company.timezone, **dict(zones())}.items())
        self.fields["executive"].queryset = User.objects.active().order_by("name")


class TeamForm(forms.Form):
    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(choices=TeamKind.choices, label="What it does", initial=TeamKind.SALES)
    manager = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Nobody yet",
        help_text="Hears when somebody of the team is late, and may act for them.",
    )  # fmt: skip
    calendar = forms.ModelChoiceField(
        Calendar.objects.order_by("name"), required=False, label="Calendar", empty_label="As the company"
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        if team is not None:
            kwargs["initial"] = {"name": team.name, "kind": team.kind, "manager": team.manager_id,
                                 "calendar": team.calendar_id}  # fmt: skip
        # The dialog stands over the page, whose form has a name and a calendar of its own.
        super().__init__(*args, auto_id="team_%s", **kwargs)
        self.fields["manager"].queryset = User.objects.active().order_by("name")
