"""Did everybody get what was theirs: what pools gave in a time, beside what the weights say."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from leads.routing import fairness, month_rows, page_forms, page_words
from leads.routing.views_frame import tabs
from revops.lib.errors import DomainError

PERIODS = (7, 30, 90)


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """`days` (7, 30, 90), or `since` and `until`, both inclusive."""
    days = next((one for one in PERIODS if str(one) == request.GET.get("days")), 30)
    since, until = month_rows.last_days(request.now, days)
    until = request.now
    shown = {"since": since.date(), "until": until.astimezone(since.tzinfo).date()}
    form = page_forms.PeriodForm(request.GET if "since" in request.GET else None, initial=shown)
    chosen = form.is_bound and form.is_valid()
    if chosen:
        since = month_rows.begins(form.cleaned_data["since"])
        until = min(month_rows.begins(form.cleaned_data["until"] + timedelta(days=1)), request.now)
    context = {
        "tabs": tabs("fairness", request.user), "form": form, "since": since, "until": until,
        "periods": [{"href": f"/routing/fairness/?days={n}", "label": f"{n} days", "count": None,
                     "current": not chosen and n == days} for n in PERIODS],
    }  # fmt: skip
    try:
        context["pools"] = [
            (one, [(share, page_words.passed_over(share.skipped)) for share in one.members])
            for one in fairness.report(since, until)
        ]
    except DomainError as refusal:
        context["problem"] = refusal.detail
    return render(request, "leads/routing/fairness.html", context)
