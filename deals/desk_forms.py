"""What people type at the deal desk. Rules live in the verbs; a form only reads and shows."""

from decimal import Decimal
from typing import Any

from django import forms

from deals import money
from deals.models import Concession, Objection, Product
from deals.models.commercial import Billing
from deals.retrospectives import POINTS_AT
from leads.company_size import NAMES
from revops.lib.errors import Invalid

DATE = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class MoneyField(forms.CharField):
    """Typed as people write it, read as minor units; shown without .00."""

    widget = forms.TextInput({"inputmode": "decimal"})

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=20, **more)

    def prepare_value(self, value: Any) -> Any:
        return f"{money.major(value):f}".removesuffix(".00") if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return money.minor(text)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.detail) from None


class LineForm(forms.Form):
    """A line; the product's name, price and billing stand where nothing was typed. An empty one is left out."""

    product = forms.ModelChoiceField(Product.objects.none(), required=False, empty_label="Something else")
    name = forms.CharField(required=False, max_length=120, label="What")
    billing = forms.ChoiceField(choices=[("", "As the product"), *Billing.choices], required=False)
    quantity = forms.IntegerField(required=False, min_value=0, max_value=1_000_000)
    unit_list = MoneyField(required=False, label="List")
    unit_net = MoneyField(required=False, label="Net")

    def __init__(self, *args: Any, products: list[Product], **more: Any) -> None:
        super().__init__(*args, **more)
        product: Any = self.fields["product"]
        product.queryset = Product.objects.all()
        product.choices = [("", "Something else"), *((one.pk, one.name) for one in products)]
        self.known = {one.pk: one for one in products}


class DiscountForm(forms.Form):
    percent = forms.DecimalField(
        label="Off the list, %", min_value=0, max_value=100, max_digits=7, decimal_places=4,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )  # fmt: skip
    why = forms.CharField(
        label="Why", max_length=300, widget=forms.Textarea({"rows": 3}),
        help_text="What the buyer said, and what happens without it.",
    )  # fmt: skip

    def clean_percent(self) -> Decimal:
        return self.cleaned_data["percent"]


class NoteForm(forms.Form):
    note = forms.CharField(label="Why not", max_length=300, widget=forms.Textarea({"rows": 3}))


class EmptyForm(forms.Form):
    pass


class GiveForm(forms.Form):
    concession = forms.ModelChoiceField(Concession.objects.none(), label="Give", widget=forms.RadioSelect,
                                        empty_label=None)  # fmt: skip
    get = forms.CharField(
        label="What we get for it", max_length=160, required=False, help_text="Empty: what the matrix asks for."
    )


class GotForm(forms.Form):
    note = forms.CharField(label="What came", max_length=200, required=False)


class ConcessionForm(forms.Form):
    give = forms.CharField(label="We give", max_length=120)
    cost = MoneyField(label="It costs us")
    value = MoneyField(label="It is worth to them")
    get = forms.CharField(label="We get", max_length=160)
    get_value = MoneyField(label="That is worth to us", required=False)
    segments = forms.MultipleChoiceField(
        choices=[(code, name) for code, name in NAMES.items()], required=False, widget=forms.CheckboxSelectMultiple,
        label="For", help_text="None ticked: for all.",
    )  # fmt: skip
    expires_on = forms.DateField(label="Until", required=False, widget=DATE)


class ProductForm(forms.Form):
    code = forms.SlugField(max_length=40)
    name = forms.CharField(max_length=120)
    billing = forms.ChoiceField(choices=Billing.choices, initial=Billing.ANNUAL)
    list_price = MoneyField(help_text="Of one unit, for one billing period.")
    currency = forms.CharField(max_length=3)
    is_active = forms.BooleanField(required=False, initial=True, label="Is sold")


class ObjectionForm(forms.Form):
    kind = forms.ChoiceField(choices=Objection.Kind.choices, widget=forms.RadioSelect)
    words = forms.CharField(label="In their words", max_length=400, widget=forms.Textarea({"rows": 3}))
    wish = forms.CharField(
        label="What would answer it and isn’t there", max_length=160, required=False,
        help_text="Asked of marketing as a request for content, with these words.",
    )  # fmt: skip


class AnswerForm(forms.Form):
    answer = forms.CharField(label="What was said to it", max_length=400, widget=forms.Textarea({"rows": 3}))


class CompetitorForm(forms.Form):
    competitor = forms.CharField(max_length=80)


class RetrospectiveForm(forms.Form):
    reason = forms.ChoiceField(label="Why, really")
    competitor = forms.CharField(required=False, max_length=80)
    buyer_said = forms.BooleanField(required=False, label="The buyer was asked and said so")
    happened = forms.CharField(
        label="What happened", required=False, max_length=4000, widget=forms.Textarea({"rows": 4})
    )
    lesson = forms.CharField(
        label="What we do differently", required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    points_at = forms.ChoiceField(
        label="What it asks to be changed", required=False,
        choices=[("", "Nothing"), *((code, words) for code, (words, _) in POINTS_AT.items())],
    )  # fmt: skip

    def __init__(self, *args: Any, reasons: dict[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        reason: Any = self.fields["reason"]
        reason.choices = list(reasons.items())
