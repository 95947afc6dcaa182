"""`manage.py up`: database, broker, web, worker and beat as children of one terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from revops import terminal
from revops.lib.embedded import CannotStart


class Command(BaseCommand):
    """Listed among the commands; from a shell, manage.py goes to `revops.terminal` without loading Django."""

    name = "up"
    help = terminal.COMMANDS[name]
    requires_system_checks: list[str] = []  # the database is not there yet

    def add_arguments(self, parser: Any) -> None:
        terminal.add_arguments(parser, self.name)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            terminal.run(self.name, host=options["host"], port=options["port"], live=options.get("live", False))
        except CannotStart as error:
            raise CommandError(str(error)) from error
