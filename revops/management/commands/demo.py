"""`manage.py demo`: `up` with a believable company in it."""

from revops import terminal
from revops.management.commands import up


class Command(up.Command):
    name = "demo"
    help = terminal.COMMANDS[name]
