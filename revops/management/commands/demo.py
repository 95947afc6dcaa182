"""`manage.py demo`: `up` with a believable company in it."""

import os
from typing import Any

from django.db import connection

from revops.lib import places
from revops.management.commands import up
from revops.stack import Stack
from teams.models import User


class Command(up.Command):
    help = "Run everything, fill an empty database with a demo company, and say how to sign in."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--live", action="store_true", help="Also post new leads as one watches.")

    def fill(self, stack: Stack, options: dict[str, Any]) -> None:
        kept = places.state(stack.folder)
        ours = not os.environ.get("DATABASE_URL")
        if ours and kept.get("demo_unfinished"):
            stack.log.line("demo", "the last start was interrupted; beginning again")
            stack.forget_database()
            stack.migrate()
        elif User.objects.filter(is_service=False).exists():
            connection.close()
            return
        connection.close()
        stack.log.line("demo", "telling 18 months of a company, about a minute")
        if ours:
            places.write_state(stack.folder, kept | {"demo_unfinished": True})
        stack.run("demo", ["seed_demo"])
        if ours and not stack.stopping:
            places.write_state(stack.folder, kept)

    def greet(self, stack: Stack, options: dict[str, Any]) -> None:
        from revops.demo import log_ins

        super().greet(stack, options)
        for who, mail, password in log_ins():
            stack.log.line("demo", f"{who:<18} {mail:<34} {password}")
        connection.close()
        if options["live"]:
            stack.start("live", ["manage.py", "simulate", "--url", stack.url])
