"""One file, in lots, reconciled line by line: read = created + updated + merged + refused."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from leads.importing import attributes, lots, maps, past_deals, reading, write
from leads.importing.reading import Refusal
from leads.importing.rows import Reader, Row
from leads.models import ImportRun
from marketing import vocabulary
from marketing.models import Channel
from teams.models import Organisation, User

LOT = 2_000
OUTCOMES = ("created", "updated", "merged", "refused")


@dataclass(slots=True)
class Report:
    """`counts`: read and the four outcomes. `refusals`: [{line, code, detail}]. `flags`: {flag: leads or deals}."""

    run: int = 0
    file: str = ""
    map: str = ""
    counts: Counter = field(default_factory=lambda: Counter({"read": 0, **dict.fromkeys(OUTCOMES, 0)}))
    refusals: list[dict[str, Any]] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    attributes: list[str] = field(default_factory=list)

    def refuse(self, line: int, refusal: Refusal) -> None:
        self.counts["refused"] += 1
        self.refusals.append({"line": line, "code": refusal.code, "detail": refusal.detail})

    def as_dict(self) -> dict[str, Any]:
        return {"run": self.run, "file": self.file, "map": self.map, **self.counts,
                "refusals": sorted(self.refusals, key=lambda r: r["line"]), "flags": self.flags,
                "attributes": self.attributes}  # fmt: skip


def import_file(path: Path, map_path: Path, *, by: User | None, now: datetime) -> Report:
    """Take a file in. Each lot commits by itself, so a second run after a failure joins what is there.

    Raises Invalid when the map or the file as a whole makes no sense; single lines are refused in the report.
    """
    chart = maps.load(map_path)
    names = reading.header(path, chart)
    zone = chart.zone or ZoneInfo(Organisation.get().timezone)
    with transaction.atomic():
        run = ImportRun.objects.create(name=path.name[:200], map_name=chart.name[:200], by=by, started_at=now)
        _channels(chart)
        plans = attributes.prepare(path, chart, names, zone=zone)
    report = Report(run.pk, path.name, chart.name, attributes=[f"{plan.subject}.{plan.name}" for plan in plans])
    users = {mail.lower(): pk for pk, mail in User.objects.filter(is_service=False).values_list("id", "email")}
    context = write.Context(run.pk, chart.source, by.pk if by else None, now, users)
    rows = _rows(path, chart, names, Reader(chart, plans, zone, now), report)
    while lot := list(islice(rows, LOT)):
        with transaction.atomic():
            if chart.kind == "deals":
                _deals(lot, chart, context, report)
            else:
                _people(lot, chart, context, report)
    _afterwards(context)
    report.flags = dict(context.flags)
    run.counts, run.refusals, run.finished_at = dict(report.counts), report.as_dict()["refusals"], now
    run.save(update_fields=["counts", "refusals", "finished_at"])
    return report


def _rows(path: Path, chart: maps.Map, names: list[str], reader: Reader, report: Report) -> Iterator[Row]:
    for line, cells in reading.lines(path, chart, names):
        report.counts["read"] += 1
        try:
            if isinstance(cells, Refusal):
                raise cells
            row = reader.row(line, cells)
            if row.deal:
                past_deals.check(row, reader)
            yield row
        except Refusal as refusal:
            report.refuse(line, refusal)


def _people(rows: list[Row], chart: maps.Map, context: write.Context, report: Report) -> None:
    lot = lots.recognise(rows)
    for line, refusal in lot.refused:
        report.refuse(line, refusal)
    report.counts["merged"] += len(lot.folded)
    written = write.write(lot, context)
    if chart.deal is not None:
        past_deals.of_leads(lot, written, chart, context)
    report.counts.update(answer.outcome for answer in written)


def _deals(rows: list[Row], chart: maps.Map, context: write.Context, report: Report) -> None:
    lot, outcomes = past_deals.of_file(rows, chart, context)
    for line, refusal in lot.refused:
        report.refuse(line, refusal)
    report.counts.update(outcomes)


def _channels(chart: maps.Map) -> None:
    Channel.objects.bulk_create(
        [Channel(code=code, name=name, position=100) for code, name in chart.channels.items()], ignore_conflicts=True
    )
    vocabulary.forget()


def _afterwards(context: write.Context) -> None:
    """Fresh statistics first: a bulk load leaves the planner guessing. Then scores and clocks for reports."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_company, leads_person, leads_personkey, leads_lead, leads_touch, journal_entry")
    people = sorted(context.person_ids)
    for path in settings.HISTORY_REACTIONS:
        compute = import_string(path)
        for start in range(0, max(len(people), len(context.lead_ids)), LOT):
            with transaction.atomic():
                lot = slice(start, start + LOT)
                compute(people[lot], context.lead_ids[lot], now=context.now)
