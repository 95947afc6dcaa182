"""What people type about a deal. Rules live in the verbs; a form only reads and shows."""

from typing import Any

from django import forms
from django.db.models import Q

from deals import money
from deals.models import ContactRole, Deal, LossReason
from leads.models import Person
from revops.lib.errors import Invalid

MOMENT = "%Y-%m-%dT%H:%M"


class LossForm(forms.Form):
    reason = forms.ChoiceField(label="Why", choices=LossReason.choices, widget=forms.RadioSelect)
    competitor = forms.CharField(required=False, max_length=80, help_text="Needed when a competitor won it.")
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea({"rows": 3}), help_text="Reason other needs it."
    )


class WinForm(forms.Form):
    signed_on = forms.DateField(
        label="Signed on", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="Today, if you leave it empty.",
    )  # fmt: skip


class EvidenceForm(forms.Form):
    evidence = forms.CharField(
        label="How do you know?", required=False, max_length=300, widget=forms.Textarea({"rows": 2}),
        help_text="Who said it, where. Leave it empty to take it back.",
    )  # fmt: skip


class RoleForm(forms.Form):
    """People of the deal's company, and who is in it already."""

    person = forms.ModelChoiceField(Person.objects.none(), empty_label="Choose…")
    role = forms.ChoiceField(label="Part", choices=ContactRole.Role.choices)
    primary = forms.BooleanField(required=False, label="The primary contact")

    def __init__(self, data: Any = None, *, deal: Deal) -> None:
        super().__init__(data)
        there = Person.objects.filter(Q(company_id=deal.company_id, company__isnull=False) | Q(deal_roles__deal=deal))
        ids = there.filter(merged_into=None).order_by("-id").values_list("pk", flat=True).distinct()[:200]
        field: Any = self.fields["person"]
        field.queryset = Person.objects.filter(pk__in=list(ids)).order_by("last_name", "first_name", "id")


class BookingForm(forms.Form):
    when = forms.DateTimeField(
        label="When", widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT), input_formats=[MOMENT],
        help_text="The rep, the customer and the customer success manager, all three.",
    )  # fmt: skip


class CallForm(forms.Form):
    held_at = forms.DateTimeField(
        label="When it was", widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT],
        help_text="More than 15 minutes back it counts from now, unless the manager tells it.",
    )  # fmt: skip
    rep = forms.BooleanField(required=False, label="The rep was there")
    customer = forms.BooleanField(required=False, label="The customer was there")
    csm = forms.BooleanField(required=False, label="The customer success manager was there")


class EditForm(forms.Form):
    amount = forms.CharField(max_length=20, widget=forms.TextInput({"inputmode": "decimal"}))
    close_on = forms.DateField(label="Closes on", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    @classmethod
    def of(cls, deal: Deal, data: Any = None) -> "EditForm":
        amount = money.major(deal.amount)
        shown = "" if amount is None else f"{amount:f}".removesuffix(".00")
        form = cls(data, initial={"amount": shown, "close_on": deal.close_on})
        if deal.list_amount is not None:
            form.fields["amount"].disabled = True
            form.fields["amount"].help_text = "What its lines cost."
        return form

    def clean_amount(self) -> int:
        try:
            return money.minor(self.cleaned_data["amount"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from None
