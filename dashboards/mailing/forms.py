from typing import Any

from django import forms

from dashboards.mailing.models import Mailing
from teams.models import Role, User

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class MailingForm(forms.Form):
    name = forms.CharField(max_length=80)
    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    every = forms.ChoiceField(choices=Mailing.Every.choices)
    weekday = forms.TypedChoiceField(
        choices=list(enumerate(WEEKDAYS)), coerce=int, required=False, empty_value=0, label="Day",
        help_text="Counts when it goes out each week.",
    )
    day = forms.IntegerField(
        min_value=1, max_value=31, initial=1, required=False, label="Day, from 1 to 31",
        help_text="Counts when it goes out each month; a short month: its last day.",
    )
    hour = forms.IntegerField(min_value=0, max_value=23, initial=8, help_text="In the company’s own zone.")
    form = forms.ChoiceField(choices=Mailing.Form.choices, label="As")
    to = forms.TypedMultipleChoiceField(coerce=int, label="To", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, is_service=False).order_by("name", "email")
        if user.role == Role.VIEWER:
            people = people.filter(pk=user.pk)
        self.fields["to"].choices = [(one.pk, str(one)) for one in people]
        self.fields["to"].initial = [user.pk]

    def clean(self) -> dict[str, Any]:
        """The day that the rhythm doesn't need is not asked for and not read."""
        given = super().clean() or self.cleaned_data
        monthly = given.get("every") == Mailing.Every.MONTH
        if monthly and given.get("day") is None and "day" not in self.errors:
            self.add_error("day", "Say the day of the month.")
        if not monthly:
            self.errors.pop("day", None)
            given["day"] = 1
        return given
