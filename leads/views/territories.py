"""/territories/: which countries and regions belong together, in order; rules name them."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from leads import territories
from leads.forms import blame
from leads.models import Territory
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Invalid
from teams.doors import for_roles

only_admins = for_roles()
HERE = "/territories/"


class TerritoryForm(forms.Form):
    name = forms.CharField(max_length=80)
    areas = forms.CharField(
        label="Countries and regions", widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One country a line: DE. With regions or states after a colon: US: CO, UT, WY.",
    )  # fmt: skip

    def clean_areas(self) -> list[territories.Area]:
        try:
            return territories.read_areas(self.cleaned_data["areas"])
        except Invalid as wrong:
            raise forms.ValidationError(wrong.detail) from None


@only_admins
def page(request: HttpRequest) -> HttpResponse:
    """Two statements, whatever the number of territories."""
    rows = [
        {"territory": one, "areas": territories.written_areas((a.country, a.region) for a in one.areas.all())}
        for one in Territory.objects.filter(removed_at=None).prefetch_related("areas")
    ]
    return render(request, "leads/territories.html", {"rows": rows})


@only_admins
def add(request: HttpRequest) -> HttpResponse:
    return _ask(request, None)


@only_admins
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _ask(request, _find(pk))


@only_admins
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    territory = _find(pk)
    step = 1 if request.POST.get("to") == "down" else -1
    order = list(Territory.objects.filter(removed_at=None).values_list("pk", flat=True))
    territories.move(territory, to=order.index(pk) + 1 + step, by=request.user, at=request.now)
    return done(request, f"{territory} is moved.", to=f"{HERE}#territory-{pk}", undo=_undo(pk), reload=True)


@only_admins
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says which rules stand in the way, before anything happens."""
    territory = _find(pk)
    context = {"territory": territory, "back": HERE, "verb_tone": "danger"}
    if request.method != "POST":
        return render(request, "leads/territory_removal.html", context | {"users": territories.used_by(territory.code)})
    try:
        territories.remove(territory, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "leads/territory_removal.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"{territory} is removed.", to=HERE, undo=_undo(pk), reload=True)


@only_admins
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    territory = get_object_or_404(Territory, pk=pk)
    try:
        text = territories.undo(territory, by=request.user, at=request.now)
    except DomainError as refusal:
        text = refusal.detail
    return done(request, text, to=HERE, reload=True)


def _ask(request: HttpRequest, territory: Territory | None) -> HttpResponse:
    first = {}
    if territory is not None:
        kept = territories.written_areas(territory.areas.values_list("country", "region"))
        first = {"name": territory.name, "areas": kept}
    form = TerritoryForm(request.POST or None, initial=first)
    context = {"form": form, "territory": territory, "back": HERE}
    if request.method != "POST":
        return render(request, "leads/territory.html", context)
    if form.is_valid():
        given = {**form.cleaned_data, "by": request.user, "at": request.now}
        try:
            if territory is None:
                territory = territories.add(**given)
            else:
                territories.change(territory, **given)
            told = f"{territory} is kept. Leads are matched against it from now on."
            return done(request, told, to=HERE, undo=_undo(territory.pk), reload=True)
        except Invalid as wrong:
            blame(form, wrong)
    return render(request, "leads/territory.html", context, status=422)


def _find(pk: int) -> Territory:
    return get_object_or_404(Territory, pk=pk, removed_at=None)


def _undo(pk: int) -> str:
    return f"{HERE}{pk}/undo/"
