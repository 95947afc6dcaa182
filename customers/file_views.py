"""Pages: files of health and of what customers pay, up; a file to begin with, down."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from customers import accounts, file_reading, movements, readings
from customers.file_reading import Moved, Read
from customers.models import ChurnReason, Component, Customer
from customers.rights import may_bring, may_care
from deals import money
from revops.lib import csv_file, csv_upload, words
from revops.lib.answers import in_words
from revops.lib.csv_reading import MOST, Found
from revops.lib.csv_upload import Cell, Upload
from teams.models import Organisation

WHO = (("customer", "its id, its domain or its exact name"), ("company", "its name, when there is no customer"))
CLOSED = "Customer success, sales and RevOps admins read files about customers."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@in_words("/customers/")
def health(request: HttpRequest) -> HttpResponse:
    columns = (
        *WHO, ("on", "2026-11-24"), (", ".join(Component.values), "0 to 100; empty was not read"),
        ("note", "if there is one"), ("source", "who measured it; csv if unsaid"),
    )  # fmt: skip
    about = Upload(
        "Read a file of health", "/customers/health/upload/", "/customers/", columns,
        ("Customer", "Day", "Read", "Source"),
        ("/customers/health/template.csv", "A file to fill in, a line a customer"),
        closed="" if may_bring(request.user) else CLOSED,
    )  # fmt: skip

    def read(text: str) -> Found[Read]:
        return file_reading.readings(text, by=request.user, now=request.now)

    def keep(lines: list[Read]) -> tuple[str, str]:
        batch = [one for line in lines for one in line.readings]
        new = readings.keep(batch, by=request.user, at=request.now) if batch else 0
        return (f"{words.plural(new, 'reading')} kept." if new else "Nothing was changed."), ""

    return csv_upload.page(request, about, read=read, keep=keep, show=_readings)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@in_words("/customers/")
def revenue(request: HttpRequest) -> HttpResponse:
    columns = (
        *WHO, ("on", "2026-11-24"), ("before, after", "what it costs a month, such as 1200.00; after 0 ends it"),
        ("currency", "if it differs"), ("subscription", "what the source calls it, if a customer has several"),
        ("reason", f"of an end: {', '.join(ChurnReason.values)}"), ("note", "if there is one"),
        ("source, key", "which system says it, csv if unsaid, and what it calls the change: the same is kept once. A "
                        "billing system takes the place of what deals told. Without a key it is the subscription and "
                        "the day."),
    )  # fmt: skip
    about = Upload(
        "Read a file of what customers pay", "/customers/revenue/upload/", "/customers/", columns,
        ("Customer", "Day", "A month before", "A month after", "Source"),
        ("/customers/revenue/template.csv", "A file to fill in, a line a subscription"),
        closed="" if may_bring(request.user) else CLOSED,
    )  # fmt: skip

    def read(text: str) -> Found[Moved]:
        return file_reading.changes(text, by=request.user, now=request.now)

    def keep(lines: list[Moved]) -> tuple[str, str]:
        by_source: dict[str, list[Moved]] = {}
        for one in lines:
            by_source.setdefault(one.source, []).append(one)
        with transaction.atomic():
            new = sum(
                movements.keep([one.told() for one in said], source=source, now=request.now, by=request.user.pk)
                for source, said in sorted(by_source.items())
            )
        return (f"{words.plural(new, 'change')} kept." if new else "Nothing was changed."), ""

    return csv_upload.page(request, about, read=read, keep=keep, show=_changes)


@login_required
@require_safe
def health_template(request: HttpRequest) -> HttpResponse:
    """A line a customer one looks after, with the day and no values; lines left so say nothing."""
    today = Organisation.get().today(request.now)
    rest = [""] * (len(file_reading.READINGS) - 3)
    rows = ([one.pk, str(one), today, *rest] for one in _mine(request.user))
    return csv_file.answer("health", file_reading.READINGS, rows)


@login_required
@require_safe
def revenue_template(request: HttpRequest) -> HttpResponse:
    """A line a subscription with what it costs now as `before`; lines without an `after` say nothing."""
    today, mine = Organisation.get().today(request.now), _mine(request.user)
    running: dict[int, list[accounts.Running]] = {}
    for one in accounts.subscriptions([customer.company_id for customer in mine], as_of=request.now):
        running.setdefault(one.company_id, []).append(one)

    def lines() -> Any:
        for customer in mine:
            start = [customer.pk, str(customer), today]
            for one in running.get(customer.company_id, []):
                yield [*start, money.major(one.monthly), "", one.currency, one.subscription, "", "", one.source, ""]
            if customer.company_id not in running:
                yield [*start, 0, *[""] * 7]

    return csv_file.answer("revenue", file_reading.MOVEMENTS, lines())


def _mine(user: Any) -> list[Customer]:
    """Who this person may work on, those that left too, by name; asked once a success manager."""
    may: dict[int | None, bool] = {}
    mine = []
    for one in Customer.objects.select_related("company", "csm__team").order_by("company__name", "id"):
        if one.csm_id not in may:
            may[one.csm_id] = may_bring(user) and may_care(user, one)
        if may[one.csm_id] and len(mine) < MOST:
            mine.append(one)
    return mine


def _readings(lines: list[Read]) -> list[list[Cell]]:
    return [
        [
            Cell(str(one.customer)), Cell(f"{one.day:%-d %b %Y}"),
            Cell(", ".join(f"{r.component} {r.value}" for r in one.readings), _known(one)),
            Cell(one.readings[0].source, one.readings[0].note),
        ]
        for one in lines
    ]  # fmt: skip


def _changes(lines: list[Moved]) -> list[list[Cell]]:
    return [
        [
            Cell(str(one.customer)), Cell(f"{one.day:%-d %b %Y}", _known(one)),
            Cell(words.money(money.major(one.before), one.currency), number=True),
            Cell(words.money(money.major(one.after), one.currency), number=True), Cell(one.source, one.reason),
        ]
        for one in lines
    ]  # fmt: skip


def _known(one: Read | Moved) -> str:
    return "kept already" if one.known else ""
