"""Pages: who gets the dashboard by mail, a new one, and stopping, also by one click from the mail."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards import saved
from dashboards.mailing import mailings
from dashboards.mailing.forms import WEEKDAYS, MailingForm
from dashboards.mailing.models import Mailing
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from teams.models import Organisation, User

HERE = "/dashboard/mailings/"


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    rows = list(mailings.of(request.user).select_related("owner")[:200])
    names = dict(User.objects.filter(pk__in={pk for row in rows for pk in row.to}).values_list("pk", "name"))
    context = {
        "rows": [
            {"it": row, "when": when(row), "to": ", ".join(sorted(names.get(pk, "") for pk in row.to)),
             "may_stop": row.next_at and (row.owner_id == request.user.pk or request.user.is_admin
                                          or request.user.pk in row.to)}
            for row in rows
        ],
        "zone_name": Organisation.get().timezone,
    }  # fmt: skip
    return render(request, "dashboards/mailings.html", context)


def when(mailing: Mailing) -> str:
    """each Monday at 08:00 · each month on day 1 at 08:00"""
    day = WEEKDAYS[mailing.weekday] if mailing.every == Mailing.Every.WEEK else f"month on day {mailing.day}"
    return f"each {day} at {mailing.hour:02d}:00"


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    query = request.GET.urlencode()
    name = saved.name_of(query, by=request.user, now=request.now) if request.method == "GET" else ""
    initial = {"query": query, "name": name or "Weekly numbers", "every": "week"}
    form = MailingForm(request.POST or None, user=request.user, initial=initial)
    context: dict[str, Any] = {
        "form": form, "title": "Send these numbers by mail", "words": "Send it", "back": HERE,
        "note": "The filters are kept; the days are counted back from each mail’s own. Everybody can stop it by one "
        "click.",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "dashboards/mailing_new.html", context)
    if not form.is_valid():
        return refused(request, "dashboards/mailing_new.html", context, status=422)
    try:
        made = mailings.make(**form.cleaned_data, by=request.user, at=request.now)
    except DomainError as problem:
        return refused(request, "dashboards/mailing_new.html", context, problem=problem.detail, status=problem.status)
    return done(request, f"{made.name} goes out {when(made)}.", to=HERE, reload=True)


@login_required
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else's is not there."""
    mailing = get_object_or_404(mailings.of(request.user), pk=pk)
    mailings.stop(mailing, by=request.user, at=request.now)
    return done(request, f"{mailing.name} is stopped.", to=HERE, reload=True)


@csrf_exempt  # the signed address is the permission: mail programs post to it without a page of ours
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """A look stops nothing (mail scanners look); the button, or the mail program's own, does. No sign-in."""
    found = mailings.read_token(token)
    if found is None:
        raise Http404
    mailing, user = found
    if request.method == "POST":
        mailings.leave(mailing, by=user, at=request.now)
    mailing.refresh_from_db()
    context = {"name": mailing.name, "stopped": user.pk not in mailing.to}
    return render(request, "dashboards/mailing_stop.html", context)
