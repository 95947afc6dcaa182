from django import forms

from dashboards.mailing.models import Mailing
from teams.models import Role, User

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class MailingForm(forms.Form):
    name = forms.CharField(max_length=80)
    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    every = forms.ChoiceField(choices=Mailing.Every.choices)
    weekday = forms.TypedChoiceField(
        choices=list(enumerate(WEEKDAYS)), coerce=int, label="Day of the week", help_text="Of a weekly one."
    )
    day = forms.IntegerField(
        min_value=1, max_value=31, initial=1, label="Day of the month", help_text="Of a monthly one."
    )
    hour = forms.IntegerField(min_value=0, max_value=23, initial=8, help_text="In the company’s own zone.")
    form = forms.ChoiceField(choices=Mailing.Form.choices, label="As")
    to = forms.TypedMultipleChoiceField(coerce=int, label="To")

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, is_service=False).order_by("name", "email")
        if user.role == Role.VIEWER:
            people = people.filter(pk=user.pk)
        self.fields["to"].choices = [(one.pk, str(one)) for one in people]
        self.fields["to"].initial = [user.pk]
