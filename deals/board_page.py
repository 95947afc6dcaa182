"""The page of the board: /deals/. Live: it asks for its own news, so a move by somebody else is seen in seconds."""

import hashlib
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from deals import board, stalls, upward
from deals.models import ExitCriterion, Pipeline
from revops.lib import words
from teams import access
from teams.models import Organisation


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`q`, `owner` (me), `pipeline`, `days` (30, 90, 365: what counts as lately), `stage` with `page`: one column."""
    pipelines = list(Pipeline.objects.filter(is_active=True))
    pipeline = _chosen(pipelines, request.GET.get("pipeline", ""))
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:200]
    days = int(request.GET["days"]) if request.GET.get("days") in {str(n) for n in board.PERIODS} else 90
    mine = request.GET.get("owner") == "me"
    here = {
        "q": text, "owner": "me" if mine else "", "pipeline": "" if pipeline.is_default else pipeline.pk,
        "days": days if days != 90 else "",
    }  # fmt: skip
    only = request.GET.get("stage", "")
    asked = request.GET.get("page", "")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 5 else 1
    organisation = Organisation.get()
    found, more = board.asked(text=text, owner=request.user.pk if mine else None)
    columns = board.columns(
        found, pipeline=pipeline, days=days, currency=organisation.currency, zone=organisation.timezone,
        now=request.now, only=only, start=(number - 1) * board.SIZE,
    )  # fmt: skip
    single = columns[0] if len(columns) == 1 else None
    shown = [deal for column in columns for deal in column.deals]
    today = request.now.astimezone(ZoneInfo(organisation.timezone)).date()
    board.mark(
        shown, today=today, steps=upward.panel("next_step")([deal.pk for deal in shown], now=request.now),
        stuck=stalls.of([deal.pk for deal in shown if deal.stage == "open"], now=request.now),
    )  # fmt: skip
    may = {deal.pk: access.can_work(request.user, deal, "move") for deal in shown}
    context = {
        "columns": [(column, [(deal, may[deal.pk]) for deal in column.deals]) for column in columns],
        "currency": organisation.currency, "stage": only if single else "", "query": query_of(here),
        "live": request.get_full_path(),
        **_pages(here | {"stage": only}, number, single),
    }  # fmt: skip
    columns_html = render_to_string("deals/_columns.html", context, request)
    tag = f'"{hashlib.sha256(columns_html.encode()).hexdigest()[:16]}"'
    if request.headers.get("X-Live"):
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers={"ETag": tag})
        return HttpResponse(format_html('<div id="board">{}</div>', columns_html), headers={"ETag": tag})
    page = {
        **context, "columns_html": columns_html, "etag": tag, "text": text, "days": days, "mine": mine,
        "periods": board.PERIODS, "pipeline": pipeline,
        "more": f"Over {words.number(board.MOST)} deals match; these are some of them. Type more to see all."
        if more else "",
        "tabs": [
            {"href": f"/deals/?{query_of(here | {'owner': ''})}", "label": "All deals", "current": not mine},
            {"href": f"/deals/?{query_of(here | {'owner': 'me'})}", "label": "Mine", "current": mine},
        ],
        "pipelines": [
            {"name": one.name, "href": f"/deals/?{query_of(here | {'pipeline': '' if one.is_default else one.pk})}",
             "current": one == pipeline}
            for one in pipelines
        ] if len(pipelines) > 1 else [],
        "unguarded": _unguarded(pipeline) if access.may(request.user, "administer") else [],
    }  # fmt: skip
    return render(request, "deals/board.html", page)


def _chosen(pipelines: list[Pipeline], asked: str) -> Pipeline:
    """The one of that number, else the default, which there always is."""
    by_id = {str(one.pk): one for one in pipelines}
    return by_id.get(asked) or next(one for one in pipelines if one.is_default)


def _unguarded(pipeline: Pipeline) -> list[str]:
    """Stages that ask for nothing before a deal leaves them; said to administrators."""
    asked = ExitCriterion.objects.filter(stage__pipeline=pipeline, retired_at=None).values("stage")
    return [stage.name for stage in pipeline.stages.filter(retired_at=None).exclude(pk__in=asked)]


def _pages(here: dict[str, Any], number: int, single: board.Column | None) -> dict[str, Any]:
    if single is None:
        return {}
    first = (number - 1) * board.SIZE
    return {
        "first": first + 1 if single.deals else 0, "last": first + len(single.deals),
        "previous": f"/deals/?{query_of(here | {'page': number - 1})}" if number > 1 else "",
        "next": f"/deals/?{query_of(here | {'page': number + 1})}" if number * board.SIZE < single.count else "",
    }  # fmt: skip


def query_of(pairs: dict[str, Any]) -> str:
    return urlencode({key: value for key, value in pairs.items() if value not in ("", None)})
