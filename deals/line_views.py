"""The page of a deal's lines, and the page of what can be sold."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from deals import lines, money, products
from deals.desk_dialog import asked
from deals.desk_forms import LineForm, ProductForm
from deals.models import Deal, Product
from deals.views import verb
from revops.lib.answers import done, in_words
from revops.lib.errors import DomainError
from teams import access
from teams.models import Organisation

SPARE = 3  # empty rows below those there are


class AllOffForm(forms.Form):
    off = forms.DecimalField(
        label="Off all lines, %", required=False, min_value=0, max_value=100, max_digits=7, decimal_places=4,
        widget=forms.TextInput({"inputmode": "decimal"}),
        help_text="Sets every net price from its list price; empty keeps what is typed below.",
    )  # fmt: skip


@verb("edit")
def change(request: HttpRequest, deal: Deal) -> HttpResponse:
    """Every line as a row of fields, three empty ones below; a row without a name and product goes."""
    sold = list(Product.objects.filter(is_active=True, currency=deal.currency))
    had = [
        {"product": line.product_id, "name": line.name, "billing": line.billing, "quantity": line.quantity,
         "unit_list": line.unit_list, "unit_net": line.unit_net}
        for line in deal.lines.all()
    ]  # fmt: skip
    rows = forms.formset_factory(LineForm, extra=SPARE, max_num=lines.MOST, absolute_max=lines.MOST + SPARE)
    formset = rows(request.POST or None, initial=had, form_kwargs={"products": sold})
    off, status, problem = AllOffForm(request.POST or None), 200, ""
    if request.method == "POST":
        status = 422
        if formset.is_valid() and off.is_valid():
            try:
                given = [line for form in formset if (line := _line(form, off.cleaned_data["off"]))]
                lines.put(deal, given, by=request.user, at=request.now)
                return done(request, "Lines kept; the amount is what they cost.", to=deal.get_absolute_url(),
                            reload=True)  # fmt: skip
            except DomainError as refusal:
                status, problem = 422 if refusal.status == 400 else refusal.status, refusal.detail
    context = {"deal": deal, "formset": formset, "off": off, "problem": problem, "sold": sold}
    return render(request, "deals/desk/lines.html", context, status=status)


def _line(form: LineForm, off: Decimal | None) -> lines.Line | None:
    said = form.cleaned_data
    product = said.get("product")
    name = (said.get("name") or (product.name if product else "")).strip()
    if not name:
        return None
    full = said["unit_list"] if said.get("unit_list") is not None else (product.list_price if product else 0)
    net = said["unit_net"] if said.get("unit_net") is not None else full
    if off is not None:
        net = int((full * (100 - off) / 100).quantize(Decimal(1), ROUND_CEILING))  # never more off than was said
    billing = said.get("billing") or (product.billing if product else "one_off")
    quantity = 1 if said.get("quantity") is None else said["quantity"]
    return lines.Line(name, billing, quantity, full, net, product.pk if product else None)


@login_required
@require_safe
def sold(request: HttpRequest) -> HttpResponse:
    rows = [(one, money.major(one.list_price)) for one in Product.objects.all()]
    context = {"rows": rows, "may": access.may(request.user, "administer")}
    return render(request, "deals/desk/products.html", context)


@login_required
@in_words("/deals/products/")
def product(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    access.require(request.user, "administer")
    row = get_object_or_404(Product, pk=pk) if pk else None
    first: dict[str, Any] = {"currency": Organisation.get().currency}
    if row:
        first = {name: getattr(row, name) for name in ("code", "name", "billing", "list_price", "currency",
                                                       "is_active")}  # fmt: skip

    def act(given: dict[str, Any]) -> str:
        return f"{products.keep(row, by=request.user, at=request.now, **given)} is kept."

    return asked(
        request, ProductForm(request.POST or None, initial=first), act, verb="Keep product", back="/deals/products/",
        title=f"Product {row}" if row else "A new product",
        note="Deals that sold it keep the name and price they were given.",
    )  # fmt: skip
