"""`manage.py deliver`: a worker starts it; by hand it shows what a worker's sender would do."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from notify import outbox, sender
from revops.lib.now import now


class Command(BaseCommand):
    help = "Send what waits: mails, posts to Slack and Teams."
    requires_system_checks: list[str] = []  # the web server and the tests check

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--parent", type=int, help="Leave when this process is no longer the parent.")
        parser.add_argument("--once", action="store_true", help="Send what is due now and leave.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            many = 0
            while taken := outbox.send(now()):
                many += taken
            self.stdout.write(f"{many} tried")
            return
        running = sender.configured(parent=options["parent"])

        def stop(*_: Any) -> None:
            running.stopping = True

        signal.signal(signal.SIGTERM, stop)
        # Under a worker, Ctrl-C is the worker's affair: it will send SIGTERM after its own farewell.
        signal.signal(signal.SIGINT, signal.SIG_IGN if options["parent"] else stop)
        running.run()
