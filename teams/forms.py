"""What people type about people. The verbs check again; here it is read and tied to its fields."""

from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password

from teams.models import Calendar, Role, Team, TeamKind, User

CURRENCIES = ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "JPY", "INR", "BRL", "SEK", "NOK", "DKK", "PLN", "CZK", "SGD"]


@cache
def zones() -> list[tuple[str, str]]:
    """IANA names that mean a place, UTC first."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return [(name, name.replace("_", " ")) for name in ["UTC", *places]]


def zone_field(label: str = "Time zone", help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=zones, help_text=help_text)


def wall_time(label: str, initial: time, help_text: str = "") -> forms.TimeField:
    clock = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, initial=initial, input_formats=["%H:%M"], widget=clock, help_text=help_text)


class InviteForm(forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(label="E-mail")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.SALES)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False, empty_label="No team")
    timezone = zone_field()


class PersonForm(forms.ModelForm):
    timezone = zone_field()

    class Meta:
        model = User
        fields = ["name", "role", "team", "calendar", "timezone", "watches_handoffs"]
        labels = {"calendar": "Working hours", "watches_handoffs": "Watches hand-offs"}
        help_texts = {
            "calendar": "Left empty: the team's, else the organisation's.",
            "watches_handoffs": "Hears of leads without an owner and may give them to somebody.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].empty_label = "No team"
        self.fields["calendar"].empty_label = "As the team"
        self.fields["calendar"].queryset = Calendar.objects.order_by("name")


class DeactivateForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label="Give them to",
        empty_label="Leads by routing, deals to the team's manager",
    )

    def __init__(self, *args, leaving: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.objects.sellers().exclude(pk=leaving.pk).order_by("name")


class LeaveForm(forms.Form):
    """Whole days in the person's own zone, both included."""

    first = forms.DateField(label="First day away", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Last day away", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(max_length=120, required=False, help_text="Colleagues can read it.")

    def __init__(self, *args, zone: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(zone)

    def interval(self) -> tuple[datetime, datetime]:
        """Half-open: from the first midnight to the one after the last day."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        return self._midnight(first), self._midnight(last + timedelta(days=1))

    def clean(self):
        found = super().clean()
        if found.get("first") and found.get("last") and found["last"] < found["first"]:
            self.add_error("last", "The last day is not before the first.")
        return found

    def _midnight(self, day) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.zone)


class MeForm(forms.ModelForm):
    timezone = zone_field(help_text="Times on pages are shown in it.")

    class Meta:
        model = User
        fields = ["name", "timezone", "single_keys"]
        help_texts = {"single_keys": "J, K, A, R and others act without a modifier; off also hides the hints."}


class SetupForm(forms.Form):
    """All that a company needs before its first lead."""

    company = forms.CharField(max_length=120, label="Your company")
    timezone = zone_field(help_text="Days of reports are taken in it.")
    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES])
    always = forms.BooleanField(required=False, label="Somebody is there round the clock")
    opens = wall_time("Opens", time(9), "Monday to Friday; holidays and other days can follow.")
    closes = wall_time("Closes", time(17))
    team = forms.CharField(max_length=120, label="First team", initial="Sales")
    kind = forms.ChoiceField(choices=TeamKind.choices, label="What it does", initial=TeamKind.SALES)
    name = forms.CharField(max_length=120, label="Your name")
    email = forms.EmailField(label="Your e-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        max_length=128, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters.", strip=False,
    )  # fmt: skip

    def clean_password(self):
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]

    def clean(self):
        found = super().clean()
        opens, closes = found.get("opens"), found.get("closes")
        if not found.get("always") and opens and closes and closes <= opens:
            self.add_error("closes", "It closes after it opens.")
        return found
