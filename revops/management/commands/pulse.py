"""`manage.py pulse`: a worker starts it; by hand it shows what a worker's pulse would do."""

import signal
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.models import Heartbeat
from revops import pulse
from revops.lib.now import now

SILENT_AFTER = timedelta(seconds=30)


class Command(BaseCommand):
    help = "Keep every deadline: drain what is due, several times a second."
    requires_system_checks: list[str] = []  # deadlines first; the web server and the tests check the rest

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--parent", type=int, help="Leave when this process is no longer the parent.")
        parser.add_argument("--once", action="store_true", help="Drain what is due now and leave.")
        parser.add_argument("--check", action="store_true", help="Only say whether this host's pulse is alive.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            return self.check_alive()
        running = pulse.configured(parent=options["parent"])
        if options["once"]:
            self.stdout.write(f"{running.tick()} rows")
            return None

        def stop(*_: Any) -> None:
            running.stopping = True

        signal.signal(signal.SIGTERM, stop)
        # Under a worker, Ctrl-C is the worker's affair: it will send SIGTERM after its own farewell.
        signal.signal(signal.SIGINT, signal.SIG_IGN if options["parent"] else stop)
        return running.run()

    def check_alive(self) -> None:
        last = Heartbeat.objects.filter(name=pulse.own_name()).values_list("at", flat=True).first()
        if last is None:
            raise CommandError("No pulse has beaten on this host. Start a worker.")
        silent = now() - last
        if silent > SILENT_AFTER:
            seconds = silent.total_seconds()
            raise CommandError(f"The pulse on this host is silent for {seconds:.0f} s. See the worker's log.")
        self.stdout.write(f"The pulse beat {silent.total_seconds():.1f} s ago.")
