"""What a person at a terminal starts: `up`, and `demo`, which is `up` with a believable company in it."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from revops.lib import places
from revops.lib.embedded import CannotStart
from revops.lib.environment import integer
from revops.lib.supervisor import Log
from revops.stack import Stack

COMMANDS = {
    "up": "Run everything on this machine until Ctrl-C.",
    "demo": "Run everything, fill an empty database with a demo company, and say how to sign in.",
}


def add_arguments(parser: argparse.ArgumentParser, command: str) -> None:
    parser.add_argument("--port", type=int, default=integer("PORT", default=8000, least=1, most=65_535))
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be seen from outside.")
    if command == "demo":
        parser.add_argument("--live", action="store_true", help="Also post new leads as one watches.")


def main(arguments: Sequence[str]) -> int:
    """`arguments` as after `manage.py`; the exit code."""
    command = arguments[0]
    parser = argparse.ArgumentParser(prog=f"manage.py {command}", description=COMMANDS[command])
    add_arguments(parser, command)
    asked = parser.parse_args(arguments[1:])
    try:
        run(command, host=asked.host, port=asked.port, live=getattr(asked, "live", False))
    except CannotStart as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is the terminal
        return 1
    return 0


def run(command: str, *, host: str, port: int, live: bool = False) -> None:
    """Until Ctrl-C or SIGTERM; raises CannotStart with a sentence for the person."""
    stack = Stack(host=host, port=port, log=Log())
    stack.supervisor.listen()
    try:
        stack.open_data()
        stack.migrate()
        if command == "demo" and not stack.stopping:
            tell(stack)
        if not stack.stopping and stack.open_web():
            stack.log.line("web", f"open at {stack.url}   (Ctrl-C stops everything)")
        if not stack.stopping:
            stack.start_work()
            if command == "demo":
                for who, mail, password in log_ins(stack):
                    stack.log.line("demo", f"{who:<16} {mail:<32} {password}")
            if live:
                stack.start("live", ["manage.py", "simulate", "--url", stack.url])
        stack.supervisor.watch()
    finally:
        stack.close()


def tell(stack: Stack) -> None:
    """Fill an empty database. A story that was interrupted is begun again, when the database is ours to empty."""
    if stack.own_database and places.state(stack.folder).get("demo_unfinished"):
        stack.log.line("demo", "the last start was interrupted; beginning again")
        stack.forget_database()
        stack.migrate()
    elif somebody_is_here(stack):
        return
    stack.log.line("demo", "telling 18 months of a company, about a minute")
    if stack.own_database:
        stack.note(demo_unfinished=True)
    stack.run("demo", ["seed_demo", "--no-log-ins"])
    if stack.own_database and not stack.stopping:
        stack.note(demo_unfinished=False, log_ins=None)


def somebody_is_here(stack: Stack) -> bool:
    with closing(stack.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM teams_user WHERE NOT is_service)")
        return bool(cursor.fetchone()[0])


def log_ins(stack: Stack) -> list[list[str]]:
    """[[who, mail, password]]; asked once, since asking means loading Django here."""
    kept = places.state(stack.folder).get("log_ins") if stack.own_database else None
    if kept:
        return list(kept)
    import django

    django.setup()
    from django.db import connection

    from revops.demo import log_ins as of_the_demo

    found = [list(who) for who in of_the_demo()]
    connection.close()
    if stack.own_database:
        stack.note(log_ins=found)
    return found
