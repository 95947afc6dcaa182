"""/intake/tracking/: the snippet, write keys, which event makes which touch, and what came in."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from leads import touch_words
from leads.intake_tabs import tabs
from leads.models.touch import KINDS
from leads.models.visit import EventMapping, WriteKey
from leads.visits import keys, looking, mapping
from leads.webforms import origins
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Invalid
from teams.doors import for_roles

HERE = "/intake/tracking/"
WITHDRAWN = "No touch: withdraws consent to the newsletter by e-mail"
for_keepers = for_roles("marketing")
SOURCES = {WriteKey.Kind.SITE: "website", WriteKey.Kind.SERVER: "product"}


class KeyForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="Which site or program uses it.",
                           error_messages={"required": "Say which site or program uses it."})  # fmt: skip
    kind = forms.ChoiceField(
        choices=WriteKey.Kind.choices, help_text="A website’s key is public; a server’s is a secret."
    )
    source = forms.CharField(
        max_length=60, required=False,
        help_text="Programs with one source share their users’ ids. Left empty: website or product.",
    )  # fmt: skip
    origins = forms.CharField(
        label="Only from these sites", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One address a line, https://www.acme.com or https://*.acme.com. Empty: from any. For websites only.",
    )  # fmt: skip

    def clean_origins(self) -> list[str]:
        lines = [line for line in self.cleaned_data["origins"].splitlines() if line.strip()][:50]
        found = [origins.cleaned(line) for line in lines]
        if None in found:
            raise forms.ValidationError(f"This is no address of a site: {lines[found.index(None)][:80]}")
        return [one for one in dict.fromkeys(found) if one]


class MappingForm(forms.Form):
    event = forms.CharField(max_length=120, help_text="As the sender writes it. Capitals make no difference.")
    kind = forms.ChoiceField(
        label="Makes", required=False,
        choices=[("", "No touch"), (mapping.WITHDRAWS, WITHDRAWN),
                 *((kind, touch_words.title(kind)) for kind in KINDS)],
    )  # fmt: skip


@for_keepers
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Five statements, whatever came in."""
    rows = list(WriteKey.objects.all())
    site = next((row for row in rows if row.kind == WriteKey.Kind.SITE and row.is_active), None)
    context = {
        "tabs": tabs("tracking", request.user),
        "keys": rows, "site": site, "snippet": _snippet(request, site.shown if site else ""),
        "figures": looking.figures(request.now), "latest": looking.latest(), "days": looking.LATELY.days,
        "events": [row | {"makes": _makes(row["kind"])} for row in looking.events(request.now)], "base": _base(request),
    }  # fmt: skip
    return render(request, "leads/tracking/page.html", context)


@for_keepers
def add_key(request: HttpRequest) -> HttpResponse:
    """The answer to the POST shows the key: a server's is never shown again."""
    form = KeyForm(request.POST or None, initial={"kind": request.GET.get("kind") or WriteKey.Kind.SITE})
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "back": HERE, "tabs": tabs("tracking", request.user)}
        return render(request, "leads/tracking/new_key.html", context, status=422 if request.method == "POST" else 200)
    given = form.cleaned_data
    row, key = keys.add(
        name=given["name"], kind=given["kind"], source=given["source"] or SOURCES[given["kind"]],
        origins=given["origins"] if given["kind"] == WriteKey.Kind.SITE else [], by=request.user, at=request.now,
    )  # fmt: skip
    return _shown(request, row, key)


@for_keepers
@require_POST
def rotate_key(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WriteKey, pk=pk)
    try:
        key = keys.rotate(row, by=request.user, at=request.now)
    except DomainError as refusal:
        return done(request, refusal.detail, to=HERE, reload=True)
    row.refresh_from_db()
    return _shown(request, row, key)


@for_keepers
@require_POST
def switch_key(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WriteKey, pk=pk)
    on = request.POST.get("to") == "on"
    keys.switch(row, on=on, by=request.user, at=request.now)
    told = f"{row} is switched {'on' if on else 'off'}, everywhere within {keys.FRESH_FOR:.0f} seconds."
    return done(request, told, to=HERE, reload=True)


@for_keepers
def map_event(request: HttpRequest) -> HttpResponse:
    first = {"event": request.GET.get("event", "")[:120], "kind": request.GET.get("kind", "")}
    form = MappingForm(request.POST or None, initial=first)
    context = {"form": form, "back": HERE}
    if request.method != "POST":
        return render(request, "leads/tracking/mapping.html", context)
    if form.is_valid():
        try:
            row = mapping.keep(**form.cleaned_data, by=request.user, at=request.now)
        except Invalid as wrong:
            return refused(request, "leads/tracking/mapping.html", context, problem=wrong.detail, status=422)
        told = f"From now on “{row.event}” makes: {_makes(row.kind).lower()}."
        return done(request, told, to=f"{HERE}#mapping", reload=True)
    return render(request, "leads/tracking/mapping.html", context, status=422)


@for_keepers
@require_POST
def unmap(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(EventMapping, pk=pk)
    mapping.drop(row, by=request.user, at=request.now)
    return done(request, f"“{row.event}” is the use of a feature again.", to=f"{HERE}#mapping", reload=True)


def _makes(kind: str) -> str:
    if kind == mapping.WITHDRAWS:
        return WITHDRAWN
    return touch_words.title(kind) if kind else "No touch"


def _shown(request: HttpRequest, row: WriteKey, key: str) -> HttpResponse:
    context = {
        "row": row,
        "key": key,
        "tabs": tabs("tracking", request.user),
        "snippet": _snippet(request, key),
        "base": _base(request),
    }
    response = render(request, "leads/tracking/key.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _base(request: HttpRequest) -> str:
    return settings.PUBLIC_URL if settings.PRODUCTION else request.build_absolute_uri("/").rstrip("/")


def _snippet(request: HttpRequest, key: str) -> str:
    return f'<script src="{_base(request)}/t/visits.js" data-key="{key}" defer></script>' if key else ""
