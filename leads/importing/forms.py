"""Forms of the import's pages."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from leads.models.importing import ImportMode

MODES = [
    (ImportMode.HISTORY, "The past. Clocks are computed for reports; nobody is told"),
    (ImportMode.LIVE, "New enquiries, like a list of a trade show. Routed and timed as if they came in now"),
]
KINDS = [
    ("leads", "People and leads"),
    ("companies", "Companies"),
    ("deals", "Deals"),
    ("lead_history", "Changes of leads’ stages"),
    ("deal_history", "Changes of deals’ stages"),
]
STOPS = [
    ("keep", "Keep what is in. It can be undone later, as a whole"),
    ("undo", "Undo what is in. Everything is as it was before"),
]


class ModeForm(forms.Form):
    mode = forms.ChoiceField(
        label="What the file holds", choices=MODES, widget=forms.RadioSelect, initial=ImportMode.HISTORY
    )


class ReadingForm(forms.Form):
    """How the file as a whole is read: whose ids these are, and where its clocks hung."""

    kind = forms.ChoiceField(label="What its lines are", choices=KINDS)
    source = forms.CharField(
        label="Name of the system it comes from",
        max_length=32,
        help_text="Its ids are kept under this name, so that a second file of it finds the same people.",
    )
    zone = forms.CharField(
        label="Time zone of its dates",
        required=False,
        max_length=60,
        widget=forms.TextInput({"list": "zones", "autocomplete": "off"}),
        help_text="Of dates without an offset. Empty: the company’s own.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = "columns"

    def clean_zone(self) -> str:
        zone = self.cleaned_data["zone"].strip()
        if zone and zone not in available_timezones():
            raise forms.ValidationError("This is no time zone; write it like Europe/Berlin.", code="zone")
        return ZoneInfo(zone).key if zone else ""


class PresetForm(forms.Form):
    name = forms.CharField(
        label="Name of the preset", max_length=80, help_text="Files with the same header are matched by it from now on."
    )


class CancelForm(forms.Form):
    """Asked only where something is in already."""

    what = forms.ChoiceField(label="What is in already", choices=STOPS, widget=forms.RadioSelect, initial="keep")
