"""What people type about opening hours."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from teams import calendar_words, public_holidays
from teams.forms import wall_time, zone_field
from teams.models import CalendarVersion, Team, User

FULL_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class WindowsField(forms.CharField):
    """Text of a day's hours → [["09:00", "17:00"], …]."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=120, **options)

    def prepare_value(self, value: Any) -> Any:
        return calendar_words.windows(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[list[str]]:
        try:
            return calendar_words.read_windows(super().clean(value))
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


class NewCalendarForm(forms.Form):
    name = forms.CharField(max_length=80)
    tz = zone_field()
    opens = wall_time("Opens", time(9), "Monday to Friday; days and breaks can follow.")
    closes = wall_time("Closes", time(17))
    country = forms.ChoiceField(required=False, label="Public holidays of", choices=lambda: _countries())

    def clean(self):
        found = super().clean()
        if found.get("opens") and found.get("closes") and found["closes"] <= found["opens"]:
            self.add_error("closes", "It closes after it opens.")
        return found


class HoursForm(forms.Form):
    """The zone and a line for each weekday."""

    name = forms.CharField(max_length=80)
    tz = zone_field()

    def __init__(self, *args: Any, version: CalendarVersion, **kwargs: Any) -> None:
        first = {"name": version.calendar.name, "tz": version.tz}
        first |= {f"day{n}": version.weekly.get(str(n), []) for n in range(7)}
        super().__init__(*args, initial=first, **kwargs)
        for n, name in enumerate(FULL_DAYS):
            self.fields[f"day{n}"] = WindowsField(label=name)
        self.fields["day0"].help_text = "Several windows with commas: 09:00–12:30, 13:30–18:00."

    def weekly(self) -> dict[str, list[list[str]]]:
        return {str(n): self.cleaned_data[f"day{n}"] for n in range(7) if self.cleaned_data[f"day{n}"]}


class HolidaysForm(forms.Form):
    country = forms.ChoiceField(required=False, label="Country", choices=lambda: _countries())
    region = forms.ChoiceField(required=False, label="Region")

    def __init__(self, *args: Any, version: CalendarVersion, **kwargs: Any) -> None:
        super().__init__(*args, initial={"country": version.country, "region": version.region}, **kwargs)
        country = self.data.get("country", version.country) if self.is_bound else version.country
        self.fields["region"].choices = [("", "All of it"), *public_holidays.regions(country)]

    def clean_region(self):
        return self.cleaned_data.get("region") or ""


class DayForm(forms.Form):
    """One date: closed all day, or with hours of its own."""

    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="For several days."
    )
    name = forms.CharField(max_length=80, label="What it is called")
    windows = WindowsField(label="Open", help_text="Empty: closed all day.")

    def clean(self):
        found = super().clean()
        first, last = found.get("day"), found.get("last")
        if first and last and not 0 <= (last - first).days <= 366:
            self.add_error("last", "The last day is not before the first, and at most a year after it.")
        return found

    def days(self) -> list[date]:
        first = self.cleaned_data["day"]
        last = self.cleaned_data["last"] or first
        return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


class FileForm(forms.Form):
    file = forms.FileField(label="Calendar file (.ics)", help_text="Its all-day events become closed days.")


class TryForm(forms.Form):
    """A lead at this moment, this promise: when would it be due?"""

    UNITS = [("minutes", "minutes"), ("hours", "hours"), ("same_day", "same business day"),
             ("business_days", "business days"), ("days", "days")]  # fmt: skip
    start = forms.DateTimeField(
        label="A lead at", input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )  # fmt: skip
    amount = forms.IntegerField(label="within", min_value=0, max_value=10_000, initial=5)
    unit = forms.ChoiceField(label="of", choices=UNITS)

    def clean_start(self) -> datetime:
        """Typed as a wall clock shows it; the caller ties it to the calendar's zone."""
        return self.cleaned_data["start"].replace(tzinfo=None)

    def moment(self, zone: ZoneInfo) -> datetime:
        return self.cleaned_data["start"].replace(tzinfo=zone)


class HolderForm(forms.Form):
    holder = forms.ChoiceField(label="Whose hours these are")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = [(f"team-{team.pk}", team.name) for team in Team.objects.order_by("name")]
        people = [(f"user-{user.pk}", user.name) for user in User.objects.active().order_by("name")]
        self.fields["holder"].choices = [
            ("organisation", "Everybody without hours of their own"), ("Teams", teams), ("People", people)
        ]  # fmt: skip


def _countries() -> list[tuple[str, str]]:
    return [("", "None"), *public_holidays.countries()]
