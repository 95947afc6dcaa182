"""`manage.py up`: database, broker, web, worker and beat as children of one terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from revops.lib.embedded import CannotStart
from revops.lib.environment import integer
from revops.lib.supervisor import Log
from revops.stack import Stack


class Command(BaseCommand):
    help = "Run everything on this machine until Ctrl-C."
    requires_system_checks: list[str] = []  # the database is not there yet; the web server checks for itself

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--port", type=int, default=integer("PORT", default=8000, least=1, most=65_535))
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be seen from outside.")

    def handle(self, *args: Any, **options: Any) -> None:
        stack = Stack(host=options["host"], port=options["port"], log=Log())
        stack.supervisor.listen()
        try:
            stack.open_data()
            stack.migrate()
            if not stack.stopping:
                self.fill(stack, options)
            if not stack.stopping:
                stack.open_doors()
                if stack.wait_until_open():
                    self.greet(stack, options)
            stack.supervisor.watch()
        except CannotStart as error:
            raise CommandError(str(error)) from error
        finally:
            stack.close()

    def fill(self, stack: Stack, options: dict[str, Any]) -> None:
        """Nothing here: a new company starts empty and is asked who it is."""

    def greet(self, stack: Stack, options: dict[str, Any]) -> None:
        stack.log.line("web", f"open at {stack.url}   (Ctrl-C stops everything)")
