"""Prove the stored clocks equal to the journal; with --repair, make them so."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from revops.lib.now import now
from sla import rebuild


class Command(BaseCommand):
    help = "Compare every clock with what the journal, its pauses, its line and its hours add up to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Store what the journal says; each change is a fact.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = rebuild.check(at=now(), repair=options["repair"], tell=lambda found: self.stdout.write(str(found)))
        said = f"{done.clocks} clocks compared, {done.differences} differences"
        self.stdout.write(f"{said}, {done.repaired} repaired." if options["repair"] else f"{said}.")
        if done.differences and not options["repair"]:
            raise SystemExit(1)
