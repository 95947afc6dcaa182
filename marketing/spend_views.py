"""Pages: the grid of what was spent, its way back, and files up and down."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketing import spend, spend_csv, spend_grid
from marketing.models import Campaign
from marketing.spend_reading import FIELDS, Names, minor, month
from marketing.spend_rights import WHO, may_spend
from revops.lib import csv_file, csv_upload, words
from revops.lib.answers import done
from revops.lib.csv_reading import Found, Wrong
from revops.lib.csv_upload import Cell, Upload
from revops.lib.errors import DomainError
from teams.models import Organisation

COLUMNS = (
    ("month", "2026-11"), ("amount", "12000.00; empty takes the entry out"),
    ("channel", "its code or name; empty for tools"), ("campaign", "its code, if one"),
    ("kind", "programme (if unsaid) or tools"), ("currency, note", "if they differ"),
    ("source, key", "who says it and what they call it: the same is kept once and corrected later. Without a key it is "
                    "the cell of the grid."),
)  # fmt: skip


def spoken(view: Callable) -> Callable:
    """For people signed in; a refusal is a page that says why."""

    @login_required
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as refusal:
            context = {"problem": refusal.detail, "back": "/spend/", "status": refusal.status}
            return render(request, "leads/refused.html", context, status=refusal.status)

    return inside


def tabs(current: str) -> list[dict]:
    pages = (("/spend/", "Spend"), ("/spend/time/", "Time and margin"), ("/economics/", "What customers cost"))
    return [{"href": href, "label": label, "current": href == current} for href, label in pages]


def month_of(request: HttpRequest, company: Organisation) -> date:
    """The month of the address, the running one without."""
    try:
        return month(request.GET["month"])
    except (KeyError, Wrong):
        return company.today(request.now).replace(day=1)


@spoken
@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest) -> HttpResponse:
    company = Organisation.get()
    shown = month_of(request, company)
    problems: list[dict[str, str]] = []
    if request.method == "POST":
        amounts, problems = _typed(request, shown, company.currency)
        if not problems:
            kept = spend.keep(amounts, by=request.user, at=request.now)
            return done(request, said(kept), to=f"/spend/?month={shown:%Y-%m}", undo=_undo(kept))
    found = spend_grid.of(shown, currency=company.currency)
    may = may_spend(request.user)
    context = {
        "grid": found, "month": shown, "currency": company.currency, "may": may, "who": WHO, "tabs": tabs("/spend/"),
        "earlier": spend_grid.months_to(shown, 2)[0], "later": spend_grid.later(shown),
        "campaigns": spend_grid.addable(found) if may else [], "errors": problems,
        "rows": [(line, line.cells[:-1], line.cells[-1], _value(request, line, problems)) for line in found.lines],
        "any": any(found.totals) or any(cell.total is not None for line in found.lines for cell in line.cells),
    }  # fmt: skip
    return render(request, "marketing/spend/grid.html", context, status=422 if problems else 200)


def _typed(request: HttpRequest, shown: date, currency: str) -> tuple[list[spend.Amount], list[dict[str, str]]]:
    """What the form changes, and what can't be read of it. A field left as it was says nothing; one that somebody else
    changed since is shown again."""
    lines = {line.field: line for line in spend_grid.of(shown, currency=currency).lines}
    amounts: list[spend.Amount] = []
    problems: list[dict[str, str]] = []

    def keep(line: spend_grid.Line | None, text: str, was: str, href: str) -> None:
        now = line.cells[-1].typed if line else ""
        try:
            if line is None:
                raise Wrong("cell", "unknown", "There is no such row.")
            if now not in {was, text.strip()}:
                raise Wrong("cell", "changed", f"{line.name} was changed to {now or 'nothing'} meanwhile. Look again.")
            amounts.append(_amount(shown, line.channel, line.campaign, text, currency))
        except Wrong as wrong:
            problems.append({"text": f"{text[:40]}: {wrong.detail}", "href": href})

    for name, text in request.POST.items():
        was = request.POST.get(f"was {name}", "").strip()
        if name.startswith("cell ") and text.strip() != was:
            keep(lines.get(name), text, was, "#" + name.replace(" ", "-"))
    if (chosen := request.POST.get("new-campaign", "")) and (text := request.POST.get("new-amount", "").strip()):
        added = Campaign.objects.exclude(channel=None).filter(pk__in=_ids(chosen)).first()
        line = spend_grid.Line(added.name, added.channel_id, added.pk, [spend_grid.Cell()]) if added else None
        keep(lines.get(line.field, line) if line else None, text, "", "#new-amount")
    return amounts, problems


def _value(request: HttpRequest, line: spend_grid.Line, problems: list) -> str:
    """What stands in the field: what was typed, after something could not be read."""
    return request.POST.get(line.field, "") if problems else line.cells[-1].typed


def _ids(text: str) -> list[int]:
    return [int(text)] if text.isascii() and text.isdigit() and len(text) < 18 else []


def _amount(shown: date, channel: str | None, campaign: int | None, text: str, currency: str) -> spend.Amount:
    kind = "programme" if channel else "tools"
    amount = minor(text) if text.strip() else None
    return spend.Amount(shown, channel, campaign, kind, amount, currency)


def said(kept: spend.Done) -> str:
    """2 amounts added, 1 changed, 1 taken out."""
    counts = ((kept.new, "added"), (kept.changed, "changed"), (kept.removed, "taken out"))
    told = [f"{words.number(n)} {what}" for n, what in counts if n]
    if not told:
        return "Nothing was changed."
    first, _, rest = told[0].partition(" ")
    return ", ".join([f"{first} {'amount' if first == '1' else 'amounts'} {rest}", *told[1:]]) + "."


def _undo(kept: spend.Done) -> str:
    return reverse("spend-undo", args=[kept.batch]) if kept.new + kept.changed + kept.removed else ""


@spoken
@require_POST
def undo(request: HttpRequest, batch: str) -> HttpResponse:
    back = spend.take_back(batch, by=request.user, at=request.now)
    changed = back.new + back.changed + back.removed
    text = f"{words.plural(changed, 'amount')} put back." if changed else "Nothing was put back: it changed since."
    return done(request, text, to="/spend/", reload=True)


@spoken
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """A file is read and shown first; kept when somebody says so."""
    about = Upload(
        "Read a file of spend", "/spend/upload/", "/spend/", COLUMNS, ("Month", "For", "Amount", "Source and key"),
        ("/spend/spend.csv", "What is kept, as such a file"), tabs("/spend/"),
        "" if may_spend(request.user) else f"{WHO} enter spend and time.",
    )  # fmt: skip

    def keep(amounts: list[spend.Amount]) -> tuple[str, str]:
        kept = spend.keep(amounts, by=request.user, at=request.now)
        return said(kept), _undo(kept)

    def read(text: str) -> Found[spend.Amount]:
        return spend_csv.parse(text, Names.load(Organisation.get().currency))

    return csv_upload.page(request, about, read=read, keep=keep, show=_shown)


def _shown(amounts: list[spend.Amount]) -> list[list[Cell]]:
    names = dict(Campaign.objects.filter(pk__in={a.campaign for a in amounts}).values_list("pk", "name"))
    return [
        [
            Cell(f"{a.month:%b %Y}"), Cell(a.channel or "Tools", names.get(a.campaign or 0, "")),
            Cell(
                "taken out" if a.amount is None else words.money(Decimal(a.amount).scaleb(-2), a.currency), number=True
            ),
            Cell(a.source, a.key),
        ]
        for a in amounts
    ]  # fmt: skip


@spoken
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    return csv_file.answer("spend", FIELDS, spend_csv.lines())
