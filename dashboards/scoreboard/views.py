"""The scoreboard's pages: the month, the leads behind one rule, the quota."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboards.filters import instant
from dashboards.kpis import say
from dashboards.scoreboard import culprits, page, quota
from dashboards.scoreboard.forms import QuotaForm
from dashboards.scoreboard.month import Asked, parse_month, read, sheet_of
from dashboards.views import as_of, readable
from revops.lib import csv_file, words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from sla import commitments
from sla.models import Commitment
from teams.models import Organisation


def asked_of(request: HttpRequest, month: str) -> tuple[Asked, Organisation]:
    organisation = Organisation.get()
    return read(request.GET.dict(), month, now=request.now, organisation=organisation), organisation


@readable
def scoreboard(request: HttpRequest, month: str = "") -> HttpResponse:
    """`?month=` chosen in the bar leads to the month's own address."""
    chosen = request.GET.get("month", "")
    asked, organisation = asked_of(request, month or chosen)
    if chosen:
        return redirect(asked.href())
    shown = page.context(asked, now=request.now, organisation=organisation, user=request.user)
    return render(request, "dashboards/scoreboard.html", shown | as_of(request, shown["sheet"]))


@readable
def without(request: HttpRequest, month: str, key: str) -> HttpResponse:
    """The month without one rule: who would not have crossed, and what that would have cost."""
    asked, organisation = asked_of(request, month)
    found = sheet_of(asked, now=request.now, organisation=organisation)
    shown = culprits.without(culprits.of(found), key)
    if shown is None:
        raise Http404("No lead of this month hangs on that rule alone.")
    leads = culprits.leads_of(list(shown.ids))
    if request.GET.get("format") == "csv":
        return _csv(shown, leads)
    held = asked.href(f"without/{key}/", as_of=instant(found.as_of), format="csv")
    context = {
        "asked": asked, "without": shown, "rows": [(lead, shown.ids[lead.pk]) for lead in leads[:200]],
        "rest": max(0, len(leads) - 200), "csv_href": held,
        "others": culprits.of(found).culprits[:8],
    }  # fmt: skip
    return render(request, "dashboards/scoreboard_without.html", context | as_of(request, found))


def _csv(shown: culprits.Without, leads: list) -> HttpResponse:
    def lines() -> Iterator[list]:
        for lead in leads:
            yield [lead.pk, str(lead.person), str(lead.company or ""), shown.ids[lead.pk], words.utc(lead.mql_at),
                   lead.source_id or "", str(lead.owner or "")]  # fmt: skip

    head = ["Lead", "Name", "Company", "Became", "Handed over", "Source", "Owner"]
    return csv_file.answer(f"without-{shown.culprit.key}", head, lines())


@login_required
def quota_page(request: HttpRequest) -> HttpResponse:
    """Where the quota comes from. GET with inputs asks what if; POST commits to them."""
    organisation = Organisation.get()
    today = organisation.today(request.now)
    month = parse_month("", today)
    promise = commitments.in_force(month).get("volume")
    inputs = quota.committed(promise)
    seen = quota.measured(now=request.now, today=today, organisation=organisation)
    may = commitments.may_commit(request.user)
    start = QuotaForm.starting(inputs, seen, organisation.currency, starts_on=quota.quarter_of(month))
    given = request.POST if request.method == "POST" else request.GET if "revenue" in request.GET else None
    form = QuotaForm(given, initial=start, currency=organisation.currency)
    asked = form.inputs() if given is not None and form.is_valid() else None
    problem, status = "", 200
    if request.method == "POST":
        status = 400
        if asked is not None:
            try:
                commitments.commit(
                    "volume", goal=asked.needed, inputs=asked.as_json() | {"measured": form.measured(seen)},
                    starts_on=form.cleaned_data["starts_on"], by=request.user, at=request.now,
                    note=form.cleaned_data["note"],
                )  # fmt: skip
                return done(request, f"Committed: {asked.sentence}", to="/scoreboard/quota/", reload=True)
            except DomainError as refusal:
                problem, status = refusal.detail, refusal.status
    rows = Commitment.objects.filter(key="volume").select_related("made_by").order_by("-starts_on", "-id")[:20]
    context = {
        "form": form, "inputs": inputs, "promise": promise, "asked": asked, "seen": seen, "may": may,
        "problem": problem, "sensitivity": quota.sensitivity(inputs, seen) if inputs else "",
        "asked_sensitivity": quota.sensitivity(asked, seen) if asked else "", "lead_time": quota.lead_time(seen),
        "difference": asked.needed - inputs.needed if asked and inputs else None,
        "size_text": say.money(seen.size.value, organisation.currency) if seen.size.value is not None else "",
        "lag_text": say.days(seen.lag), "versions": [(row, quota.committed(row)) for row in rows],
    }  # fmt: skip
    return render(request, "dashboards/scoreboard_quota.html", context, status=status)
