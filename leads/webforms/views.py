"""/intake/forms/: the list, the builder with its preview, and what to paste into a page."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from leads.consent import texts
from leads.intake_tabs import tabs
from leads.models import Form, Submission
from leads.webforms import building, forms, known, limits, markup
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from teams.doors import for_roles

HERE = "/intake/forms/"
for_keepers = for_roles("marketing")
TAKEN = ("created", "existing", "touched")


@for_keepers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Two statements, whatever the number of forms."""
    since = request.now - building.LATELY
    counted = Submission.objects.filter(door="form", received_at__gte=since).values("source").annotate(
        taken=Count("pk", filter=Q(outcome__in=TAKEN)), held=Count("pk", filter=Q(outcome__in=["suspect", "spam"])),
        refused=Count("pk", filter=Q(outcome__in=["refused", "failed"])), last=Max("received_at"),
    )  # fmt: skip
    by_source = {row["source"]: row for row in counted}
    rows = [{"form": form, "seen": by_source.get(form.source)} for form in Form.objects.all()]
    context = {"tabs": tabs("forms", request.user), "rows": rows, "days": building.LATELY.days}
    return render(request, "leads/forms/index.html", context)


@for_keepers
def add(request: HttpRequest) -> HttpResponse:
    """A name is enough to begin: the builder opens with a short form."""
    context: dict[str, Any] = {"form": building.NameForm(request.POST or None), "back": HERE}
    if request.method != "POST" or not context["form"].is_valid():
        return render(request, "leads/forms/new.html", context, status=422 if request.method == "POST" else 200)
    try:
        form = forms.create(context["form"].cleaned_data["name"], by=request.user, at=request.now)
    except Invalid as wrong:
        context["form"].add_error("name", wrong.detail)
        return render(request, "leads/forms/new.html", context, status=422)
    return done(request, f"{form} is made. Change what it asks here.", to=f"{HERE}{form.pk}/", reload=True)


@for_keepers
def build(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: as kept. POST with a button of a row: the same page with that row moved, gone or added, nothing kept yet.
    POST with Keep: kept, and live within seconds."""
    form = get_object_or_404(Form, pk=pk)
    if request.method != "POST":
        return _builder(request, form, building.kept(form))
    state = building.posted(request.POST)
    step = request.POST.get("do", "")
    if step != "keep":
        return _builder(request, form, building.stepped(state, step), changed=True)
    try:
        forms.change(form, by=request.user, at=request.now, **building.given(state))
    except Invalid as wrong:
        return _builder(request, form, state, errors=wrong.errors, changed=True, status=422)
    told = f"{form} is kept. It is live on every page within {known.FRESH_FOR:.0f} seconds."
    return done(request, told, to=f"{HERE}{pk}/", reload=True)


@for_keepers
@require_safe
def embedding(request: HttpRequest, pk: int) -> HttpResponse:
    form = get_object_or_404(Form, pk=pk)
    base = settings.PUBLIC_URL if settings.PRODUCTION else request.build_absolute_uri("/").rstrip("/")
    address = f"{base}/f/{form.key}/"
    codes = {
        "address": address, "plain": markup.plain(known.of(form), address),
        "script": f'<div data-revops-form="{form.key}"></div>\n<script src="{address}form.js" async></script>',
    }  # fmt: skip
    return render(request, "leads/forms/embedding.html", {"tabs": tabs("forms", request.user), "form": form, **codes})


@for_keepers
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    form = forms.rotate(get_object_or_404(Form, pk=pk), by=request.user, at=request.now)
    told = f"{form} has a new key. The old one works until {form.old_key_until:%-d %b}; paste the new code by then."
    return done(request, told, to=f"{HERE}{pk}/embedding/", reload=True)


@for_keepers
@require_POST
def drop_old_key(request: HttpRequest, pk: int) -> HttpResponse:
    form = forms.drop_old_key(get_object_or_404(Form, pk=pk), by=request.user, at=request.now)
    return done(request, f"The old key of {form} works no more.", to=f"{HERE}{pk}/embedding/", reload=True)


@for_keepers
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    form = get_object_or_404(Form, pk=pk)
    verb = forms.disable if form.is_active else forms.enable
    try:
        verb(form, by=request.user, at=request.now)
    except DomainError as refusal:
        return done(request, refusal.detail, to=HERE, reload=True)
    told = f"{form} takes entries again." if form.is_active else f"{form} is closed: it takes nothing any more."
    return done(request, told, to=HERE, undo=f"{HERE}{pk}/switch/", reload=True)


def _builder(
    request: HttpRequest, form: Form, state: dict[str, Any], *, errors: list[dict] | None = None, changed: bool = False,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    wrong = {error["field"]: error["detail"] for error in reversed(errors or [])}
    context = {
        "tabs": tabs("forms", request.user), "form": form, "state": state, "wrong": wrong, "changed": changed,
        "summary": [{"text": text, "href": f"#id_{name}"} for name, text in wrong.items()],
        "offered": building.offered(state), "words": building.words_to_agree(state, texts.current()),
        "limits": [(name, limits.WORDS[name], state["limits"].get(name, ""), default, wrong.get(f"limit_{name}", ""))
                   for name, default in limits.DEFAULTS.items()],
        "hands": building.HANDS, "preview": markup.inside(building.preview(form, state), prefix="preview"),
    }  # fmt: skip
    return render(request, "leads/forms/build.html", context, status=status)
