"""The wall itself, open to whoever has its address, and the page where administrators make and revoke addresses."""

from datetime import datetime, timedelta
from functools import cache, wraps
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards.filters import midnight
from dashboards.wall import board, walls
from dashboards.wall.models import Wall
from revops.lib import callers, rates, words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams.doors import for_roles
from teams.models import Organisation, Team

LOOKS, UNKNOWN = "60 per minute", "20 per minute"  # of one address at one wall; of one address at none
RELOADS_AT = 4  # o'clock, when nobody looks


class WallForm(forms.Form):
    name = forms.CharField(label="Where it hangs", max_length=80)
    team = forms.ModelChoiceField(label="Whose numbers", queryset=Team.objects.none(), required=False,
                                  empty_label="Everybody’s")  # fmt: skip

    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        self.fields["team"].queryset = Team.objects.filter(kind="sales").order_by("name")  # type: ignore[attr-defined]


def private(view):
    """Nothing of it is kept, indexed or told on."""

    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        # Set before by a page with forms: without a referrer a browser posts them from nowhere, and they are refused.
        response.setdefault("Referrer-Policy", "no-referrer")
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return inside


@private
@require_safe
def wall(request: HttpRequest, token: str) -> HttpResponse:
    """The whole page; for a screen that asks again (X-Live) its inside, or 304 while nothing changed."""
    caller = callers.group(callers.address(request))
    shown = walls.find(token, at=request.now)
    if shown is None:
        over = not rates.hit("wall-unknown", caller, UNKNOWN)
        return HttpResponse("There is nothing at this address.", status=429 if over else 404, content_type="text/plain")
    if not rates.hit("wall-look", f"{shown.pk} {caller}", LOOKS):
        return HttpResponse("Too often. Wait a minute.", status=429, headers={"Retry-After": "60"},
                            content_type="text/plain")  # fmt: skip
    organisation = Organisation.get()
    made = board.of(shown, now=request.now, organisation=organisation)
    told = {"ETag": made.etag, "X-Build": build()}
    if "X-Live" in request.headers and request.headers.get("If-None-Match") == made.etag:
        return HttpResponseNotModified(headers=told)
    here = request.now.astimezone(ZoneInfo(organisation.timezone))
    context = {
        "board": made, "build": build(), "reload_at": next_reload(request.now, organisation),
        "here": {"zone": organisation.timezone, "day": f"{here:%a} {here.day} {here:%b}", "time": f"{here:%H:%M}",
                 "full": f"{here:%H:%M:%S}", "short": f"{here:%Z}"},
        "tiles": [
            (tile, *(words.duration((at - request.now).total_seconds()) if at else "" for at in (tile.due, tile.then)))
            for tile in made.tiles
        ],
    }  # fmt: skip
    answer = render(request, f"dashboards/{'_wall' if 'X-Live' in request.headers else 'wall'}.html", context)
    for name, value in told.items():
        answer[name] = value
    return answer


def next_reload(now: datetime, organisation: Organisation) -> datetime:
    """A page that is open for weeks begins anew every night."""
    at = midnight(organisation.today(now), organisation.timezone) + timedelta(hours=RELOADS_AT)
    return at if at > now else at + timedelta(days=1)


@cache
def build() -> str:
    """What the page was drawn with: another one makes open screens load it anew."""
    found = blake2b(digest_size=6)
    files = [finders.find("css/wall.css"), finders.find("js/wall.js")]
    for path in [*files, *(settings.BASE_DIR / "templates" / "dashboards" / f for f in ("wall.html", "_wall.html"))]:
        with open(path, "rb") as file:  # type: ignore[arg-type]
            found.update(file.read())
    return found.hexdigest()


@private
@for_roles("admin")
@require_http_methods(["GET", "HEAD", "POST"])
def list_page(request: HttpRequest) -> HttpResponse:
    """POST makes a wall; its address is on the page that answers and never again."""
    form, made, status = WallForm(request.POST or None), "", 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                given = form.cleaned_data
                _, token = walls.make(given["name"], team=given["team"], by=request.user, at=request.now)
                made, status, form = request.build_absolute_uri(f"/wall/{token}/"), 201, WallForm()
            except DomainError as refusal:
                form.add_error("name", refusal.detail)
                status = refusal.status
    shown = Wall.objects.select_related("team", "made_by").order_by(
        F("revoked_at").desc(nulls_first=True), "name", "id"
    )[:200]
    response = render(request, "dashboards/walls.html", {"form": form, "made": made, "walls": shown}, status=status)
    response["Referrer-Policy"] = "same-origin"
    return response


@for_roles("admin")
@require_POST
def revocation(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Wall, pk=pk)
    walls.revoke(shown, by=request.user, at=request.now)
    return done(request, f"{shown.name}: its address shows nothing any more.", to="/walls/", reload=True)
