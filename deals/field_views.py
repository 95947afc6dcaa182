"""/deals/objections/ and /deals/losses/: what the field hears, and why deals are lost."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deals import losses, objections, retrospectives
from deals.models import Deal, Objection
from deals.views import query_of
from teams.models import Organisation

PERIODS = (90, 365, 1095)
ROWS = 50


def _period(request: HttpRequest) -> tuple[int, Any, Any, Any]:
    days = int(request.GET["days"]) if request.GET.get("days") in {str(n) for n in PERIODS} else 365
    return days, *losses.period(days, now=request.now, zone=Organisation.get().timezone)


@login_required
@require_safe
def heard(request: HttpRequest) -> HttpResponse:
    """`kind`: only these; `days`: 90, 365 or 1095. The newest fifty are shown."""
    days, since, until, between = _period(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Objection.Kind.values else ""
    rows = objections.by_kind(since, until)
    context = {
        "kinds": rows, "heard": sum(row["heard"] for row in rows), "kind": kind,
        "kind_words": Objection.Kind(kind).label if kind else "", "days": days, "between": between,
        "rows": objections.listed(since, until, kind=kind)[:ROWS], "periods": _tabs("/deals/objections/", days, kind),
    }  # fmt: skip
    return render(request, "deals/desk/objections.html", context)


def _tabs(href: str, days: int, kind: str = "", by: str = "") -> list[dict[str, Any]]:
    return [
        {"href": f"{href}?{query_of({'days': n, 'kind': kind, 'by': by})}", "label": f"{n} days", "current": n == days}
        for n in PERIODS
    ]


@login_required
@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """`by`: competitor, segment or source; `reason` and `value`: the deals behind a count; `days` as above."""
    days, since, until, between = _period(request)
    by = request.GET.get("by", "")
    by = by if by in losses.BY else "competitor"
    table = losses.table(by, since=since, until=until)
    reason, value = _said(request, "reason"), _said(request, "value")
    chosen = None
    if reason is not None or value is not None:
        ids = losses.ids(by, reason=reason or "", value=value, since=since, until=until, limit=ROWS)
        found = Deal.objects.with_names().select_related("retrospective").in_bulk(ids)
        parts = [losses.reason_words(reason) if reason else "", dict(table.columns).get(value, value or "")]
        chosen = {"words": ", ".join(part for part in parts if part), "deals": [found[pk] for pk in ids if pk in found]}
    here = {"by": by, "days": days}
    context = {
        "table": table, "by": by, "by_words": losses.BY[by][0], "days": days, "between": between, "chosen": chosen,
        "said": losses.said(table.total), "periods": _tabs("/deals/losses/", days, by=by),
        "ways": [
            {"href": f"/deals/losses/?{query_of({'by': key, 'days': days})}", "label": f"By {name.lower()}",
             "current": key == by}
            for key, (name, _) in losses.BY.items()
        ],
        "rows": [
            {"words": said, "href": _to(here, reason=code), "total": total, "cells": [
                (n, _to(here, reason=code, value=column)) for (column, _), n in zip(table.columns, counts, strict=True)
            ]}
            for code, said, counts, total in table.rows
        ],
        "totals": [(n, _to(here, value=column)) for (column, _), n in zip(table.columns, table.totals, strict=True)],
        "missing": retrospectives.missing(since, until)[:ROWS] if chosen is None else [],
        "summary": retrospectives.summary(since, until),
    }  # fmt: skip
    return render(request, "deals/desk/losses.html", context)


def _to(here: dict[str, Any], *, reason: str = "", value: str | None = None) -> str:
    """The deals behind a count; the rest of many columns has no address of its own."""
    if value == losses.OTHER:
        return ""
    query = query_of({**here, "reason": reason})
    return f"/deals/losses/?{query}" + ("" if value is None else f"&{urlencode({'value': value})}") + "#rows"


def _said(request: HttpRequest, name: str) -> str | None:
    return request.GET[name].replace("\0", "")[:120] if name in request.GET else None
