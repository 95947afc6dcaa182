"""Count every open deadline anew: to be run after the table of time zones was updated."""

from typing import Any

from django.core.management.base import BaseCommand

from revops.lib.now import now
from sla import replanning


class Command(BaseCommand):
    help = "Count the deadline of every open clock anew by the hours it pinned, after a new table of time zones."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = replanning.rezone(at=now())
        self.stdout.write(f"{moved} open clocks have another deadline now; each is in the journal as clock.retargeted.")
