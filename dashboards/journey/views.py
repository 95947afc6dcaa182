"""The journey's page, and how long a lead may hear nothing."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dashboards import page, sheet, tabs, views
from dashboards.journey import limits
from dashboards.journey import page as journey
from marketing.models import Channel
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError

HERE = "/journey/"
LABELS = {"mql": "MQL, handed over", "sal": "SAL, accepted", "sql": "SQL, qualified"}


@views.readable
def show(request: HttpRequest) -> HttpResponse:
    found = views.asked(request)
    names = {"unknown": "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    context = journey.context(found) | {
        "sheet": found, "filters": page.filter_bar(found, names, funnel=""), "tabs": tabs.tabs(HERE, request.user),
        "may_set": limits.may_set(request.user),
    }  # fmt: skip
    return render(request, "dashboards/journey.html", context | views.as_of(request, found))


class LimitsForm(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for stage, label in LABELS.items():
            self.fields[stage] = forms.IntegerField(min_value=1, max_value=limits.MOST, label=f"{label}, days")


@login_required
@require_http_methods(["GET", "POST"])
def limit(request: HttpRequest) -> HttpResponse:
    if not limits.may_set(request.user):
        raise PermissionDenied("Managers and administrators set how long a lead may hear nothing.")
    form = LimitsForm(request.POST or None, initial=limits.limits())
    context = {
        "form": form, "title": "How long a lead may hear nothing", "words": "Keep the limits", "back": HERE,
        "note": "Longer is a dead zone. Shown numbers follow at once; no clock changes.",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "dashboards/saving.html", context)
    if not form.is_valid():
        return refused(request, "dashboards/saving.html", context, status=422)
    try:
        limits.set_limits(form.cleaned_data, by=request.user, at=request.now)
    except DomainError as problem:
        return refused(request, "dashboards/saving.html", context, problem=problem.detail, status=problem.status)
    sheet.forget()
    return done(request, "Limits kept.", to=HERE, reload=True)
