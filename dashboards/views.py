"""Pages: the dashboard, one KPI, the rows behind it. Everybody signed in reads the same numbers."""

from collections.abc import Iterator
from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from dashboards import cards, charts, earned, named, page, printing, rows, saved, sheet, sources, table, tabs, told
from dashboards.filters import parse
from dashboards.kpis import registry, say
from dashboards.kpis.base import Kpi
from dashboards.snapshots import line as kept_line
from marketing.models import Channel
from revops.lib import csv_file, words
from revops.lib.errors import Invalid
from teams.models import Organisation

IN_DIALOG = 8
WORTH = {"deal", "movement", "spend", named.MIXED}  # subjects with an amount of their own


def asked(request: HttpRequest) -> sheet.Sheet:
    """The sheet of the address; raises Invalid when it cannot be read."""
    organisation = Organisation.get()
    filters = parse(request.GET.dict(), zone=organisation.timezone, now=request.now)
    return sheet.opened(filters, now=request.now, organisation=organisation)


def readable(view):
    """An address that cannot be read is answered with what is wrong in it."""

    @wraps(view)
    def inside(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Invalid as refusal:
            context = {"wrong": [f"{e['field']}: {e['detail']}" for e in refusal.errors], "clear": request.path}
            return render(request, "dashboards/unreadable.html", context, status=400)

    return login_required(require_safe(inside))


@readable
def dashboard(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    funnel = request.GET.get("funnel", "cohort")
    if funnel not in dict(page.FUNNELS):
        raise Invalid("The funnel is shown as cohort, flow or stock.", field="funnel")
    context = page.context(found, funnel=funnel) | as_of(request, found)
    context |= {"tabs": tabs.tabs("/dashboard/", request.user), "views": saved.shown(request)}
    return render(request, "dashboards/dashboard.html", context)


@readable
def silence(request: HttpRequest) -> HttpResponse:
    """The line of the dashboard that reads touches, by itself."""
    found = asked(request)
    context = {"sheet": found, "silent": page.silence(found), "days": page.days_words(found)}
    return render(request, "dashboards/_silence.html", context)


@readable
def key_numbers(request: HttpRequest) -> HttpResponse:
    """The cards by themselves, for a page that did not wait for them."""
    found = asked(request)
    return render(request, "dashboards/_cards.html", {"sheet": found, "cards": cards.cards(found)})


@readable
def source_table(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    context = {"sheet": found, "sources": sources.table(found, page.source_names())}
    return render(request, "dashboards/_sources.html", context)


@readable
def who_earned(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    return render(request, "dashboards/_earned_card.html", {"sheet": found, "earned": earned.card(found)})


@readable
def numbers_csv(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    return csv_file.answer(f"numbers-{found.filters.start}-{found.filters.end}", table.HEAD, table.lines(found))


@readable
def numbers_pdf(request: HttpRequest) -> HttpResponse:
    found = asked(request)
    content = printing.pdf(found, title="Dashboard", organisation=Organisation.get())
    name = f"dashboard-{found.filters.start}-{found.filters.end}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@readable
def kpi(request: HttpRequest, name: str) -> HttpResponse:
    which, found = of(name), asked(request)
    answer = found.answer(which)
    names = {"unknown": "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    context = {
        "kpi": which,
        "card": told.card(found, answer),
        "filters": page.filter_bar(found, names, funnel=""),
        "answer": answer,
        "text": told.value(answer, found.currency),
        "beside": [
            (b.name, say.value(b.value, b.unit, found.currency) if b.value is not None else f"n/a: {b.na}",
             told.rows_href(found, which.key, part=b.part) if b.part else "")
            for b in answer.figure.beside
        ],
        "parts": [
            (label, n, told.rows_href(found, which.key, part=part)) for part, label, n in answer.parts() if label
        ],
        "excluded": [
            (named.plural(which.population.subject, n) + f" left out: {why}",
             told.rows_href(found, which.key, part=f"excluded-{part}"))
            for part, (n, why) in answer.excluded.items()
        ],
        "sources": [
            (names.get(code, code),
             f"n/a: {f.na}" if f.na else told.small_words(f) or say.value(f.value, which.unit, found.currency),
             told.rows_href(found, which.key, source=code))
            for code, f in answer.sources.items()
        ],
        "chart": charts.rate_over_time(found, answer, name=f"{which.name} over time") if which.over_time else None,
        "interval": told.interval_words(answer.figure),
        "kept": kept_line.panel(which, now=request.now, currency=found.currency),
        "row_count": answer.found.now.n(""),
    }  # fmt: skip
    return render(request, "dashboards/kpi.html", context | as_of(request, found))


@readable
@vary_on_headers("HX-Request")
def kpi_rows(request: HttpRequest, name: str) -> HttpResponse:
    """The rows, newest first, 50 a page; the first few in a dialog when the dashboard asks."""
    which, found = of(name), asked(request)
    part, total = part_of(request, found, which)
    in_dialog = bool(getattr(request, "htmx", False)) and not request.htmx.history_restore_request
    after = rows.Place.read(request.GET["cursor"]) if request.GET.get("cursor") else None
    shown, more = rows.page(found, which, part=part, after=after, limit=IN_DIALOG if in_dialog else rows.PAGE)
    here = told.rows_href(found, which.key, part=part)
    context = {
        "kpi": which, "part": part, "part_name": which.part_name(part), "head": named.head(which.population.subject),
        "rows": [(row, cells(which, row, found.currency)) for row in shown],
        "columns": [label for _, label, _ in which.columns],
        "has_amount": which.population.subject in WORTH, "has_parts": any(row.part_name for row in shown),
        "total": total, "rest": total - len(shown), "here": here,
        "csv_href": here.replace("/rows/?", "/rows.csv?", 1),
        "back": told.kpi_href(found, which.key), "dashboard": f"/dashboard/?{found.filters.query(as_of=None)}",
        "next": f"{here}&cursor={shown[-1].place}" if more else "",
        "first_page": here if after else "",
        "pages_text": words.plural(total, "row"),
        "text": told.value(found.answer(which), found.currency), "formula": found.answer(which).figure.formula,
    }  # fmt: skip
    template = "dashboards/rows_dialog.html" if in_dialog else "dashboards/rows.html"
    return render(request, template, context | as_of(request, found))


@readable
def kpi_csv(request: HttpRequest, name: str) -> HttpResponse:
    which, found = of(name), asked(request)
    part, _ = part_of(request, found, which)
    own = [label for _, label, _ in which.columns]
    money = ["Amount", "Currency"] if which.population.subject in WORTH else []
    head = ["Kind", "Id", "Name", "Company", "Counts as", "When", *own, *money, "Source", "Owner"]

    def lines() -> Iterator[list]:
        for row in rows.walk(found, which, part=part):
            amount = [(row.amount or {}).get("amount", ""), (row.amount or {}).get("currency", "")] if money else []
            yield [
                row.kind, row.id, row.name, row.company, row.part_name, words.utc(row.at),
                *(raw(kind, row.values[column]) for column, _, kind in which.columns), *amount, row.source, row.owner,
            ]  # fmt: skip

    return csv_file.answer(f"{which.key}-{part or 'rows'}", head, lines())


def of(name: str) -> Kpi:
    found = registry.find(name)
    if found is None:
        raise Http404("There is no such KPI.")
    return found


def part_of(request: HttpRequest, found: sheet.Sheet, which: Kpi) -> tuple[str, int]:
    part = request.GET.get("part", "")
    total = rows.count(found, which, part)
    if total is None:
        raise Http404("This KPI has no such part.")
    return part, total


def cells(which: Kpi, row: rows.Row, currency: str) -> list[str]:
    return [
        say.value(row.values[column], kind, currency) if row.values[column] is not None else "n/a"
        for column, _, kind in which.columns
    ]


def raw(kind: str, value):
    """For spreadsheets: whole seconds, days to two places, money in units."""
    if value is None:
        return ""
    if kind == "text":
        return value
    if kind == "money":
        return say.exact(say.exact(value) / 100, 2)
    return say.exact(value, 0 if kind == "seconds" else 2)


def as_of(request: HttpRequest, found: sheet.Sheet) -> dict:
    """In the reporting zone, like the days; and whether it is a while ago."""
    zone = ZoneInfo(found.filters.zone)
    local = found.as_of.astimezone(zone)
    return {
        "as_of": found.as_of,
        "as_of_text": f"as of {words.moment(found.as_of, request.now, zone, 'seconds')} {local:%Z}",
        "frozen": found.filters.as_of is not None,
        "old": (request.now - found.as_of).total_seconds() > 10,
        "zone_name": found.filters.zone,
    }
