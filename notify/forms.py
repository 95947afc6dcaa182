"""What an administrator types about a destination. The verb checks again."""

from django import forms

from notify.addresses import LONGEST
from notify.models import Kind
from teams.models import Team


class DestinationForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="As people call it: #inbound, Sales Midwest.")
    kind = forms.ChoiceField(choices=Kind.choices)
    url = forms.CharField(
        max_length=LONGEST,
        label="Webhook address",
        help_text="From Slack or Teams. It is kept as a secret and never shown again in full.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label="The whole company",
        help_text="A team with a channel of its own is told there, everybody else in the company's.",
    )  # fmt: skip
