"""manage.py simulate --url http://127.0.0.1:8000 [--key KEY]"""

import signal
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from revops.demo.live import Live
from revops.lib import now as clock
from teams.keys import create_api_key, revoke_api_key


class Command(BaseCommand):
    help = "Post believable leads by REST every few seconds, with some reps answering, until stopped."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--url", required=True, help="where the web server answers")
        parser.add_argument("--key", default="", help="an API key; left out, one is made in this database")
        parser.add_argument("--every", type=float, default=8, help="seconds between leads, on average; at least 0.5")
        parser.add_argument("--limit", type=int, default=5_000, help="leads after which it ends by itself")
        parser.add_argument("--seed", type=int, default=None, help="the same number posts the same leads")

    def handle(self, *, url: str, key: str, every: float, limit: int, seed: int | None, **options: Any) -> None:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise CommandError("--url is an address such as http://127.0.0.1:8000.")
        stopped: list[int] = []
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda number, _: stopped.append(number))
        own = None
        if not key:
            own, key = create_api_key("Simulated web forms")
        seed = int(clock.now().timestamp()) if seed is None else seed
        live = Live(url, key, every=max(every, 0.5), seed=seed, say=lambda line: self.stdout.write(line))
        try:
            live.run(limit=limit, stopping=lambda: bool(stopped))
        finally:
            if own is not None:
                revoke_api_key(own)
        self.stdout.write(f"{live.made} leads posted")
