"""manage.py import_leads FILE --map MAP [--json]"""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from leads.importing.describing import OUTCOMES
from leads.importing.run import Report, import_file
from revops.lib.errors import DomainError
from revops.lib.now import now

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Take a CSV of the past in: people, leads, stages, dates and deals, in history mode. Nobody is notified and no "
        "clock runs. A map (TOML) says which column means what; see leads/importing/maps.py."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a CSV file with a header line")
        parser.add_argument("--map", type=Path, required=True, dest="map_path", help="the TOML file that explains it")
        parser.add_argument("--json", action="store_true", help="print the counts as one object on the last line")

    def handle(self, *, file, map_path, json: bool, **options):
        try:
            report = import_file(file, map_path, by=None, now=now())
        except DomainError as error:
            raise CommandError(error.detail) from None
        self.say(report)
        if json:
            self.stdout.write(as_line(report))

    def say(self, report: Report) -> None:
        counts = report.counts
        parts = " + ".join(f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES)
        self.stdout.write(f"{report.file}: read {counts['read']:,} = {parts}")
        for flag, number in sorted(report.flags.items()):
            self.stdout.write(f"  {number:,} × {flag}")
        for refusal in report.as_dict()["refusals"][:SHOWN]:
            self.stdout.write(f"  line {refusal['line']}: {refusal['code']}: {refusal['detail']}")
        if counts["refused"] > SHOWN:
            self.stdout.write(f"  {counts['refused'] - SHOWN:,} more refused lines are kept with import {report.run}")


def as_line(report: Report) -> str:
    return json.dumps(report.as_dict(), ensure_ascii=False)
