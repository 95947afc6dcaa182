"""The breach feed: what was late, whose it was, and what became of it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from revops.lib import csv_file, words
from revops.lib.errors import Invalid
from revops.lib.frame import reader_zone
from sla import breach_rows, breaches, floor_access
from sla.floor_rows import company_of, name_of
from sla.floor_views import tabs
from sla.models import Target, Tier
from teams.models import User

PERIODS = {"1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "all": "Ever"}
USUAL = "30"
HEAD = ["Fell due", "Lead or deal", "Company", "Promise", "Tier", "Owner at due", "Seconds late, open time",
        "Noticed after, seconds", "What happened after"]  # fmt: skip
AT_ONCE = 500


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    standing, asked, chosen = _asked(request)
    here = f"/breaches/{standing.query(**chosen)}"
    try:
        found = breaches.page(asked, now=request.now, cursor=request.GET.get("cursor", ""))
    except Invalid:
        return redirect(here)
    many = breaches.count(asked)
    context = {
        "standing": standing, "tabs": tabs(standing, "breaches"), "chosen": chosen, "here": here,
        "rows": breach_rows.of(found.rows, now=request.now, zone=reader_zone(request)),
        "total": f"over {words.number(10_000)} breaches" if many > 10_000 else words.plural(many, "breach", "breaches"),
        "next": f"/breaches/{standing.query(**chosen, cursor=found.next)}" if found.next else "",
        "csv": f"/breaches/export.csv{standing.query(**chosen)}", "periods": PERIODS.items(),
        "promises": Target.choices, "tiers": [tier for tier in Tier.choices if tier[0]], "people": _people(standing),
    }  # fmt: skip
    return render(request, "sla/breaches.html", context)


@login_required
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The whole feed of the address, streamed."""
    _, asked, _ = _asked(request)
    now, zone = request.now, reader_zone(request)

    def lines() -> Iterator[list[Any]]:
        rows = breaches.every(asked, now=now)
        while lot := list(islice(rows, AT_ONCE)):
            names = breach_rows.owners_of(lot)
            for row in lot:
                yield [
                    words.utc(row.at), name_of(row.clock), company_of(row.clock), Target(row.clock.target).label,
                    row.clock.tier, names.get(row.owner or 0, ""), row.late, round(row.lag, 1),
                    breach_rows.after(row, names, now=now, zone=zone),
                ]  # fmt: skip

    return csv_file.answer(f"breaches-{now:%Y-%m-%d}", HEAD, lines())


def _asked(request: HttpRequest) -> tuple[floor_access.Standing, breaches.Asked, dict[str, str]]:
    """What the address asks for; 404 for what isn't there."""
    standing = floor_access.of(request)
    rep, tier = request.GET.get("rep", ""), request.GET.get("tier", "")
    days = request.GET.get("days", USUAL)
    if days not in PERIODS or (tier and tier not in Tier.values):
        raise Http404
    people = standing.people
    if rep:
        if not (rep.isascii() and rep.isdigit() and len(rep) < 19):
            raise Http404
        if people is not None and int(rep) not in people:
            raise Http404
        people = (int(rep),)
    since = request.now - timedelta(days=int(days)) if days != "all" else None
    asked = breaches.Asked(people, standing.target, tier or None, since)
    return standing, asked, {"rep": rep, "tier": tier, "days": days if days != USUAL else ""}


def _people(standing: floor_access.Standing) -> list[tuple[str, str]]:
    found = User.objects.filter(is_service=False).order_by("name")
    if standing.people is not None:
        found = found.filter(pk__in=standing.people)
    else:
        found = found.filter(team__isnull=False)
    return [(str(pk), name) for pk, name in found.values_list("id", "name")]
