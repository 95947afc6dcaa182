"""Lines become rows of ours, a lot at a time. The dry run and the import are this same code."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error, transaction

from leads.importing import attributes, companies, histories, live, lots, mapping, past_deals, reading, write
from leads.importing.reading import Refusal
from leads.importing.rows import Reader, Row
from leads.models import ImportMode, ImportRun
from marketing import vocabulary
from marketing.models import Channel
from revops.lib import bulk
from revops.lib.lots import is_of_a_row
from teams.models import Organisation, User

LOT = 2_000
SHOWN = 100
Line = tuple[int, "dict[str, str] | Refusal"]


@dataclass(slots=True)
class Tally:
    """What became of lines. `problems`: [(line, outcome, code, detail)]."""

    counts: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str, str, str]] = field(default_factory=list)

    def refuse(self, line: int, refusal: Refusal) -> None:
        self.counts["refused"] += 1
        self.problems.append((line, "refused", refusal.code, refusal.detail[:300]))

    def fold(self, line: int) -> None:
        self.counts["merged"] += 1
        self.problems.append((line, "merged", "folded", "The same person twice in the file."))

    def add(self, other: "Tally") -> None:
        self.counts.update(other.counts)
        self.flags.update(other.flags)
        self.problems += other.problems


class Taker:
    """One run's reader and context. `prepare` first, inside the transaction whose work is remembered."""

    def __init__(self, run: ImportRun, *, now: datetime, locking: bool = True) -> None:
        self.run, self.now = run, now
        self.chart = mapping.fitting(run, run.mapping)
        self.names = [column["name"] for column in run.facts["columns"]]
        self.zone = self.chart.zone or ZoneInfo(Organisation.get().timezone)
        users = {mail.lower(): pk for pk, mail in User.objects.filter(is_service=False).values_list("id", "email")}
        self.context = write.Context(run.pk, self.chart.source, run.by_id, now, users, locking=locking, by=run.by)
        self.reader = Reader(self.chart, [], self.zone, now)

    def prepare(self) -> list[str]:
        """Channels and attributes the file needs; the names of the attributes."""
        Channel.objects.bulk_create(
            [Channel(code=code, name=name, position=100) for code, name in self.chart.channels.items()],
            ignore_conflicts=True,
        )
        vocabulary.forget()
        self.reader.plans = attributes.prepare(self.run, self.chart, self.names, zone=self.zone)
        return [f"{plan.subject}.{plan.name}" for plan in self.reader.plans]

    def lots(self, skip: int) -> Iterator[list[Any]]:
        """The file's lines in lots, without the first `skip`."""
        if self.chart.kind.endswith("_history"):
            yield from histories.lots(self.run, self.reader, self.names, skip=skip, size=LOT)
            return
        found = reading.lines(self.run, self.names, skip)
        while lot := list(islice(found, LOT)):
            yield lot

    def take(self, lot: Sequence[Any]) -> Tally:
        """Must run inside a transaction. A line the database itself refuses is refused alone."""
        try:
            with transaction.atomic():
                return self._take(lot)
        except Error as error:
            if not is_of_a_row(error):
                raise
            if len(lot) == 1:
                tally = Tally(Counter({"read": 1}))
                tally.refuse(lot[0][0], Refusal("failed", "The database does not take it."))
                return tally
        half = len(lot) // 2
        tally = self.take(lot[:half])
        tally.add(self.take(lot[half:]))
        return tally

    def _take(self, lot: Sequence[Any]) -> Tally:
        tally = Tally()
        self.context.flags = tally.flags
        if self.chart.kind == "lead_history":
            histories.take_leads(lot, self.context, tally)
            return tally
        if self.chart.kind == "deal_history":
            histories.take_deals(lot, self.context, tally)
            return tally
        rows = self._rows(lot, tally)
        if self.chart.kind == "deals":
            known, outcomes = past_deals.of_file(rows, self.chart, self.context)
            refused = known.refused
        elif self.chart.kind == "companies":
            outcomes, refused = companies.take(rows, self.context)
        elif self.run.mode == ImportMode.LIVE:
            outcomes, refused = live.take(rows, self.context)
        else:
            outcomes, refused = self._people(rows, tally)
        for line, refusal in refused:
            tally.refuse(line, refusal)
        tally.counts.update(outcomes)
        return tally

    def _rows(self, lot: Sequence[Line], tally: Tally) -> list[Row]:
        rows = []
        for line, cells in lot:
            tally.counts["read"] += 1
            try:
                if isinstance(cells, Refusal):
                    raise cells
                row = self.reader.row(line, cells)
                if row.deal:
                    past_deals.check(row, self.reader)
                rows.append(row)
            except Refusal as refusal:
                tally.refuse(line, refusal)
        return rows

    def _people(self, rows: list[Row], tally: Tally) -> tuple[list[str], list[tuple[int, Refusal]]]:
        lot = lots.recognise(rows, self.context.source, locking=self.context.locking)
        for line in lot.folded:
            tally.fold(line)
        written = write.write(lot, self.context)
        if self.chart.deal is not None:
            past_deals.of_leads(lot, written, self.chart, self.context)
        return [answer.outcome for answer in written], lot.refused


def besides(work_id: int) -> dict[str, int]:
    """What a piece of work made besides lines, by what the database noted of it."""
    [row] = bulk.query(
        """
        WITH made AS (SELECT "table", row FROM journal_change WHERE work_id = %(w)s AND op = 'I'),
             all_of AS (SELECT DISTINCT "table", row FROM journal_change WHERE work_id = %(w)s),
             led AS (SELECT l.id, l.cycle, l.company_id FROM leads_lead l
                      WHERE l.id IN (SELECT row::bigint FROM all_of WHERE "table" = 'leads_lead')),
             firms AS (SELECT row::bigint AS id FROM all_of WHERE "table" = 'leads_company'
                       UNION SELECT p.company_id FROM leads_person p
                        WHERE p.id IN (SELECT row::bigint FROM all_of WHERE "table" = 'leads_person')
                       UNION SELECT company_id FROM led)
        SELECT (SELECT count(id) FROM firms),
               (SELECT count(*) FROM made WHERE "table" = 'leads_company'),
               (SELECT count(*) FROM led),
               (SELECT count(*) FROM led WHERE cycle > 1),
               (SELECT count(*) FROM journal_entry e
                 WHERE e.id IN (SELECT row::bigint FROM made WHERE "table" = 'journal_entry')
                   AND e.kind LIKE 'lead.%%' AND e.kind <> 'lead.opened' AND NOT e.data ? 'undated'),
               (SELECT count(*) FROM made WHERE "table" = 'leads_touch'),
               (SELECT count(*) FROM made WHERE "table" = 'deals_deal')""",
        {"w": work_id},
    )
    names = ("companies", "companies_new", "cycles", "second_cycles", "stages", "touches", "deals")
    return dict(zip(names, row, strict=True))
