"""Last month's leads under a plan: counted by a worker and looked at again, with the leads behind each number."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from leads.attributes import asked_once
from leads.models import RoutingRule, RoutingRun
from leads.routing import drafts, month, month_rows, page_forms
from leads.routing.views_frame import tabs
from revops.lib.errors import DomainError
from revops.lib.runs import RunState
from teams.doors import for_roles
from teams.models import Organisation, User

only_admins = for_roles()
DAY = timedelta(days=1)


@only_admins
@require_http_methods(["GET", "POST"])
@asked_once()
def page(request: HttpRequest) -> HttpResponse:
    """Under the draft, without one under what is live. GET counts (or looks how far it is), POST stops it."""
    plan = drafts.the_draft() or drafts.live()
    since, until, form = _period(request)
    context: dict[str, Any] = {"plan": plan, "live": drafts.live(), "form": form, "days": month.DAYS}
    try:
        if request.method == "POST":
            kept = month.newest(plan)
            run = month.cancel(kept, at=request.now) if kept else None
        else:
            run = month.begin(plan, since, until, now=request.now, by=request.user)
        context |= {"run": run, "address": address(run)}
        if run is not None and run.state == RunState.DONE:
            context |= month_rows.summary(run) | {"leads_of": f"/routing/month/{run.pk}/leads/"}
    except DomainError as refusal:
        context["problem"] = refusal.detail
    if request.htmx and "HX-Boosted" not in request.headers:
        return render(request, "leads/routing/_month.html", context | {"slim": "line" in request.GET})
    return render(request, "leads/routing/month.html", context | {"tabs": tabs("month", request.user)})


@only_admins
@require_GET
def leads(request: HttpRequest, pk: int) -> HttpResponse:
    """The leads behind one number of a run."""
    run = get_object_or_404(RoutingRun.objects.select_related("plan"), pk=pk, state=RunState.DONE)
    of = request.GET.get("of", "all")
    if of not in month_rows.BEHIND:
        raise Http404
    user, rule, after = (_number(request.GET.get(name, "")) for name in ("user", "rule", "after"))
    cause = request.GET.get("cause", "")
    rows = month_rows.behind(run, of, user=user, rule=rule, cause=cause, after=after or 0)
    more = ""
    if len(rows) > month_rows.LENGTH:
        rows = rows[: month_rows.LENGTH]
        asked = {"of": of, "user": user or "", "rule": rule or "", "cause": cause, "after": rows[-1]["id"]}
        more = f"{request.path}?{urlencode(asked)}"
    context = {"run": run, "rows": rows, "next": more, "title": _title(of, user, rule, cause), "back": address(run)}
    return render(request, "leads/routing/month_leads.html", context)


def address(run: RoutingRun | None) -> str:
    """The page of the period of a run."""
    if run is None:
        return "/routing/month/"
    zone = ZoneInfo(Organisation.get().timezone)
    last = (run.until - timedelta(seconds=1)).astimezone(zone)
    return f"/routing/month/?since={run.since.astimezone(zone):%Y-%m-%d}&until={last:%Y-%m-%d}"


def _period(request: HttpRequest) -> tuple[datetime, datetime, page_forms.PeriodForm]:
    """As asked for, else the last 30 days."""
    since, until = month_rows.last_days(request.now, month.DAYS)
    zone = since.tzinfo
    form = page_forms.PeriodForm(request.GET if "since" in request.GET else None,
                                 initial={"since": since.date(), "until": until.astimezone(zone).date()})  # fmt: skip
    if form.is_bound and form.is_valid():
        end = month_rows.begins(form.cleaned_data["until"] + DAY)
        return month_rows.begins(form.cleaned_data["since"]), min(end, until), form
    return since, until, form


def _title(of: str, user: int | None, rule: int | None, cause: str) -> str:
    who = User.objects.filter(pk=user).first() if user else None
    named = RoutingRule.objects.filter(pk=rule).first() if rule else None
    return {
        "all": "All leads of the time", "moved": "Leads that another would have got",
        "same": "Leads that the same would have got", "held": "Leads that nobody could have owned",
        "queued": "Leads that would have waited to be picked", "had": f"Leads that {who} got",
        "against": f"Leads that {who} gets under what was live", "gets": f"Leads that {who} would have got",
        "lost": f"Leads that {who} would not have got",
        "won": f"Leads that {who} would have got besides", "rule": f"Leads of the rule “{getattr(named, 'name', '')}”",
        "fallback": "Leads that no rule would have taken",
        "before": f"{month_rows.WORDS.get(cause, 'Before any rule')}",
    }[of]  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
