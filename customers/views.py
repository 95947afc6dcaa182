"""Pages: who needs us first, and one customer. Everybody signed in reads."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers import listing, page
from customers.models import Customer
from customers.rights import may_bring
from deals import money
from revops.lib import csv_file
from revops.lib.errors import DomainError
from teams.models import Organisation

FILE_SIZE = 5_000


def find(pk: int) -> Customer:
    names = ("company__owner", "csm__team", "first_deal__person", "first_deal__owner__team", "first_deal__lead")
    customer = Customer.objects.select_related(*names).filter(pk=pk).first()
    if customer is None:
        raise Http404
    return customer


@login_required
@require_safe
def customers(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`status`, `health`, `csm` (me, nobody, an id), `q`, `after`; `format=csv` is the same list as a file."""
    asked = _asked(request)
    file = request.GET.get("format") == "csv"
    try:
        found = listing.page(
            now=request.now, me=request.user.pk, after=request.GET.get("after", ""), **asked,
            size=FILE_SIZE if file else listing.SIZE,
        )  # fmt: skip
    except DomainError:
        raise Http404 from None
    if file:
        return _file(found)
    here = {"status": asked["status"], "csm": asked["csm"], "health": asked["colour"], "q": asked["text"]}
    organisation = Organisation.get()
    context = {
        "rows": found.rows, "total": found.total, "currency": organisation.currency, **asked,
        "today": organisation.today(request.now), "managers": listing.managers(), "summary": page.summary(found.rows),
        "waiting": listing.waiting(request.user), "colours": listing.COLOURS.items(), "statuses": listing.STATUSES,
        "tabs": [
            {"href": _here(here | {"status": key}), "label": label, "current": asked["status"] == key}
            for key, label in listing.STATUSES.items()
        ],
        "may_bring": may_bring(request.user), "next": _here(here | {"after": found.after}) if found.after else "",
        "previous": _here(here) if request.GET.get("after") else "", "file": _here(here | {"format": "csv"}),
    }  # fmt: skip
    return render(request, "customers/customers.html", context)


@login_required
@require_safe
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(pk)
    return render(request, "customers/customer.html", page.of(found, request.user, now=request.now))


def _asked(request: HttpRequest) -> dict[str, str]:
    given = request.GET
    csm = given.get("csm", "")
    return {
        "status": given.get("status", "") if given.get("status", "") in listing.STATUSES else "",
        "colour": given.get("health", "") if given.get("health", "") in listing.COLOURS else "",
        "csm": csm if csm in ("me", "nobody") or (csm.isascii() and csm.isdecimal() and len(csm) < 19) else "",
        "text": " ".join(given.get("q", "").replace("\0", "").split())[:100],
    }


def _file(found: listing.Page) -> StreamingHttpResponse:
    head = ["id", "company", "status", "success_manager", "since", "first_value_at", "health", "late_steps",
            "open_promises", "renews_on", "monthly", "needs"]  # fmt: skip
    rows = (
        [row.id, row.name, row.status, row.csm, row.since.isoformat(),
         row.first_value_at and row.first_value_at.isoformat(), row.score, row.late_steps, row.promises, row.renews_on,
         money.major(row.monthly), "; ".join(row.why)]
        for row in found.rows
    )  # fmt: skip
    return csv_file.answer("customers", head, rows)


def _here(pairs: dict[str, Any]) -> str:
    query = urlencode({key: value for key, value in pairs.items() if value})
    return f"/customers/?{query}" if query else "/customers/"
