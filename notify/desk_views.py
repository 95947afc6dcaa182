"""The administrator's pages: where posts go, and what could not be delivered."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from journal.models import Heartbeat
from notify import destinations, questions
from notify.forms import DestinationForm
from notify.models import Delivery, Destination, State
from notify.said import said
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from revops.lib.words import plural
from teams.doors import for_roles
from teams.models import Role

only_admins = for_roles(Role.ADMIN)
SIZE = 50
SILENT_AFTER = timedelta(seconds=30)
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@only_admins
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """What waits, or what could not be delivered; a fixed number of statements."""
    dead = request.GET.get("state") == "dead"
    counts = questions.backlog(request.now)
    found = Delivery.objects.filter(state=State.DEAD if dead else State.WAITING, inside=None)
    found = found.exclude(channel="browser").select_related("notice", "user", "destination")
    number = request.GET.get("page", "1")
    page = Paginator(found.order_by("-id" if dead else "not_before"), SIZE).get_page(number)
    words = said([one.notice for one in page])
    rows = [{"one": one, "said": words[one.notice_id], "to": one.destination or one.user} for one in page]
    context = {
        "rows": rows, "dead": dead, "page": page, "counts": counts, "trouble": _trouble(request),
        "tabs": _tabs("dead" if dead else "waiting", counts),
    }  # fmt: skip
    return render(request, "notify/deliveries.html", context)


@only_admins
@require_POST
def retry(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One, or all that are dead."""
    found = Delivery.objects.all() if pk is None else Delivery.objects.filter(pk=pk)
    if pk is not None:
        get_object_or_404(found)
    many = destinations.again(found, by=request.user, at=request.now)
    told = f"{plural(many, 'message')} on the way again." if many else "Nothing to repeat: their destination is off."
    return done(request, told, to="/deliveries/" if many else "/deliveries/?state=dead", reload=True)


@only_admins
@require_GET
def destination_list(request: HttpRequest) -> HttpResponse:
    rows = Destination.objects.select_related("team").order_by("-active", "name")
    context = {"rows": rows, "tabs": _tabs("destinations", questions.backlog(request.now))}
    return render(request, "notify/destinations.html", context)


@only_admins
def add_destination(request: HttpRequest) -> HttpResponse:
    form = DestinationForm(request.POST or None)
    context = {"form": form, "back": "/destinations/"}
    if request.method != "POST" or not form.is_valid():
        status = 400 if request.method == "POST" else 200
        return render(request, "notify/destination_new.html", context, status=status)
    try:
        made = destinations.add(**form.cleaned_data, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "notify/destination_new.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"{made} is kept. Send it a test.", to="/destinations/", reload=True)


@only_admins
@require_POST
def test_destination(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Destination, pk=pk)
    try:
        destinations.test(found, by=request.user, at=request.now)
        return done(request, f"A test is on its way to {found}.", to="/destinations/", reload=True)
    except DomainError as refusal:
        return done(request, refusal.detail, to="/destinations/", reload=True)


@only_admins
@require_POST
def switch_destination(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Destination, pk=pk)
    on = request.POST.get("on") == "1"
    try:
        destinations.switch(found, on=on, by=request.user, at=request.now)
        return done(request, f"{found} is {'on' if on else 'off'}.", to="/destinations/", reload=True)
    except DomainError as refusal:
        return done(request, refusal.detail, to="/destinations/", reload=True)


def _tabs(current: str, counts: dict[str, Any]) -> list[dict[str, Any]]:
    tabs = [
        ("waiting", "/deliveries/", "Waiting", counts["waiting"]),
        ("dead", "/deliveries/?state=dead", "Not delivered", counts["dead"]),
        ("destinations", "/destinations/", "Slack and Teams", ""),
    ]
    return [
        {"href": href, "label": label, "count": count, "current": key == current} for key, href, label, count in tabs
    ]


def _trouble(request: HttpRequest) -> str:
    """Why nothing may be arriving at all; empty when all is well."""
    last = Heartbeat.objects.filter(name="sender").values_list("at", flat=True).first()
    if last is None or request.now - last > SILENT_AFTER:
        return "No sender is running, so nothing leaves. A worker brings one: see its log."
    if settings.EMAIL_BACKEND == CONSOLE:
        return "Mails go to the worker's console: EMAIL_URL names no mail server."
    return ""
