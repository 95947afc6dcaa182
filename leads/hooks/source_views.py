"""/intake/sources/: which providers push to us, by which address, and what becomes of what they tell."""

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from leads import custom_attributes
from leads.forms import blame
from leads.hooks import connections, mapping
from leads.hooks.providers import PROVIDERS
from leads.hooks.told import ACTS
from leads.intake_tabs import tabs
from leads.models.hook import Connection, EventState, HookEvent, Provider
from leads.models.touch import KINDS
from leads.submissions.failing import DAY
from revops.lib import seen
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from teams.doors import for_roles

HERE = "/intake/sources/"
keepers = for_roles("marketing")
BLANK_ROWS = 3
ASKS_BY_ID = {Provider.META}


class ConnectionForm(forms.Form):
    provider = forms.ChoiceField(choices=Provider.choices)
    name = forms.CharField(
        max_length=80, help_text="What you call this account.", error_messages={"required": "Say what you call it."}
    )
    secret = forms.CharField(
        label="Signing secret", max_length=200, required=False,
        help_text="As the provider shows it. Where you choose it (Typeform, Segment), leave it empty for one of ours.",
    )  # fmt: skip
    access_token = forms.CharField(
        label="Access token", max_length=500, required=False,
        help_text="Meta only: its posts carry ids, and we ask with this who it is.",
    )  # fmt: skip


class SecretForm(forms.Form):
    secret = forms.CharField(
        label="New signing secret", max_length=200, required=False, help_text="Leave it empty for one of ours."
    )


@keepers
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Each with what it brought in the last 24 hours; two statements."""
    since = Q(events__delivery__received_at__gt=request.now - DAY)
    rows = Connection.objects.annotate(
        told=Count("events", filter=since),
        broken=Count("events", filter=since & Q(events__state__in=[EventState.REFUSED, EventState.FAILED])),
    ).order_by("name")
    return render(request, "leads/sources/index.html", {"rows": rows, "tabs": tabs("sources", request.user)})


@keepers
def add(request: HttpRequest) -> HttpResponse:
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = connections.add(**form.cleaned_data, by=request.user, at=request.now)
            return done(request, f"{made} is there. Give its address to the provider.", to=_at(made), reload=True)
        except Invalid as wrong:
            blame(form, wrong)
    status = 422 if request.method == "POST" else 200
    return render(request, "leads/sources/new.html", {"form": form, "back": HERE}, status=status)


@keepers
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    connection = _find(pk)
    return render(request, "leads/sources/page.html", _context(request, connection, connection.mapping))


@keepers
@require_POST
def remap(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was typed, or only try it on the last event."""
    connection = _find(pk)
    said = _typed(request)
    problem = ""
    if "try" not in request.POST:
        try:
            kept = connections.remap(connection, said, **seen.by(request))
            return done(request, f"The mapping of {kept} is kept. What arrives from now on goes by it.", to=_at(kept))
        except DomainError as refusal:
            problem = refusal.detail
    context = _context(request, connection, said) | {"problem": problem, "tried": "try" in request.POST}
    return render(request, "leads/sources/page.html", context, status=422 if problem else 200)


@keepers
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    connection = _find(pk)
    form = SecretForm(request.POST or None)
    context = {"form": form, "connection": connection, "back": _at(connection)}
    if request.method != "POST":
        return render(request, "leads/sources/secret.html", context)
    if form.is_valid():
        try:
            connections.rotate(connection, secret=form.cleaned_data["secret"], by=request.user, at=request.now)
            said = "The secret is changed. The old one counts for 24 hours."
            return done(request, said, to=_at(connection), reload=True)
        except Invalid as wrong:
            blame(form, wrong)
    return render(request, "leads/sources/secret.html", context, status=422)


@keepers
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    connection = _find(pk)
    now = connections.switch(connection, on=not connection.is_active, by=request.user, at=request.now)
    said = "takes posts again" if now.is_active else "takes no more posts; its address answers as if there were none"
    return done(request, f"{now} {said}.", to=_at(now), undo=f"{_at(now)}switch/", reload=True)


def _find(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.select_related("made_by"), pk=pk)


def _at(connection: Connection) -> str:
    return f"{HERE}{connection.pk}/"


def _typed(request: HttpRequest) -> dict[str, Any]:
    """The tables of the page as a mapping, unchecked."""
    post = request.POST
    kinds, acts, touches = post.getlist("kind"), post.getlist("act"), post.getlist("touch")
    fields = [
        {"from": name, "to": to}
        for name, to in zip(post.getlist("from"), post.getlist("to"), strict=False)
        if name.strip() and to
    ]
    always = {name: post.get(f"always.{name}", "") for name in sorted(mapping.ALWAYS)}
    return {
        "events": {
            kind: {"act": act, "touch": touch} for kind, act, touch in zip(kinds, acts, touches, strict=False) if kind
        },
        "fields": fields,
        "always": {name: text for name, text in always.items() if text.strip()},
    }


def _context(request: HttpRequest, connection: Connection, shown: dict[str, Any]) -> dict[str, Any]:
    newest = list(connection.events.select_related("delivery").order_by("-id")[:20])
    types = custom_attributes.types()
    targets = mapping.TARGETS | mapping.attribute_targets(types)
    last = next((one for one in newest if _act(shown, one) in {"lead", "touch", "learn"}), None)
    values = PROVIDERS[connection.provider].values(last.kind, last.data) if last else {}
    module = PROVIDERS[connection.provider]
    kinds = list(dict.fromkeys([*module.EVENTS, *shown.get("events", {}), *(one.kind for one in newest)]))
    fields = [*shown.get("fields", []), *({"from": "", "to": ""} for _ in range(BLANK_ROWS))]
    return {
        "connection": connection, "tabs": tabs("sources", request.user), "newest": newest,
        "address": request.build_absolute_uri(f"/hooks/{connection.token}/"),
        "asks_by_id": connection.provider in ASKS_BY_ID, "maps_fields": bool(module.FIELDS),
        "kinds": [(kind, _act_of(shown, kind)) for kind in kinds],
        "acts": ACTS.items(), "touches": KINDS, "targets": targets.items(),
        "fields": [(row, values.get(row["from"], "")) for row in fields],
        "names": mapping.names_of([], values), "seen": connection.edited_at.isoformat(),
        "always": [(name, targets[name], shown.get("always", {}).get(name, "")) for name in sorted(mapping.ALWAYS)],
        "trial": _trial(connection, shown, values, targets, types, request) if last else None, "last": last,
    }  # fmt: skip


def _act(shown: dict[str, Any], event: HookEvent) -> str:
    return _act_of(shown, event.kind)["act"]


def _act_of(shown: dict[str, Any], kind: str) -> dict[str, str]:
    said = shown.get("events", {}).get(kind, {})
    return {"act": said.get("act") or "ignore", "touch": said.get("touch") or ""}


def _trial(
    connection: Connection, shown: dict[str, Any], values: dict[str, str], targets: dict[str, str], types: Any,
    request: HttpRequest,
) -> dict[str, Any]:  # fmt: skip
    """What this mapping makes of the last event; nothing is written."""
    try:
        checked = mapping.checked(shown, types=types)
        data = mapping.filled(checked, values, source=connection.provider)
        item, left_out = mapping.read(checked, values, source=connection.provider, now=request.now, types=types)
    except Invalid as wrong:
        return {"refused": [error["detail"] for error in wrong.errors]}
    dropped = {error["field"] for error in left_out}
    named = [(targets.get(path, path), value) for path, value in _paths(data) if path not in {"source", *dropped}]
    keys = item.keys()
    return {"rows": named, "left_out": left_out, "keys": [f"{kind} {key}" for kind, key in keys]}


def _paths(data: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    return [
        pair
        for name, value in data.items()
        for pair in (_paths(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)])
    ]
