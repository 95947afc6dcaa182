"""`manage.py create_api_key NAME [--scope intake --scope read …]`: the key alone on standard output, so that a script
can keep it."""

from django.core.management.base import BaseCommand, CommandError

from revops.lib.errors import Invalid
from teams.keys import create_api_key
from teams.models.api_key import DEFAULT_SCOPES, SCOPES


class Command(BaseCommand):
    help = "Makes an API key and prints it, this once."

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument(
            "--scope", action="append", choices=SCOPES, help=f"may be repeated; default: {' '.join(DEFAULT_SCOPES)}"
        )

    def handle(self, *, name, scope, **options):
        try:
            _, plain = create_api_key(name, scope or DEFAULT_SCOPES)
        except Invalid as error:
            raise CommandError(error.detail) from None
        self.stdout.write(plain)
