"""Pages: who earned it, the wins behind a line, one deal's path. Everybody signed in reads them."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboards import attribution, named, tabs
from dashboards.attribution import asking, deals_of, drawing, page
from dashboards.attribution.asking import Asked
from dashboards.attribution.crediting import SALES
from dashboards.attribution.models_of import models
from dashboards.kpis import say
from dashboards.sheet import Sheet
from dashboards.views import as_of, asked, readable
from deals.models import Deal
from marketing.models import Channel
from revops.lib import csv_file, words
from revops.lib.errors import Invalid

PAGE = 50
MILESTONES = {"FT": "First touch", "LC": "Made them known", "OC": "Last before the deal was opened",
              "CW": "Last before the win"}  # fmt: skip


@readable
def overview(request: HttpRequest) -> HttpResponse:
    found, what = asked(request), asking.read(request.GET.dict())
    show = [key for key in request.GET.get("show", "").split("-") if key]
    context = page.context(found, what, show) | as_of(request, found)
    context["tabs"] = tabs.tabs("/attribution/", request.user)
    return render(request, "dashboards/attribution/page.html", context)


@readable
def credits_csv(request: HttpRequest) -> HttpResponse:
    found, what = asked(request), asking.read(request.GET.dict())
    result = attribution.of(found, **what.of())
    head = [what.level, "key", "wins", "touches", *(model.name for model in result.models), "currency"]

    def lines() -> Iterator[list]:
        for line in result.lines:
            credits = [say.exact(say.exact(line.credits[m.key]) / 100, 2) for m in result.models]
            yield [line.name, line.key, line.wins, line.touches, *credits, result.currency]

    return csv_file.answer(f"attribution-{what.level}-{found.filters.start}-{found.filters.end}", head, lines())


@readable
def deals(request: HttpRequest) -> HttpResponse:
    """The wins behind a line, 50 a page; what they earned it adds up to the line."""
    found, what, title, wins, which = _wins(request)
    text = request.GET.get("page") or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text)):
        raise Invalid("There is no such page.", errors=[{"field": "page", "detail": "A number from 1."}])
    first = (int(text) - 1) * PAGE
    shown = wins[first : first + PAGE]
    known = named.of("deal", {win.deal for win in shown})
    result = attribution.of(found, **what.of())
    drawn = [m for m in result.drawn if m.weigh]
    here = page.deals_href(found, what, **which)
    context = {
        "title": title, "asked": what, "models": drawn, "total": len(wins),
        "rows": [
            {"win": win, "named": known[win.deal], "href": page.deal_href(win.deal, what),
             "amount": drawing.exact(win.amount, result),
             "cells": [drawing.exact(win.credits[m.key], result) for m in drawn] if win.credits else []}
            for win in shown
        ],
        "sums": [drawing.exact(sum(w.credits[m.key] for w in wins), result) for m in drawn]
        if wins and wins[0].credits else [],
        "amount": drawing.exact(sum(win.amount for win in wins), result),
        "previous": f"{here}&page={int(text) - 1}" if first else "",
        "next": f"{here}&page={int(text) + 1}" if first + PAGE < len(wins) else "",
        "pages_text": words.plural(len(wins), "win"),
        "csv_href": here.replace("/deals/?", "/deals.csv?", 1), "back": page.here(found, what, ()),
    }  # fmt: skip
    return render(request, "dashboards/attribution/deals.html", context | as_of(request, found))


@readable
def deals_csv(request: HttpRequest) -> HttpResponse:
    found, what, _, wins, _ = _wins(request)
    offered = [m for m in models(half_life=what.half_life, own=what.own) if m.weigh]
    known = named.of("deal", {win.deal for win in wins})

    def lines() -> Iterator[list]:
        for win in wins:
            credits = [say.exact(say.exact(win.credits.get(m.key, 0)) / 100, 2) for m in offered]
            amount = say.exact(say.exact(win.amount) / 100, 2)
            yield [win.deal, known[win.deal].name, words.utc(win.at), amount, win.touches, *credits, found.currency]

    head = ["id", "deal", "won at", "amount", "touches", *(m.name for m in offered), "currency"]
    return csv_file.answer("attribution-wins", head, lines())


def _wins(request: HttpRequest) -> tuple[Sheet, Asked, str, list[deals_of.Win], dict[str, str]]:
    """The sheet, what is asked, the line's name, its wins, and the pairs of the address that choose them."""
    found, what = asked(request), asking.read(request.GET.dict())
    if request.GET.get("without"):
        return found, what, "Wins without a touch", deals_of.wins(found, what, key=None, without=True), {"without": "1"}
    text = request.GET.get("key")
    if not text:
        return found, what, "Wins with a touch", deals_of.wins(found, what, key=None), {}
    key = "" if text == deals_of.NO_KEY else text
    line = attribution.of(found, **what.of()).line(key)
    if line is None:
        raise Http404("Nothing of that name earned anything in this period.")
    return found, what, line.name, deals_of.wins(found, what, key=key), {"key": text}


@login_required
@require_safe
def deal(request: HttpRequest, pk: int) -> HttpResponse:
    """One deal: its touches in order, its milestones, and what each model gives each touch."""
    found = Deal.objects.select_related("company").filter(pk=pk).first()
    if found is None:
        raise Http404
    try:
        what = asking.read(request.GET.dict())
    except Invalid as refusal:
        context = {"wrong": [f"{e['field']}: {e['detail']}" for e in refusal.errors], "clear": request.path}
        return render(request, "dashboards/unreadable.html", context, status=400)
    path, offered, rows = deals_of.path_of(found, what, now=request.now)
    money = lambda cents: words.money(words.rounded(cents, 0) / 100, found.currency)  # noqa: E731
    names = dict(Channel.objects.values_list("code", "name")) | {SALES: "Sales", "": "unknown"}
    for row in rows:
        row["channel"] = names.get(row["step"].channel, row["step"].channel)
        row["milestones"] = [(mark, MILESTONES[mark]) for mark in row["milestones"]]
        row["cells"] = [money(row["credits"][m.key]) for m in offered]
        row["days_text"] = say.days(row["days"])
    context = {
        "deal": found, "path": path, "rows": rows, "touches_text": words.plural(len(rows), "touch", "touches"),
        "asked": what, "models": offered if rows and path.amount else [],
        "amount": money(path.amount) if path.amount is not None else "", "back": "/attribution/",
    }  # fmt: skip
    return render(request, "dashboards/attribution/deal.html", context)
