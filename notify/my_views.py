"""How I am told: my choices, this browser, a test of each way."""

from datetime import time
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from notify import notice, preferences, promises
from notify.my_panel import COOKIE, panel
from revops.lib.answers import done
from revops.lib.errors import Invalid

A_YEAR = 365 * 86_400
HERE = "/me/#told"


@login_required
def told(request: HttpRequest) -> HttpResponse:
    """Keep all choices at once; what is refused is shown again with the sentence on top."""
    if request.method != "POST":
        return redirect(HERE)
    form = request.POST
    typed = {"from": form.get("quiet_from", ""), "to": form.get("quiet_to", ""),
             "days": [int(day) for day in form.getlist("days") if day in set("0123456")]}  # fmt: skip
    try:
        preferences.keep(request.user, _choices(request.user, form), _quiet(typed))
    except Invalid as refusal:
        shown = panel(request, problem=refusal.detail, typed=typed)
        return render(request, "notify/told.html", {"panel": shown}, status=400)
    return done(request, "Your choices are kept.", to=HERE, reload=True)


@login_required
@require_POST
def this_browser(request: HttpRequest) -> HttpResponse:
    """On or off, for this browser and this person; the permission itself is the browser's affair."""
    if request.POST.get("on") == "1":
        answer = done(request, "This browser tells you, while a tab is open.", to=HERE, reload=True)
        answer.set_cookie(COOKIE, str(request.user.pk), max_age=A_YEAR, samesite="Lax", secure=request.is_secure(),
                          httponly=True)  # fmt: skip
    else:
        answer = done(request, "This browser is quiet now.", to=HERE, reload=True)
        answer.delete_cookie(COOKIE)
    return answer


@login_required
@require_POST
def test(request: HttpRequest) -> HttpResponse:
    channel = request.POST.get("channel", "")
    there = preferences.reachable(request.user)
    if channel not in there:
        return done(request, "There is no such way to reach you yet.", to=HERE, reload=True)
    notice.test(request.user, channel=channel, at=request.now)
    where = "in this tab" if channel == "browser" else f"at {there[channel]}"
    return done(request, f"A test is on its way; it should arrive {where} within seconds.", to=HERE, reload=True)


def _choices(user: Any, form: QueryDict) -> dict[str, preferences.Choice]:
    """A channel that the page didn't offer keeps what was chosen for it before."""
    asked, breaks, ticked = set(form.getlist("asked")), set(form.getlist("breaks")), set(form.getlist("how"))
    offered, before = preferences.reachable(user), preferences.of(user)
    found = {}
    for key in promises.PROMISES:
        kept = [c for c in before[key].channels or () if c not in offered]
        own = [c for c in promises.CHANNELS if f"{key}/{c}" in ticked or c in kept]
        loud = key in breaks
        found[key] = preferences.Choice(
            None if key in asked else own, None if loud == (key in promises.BREAKS_QUIET) else loud
        )
    return found


def _quiet(typed: dict[str, Any]) -> preferences.Quiet | None:
    if not typed["from"] and not typed["to"]:
        return None
    try:
        begins, ends = time.fromisoformat(typed["from"]), time.fromisoformat(typed["to"])
    except ValueError:
        raise Invalid("Quiet hours need a beginning and an end, as 19:00.", field="quiet_from", code="hours") from None
    begins, ends = begins.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0)
    return preferences.Quiet(begins, ends, tuple(sorted(typed["days"])))
