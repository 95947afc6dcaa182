"""The runner: a durable server and an empty, migrated database of its own, then topic after topic."""

import argparse
import importlib
import json
import os
import pkgutil
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from revops import bench
from revops.lib import places
from revops.lib.children import Lock
from revops.lib.embedded import Postgres

BASE = Path(__file__).resolve().parent.parent.parent
DATABASE = "bench"


def topics() -> list[str]:
    """Modules with figures; a name with an underscore in front helps them and is none."""
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))


def fresh_database(server: Postgres) -> None:
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
    server.make_database(DATABASE)
    from django.core.management import call_command
    from django.db import connections

    connections.close_all()
    call_command("migrate", verbosity=0, interactive=False)


def run(topic: str) -> bool:
    started = time.monotonic()
    good = True
    for figure in importlib.import_module(f"revops.bench.{topic}").figures():
        print(json.dumps(figure), flush=True)
        good = good and figure["ok"]
    print(f"{topic}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure; one JSON line a figure.")
    parser.add_argument("topic", nargs="*")
    parser.add_argument("--list", action="store_true", help="Name the topics and leave.")
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(topics()))
        return 0
    unknown = set(asked.topic) - set(topics())
    if unknown:
        parser.error(f"no such topic: {', '.join(sorted(unknown))}. Topics: {', '.join(topics())}.")

    folder = places.cluster(BASE, "bench")
    lock = Lock(folder / "bench.lock")
    if not lock.take():
        parser.error("another bench runs in this checkout; two would measure each other.")
    server = Postgres(folder)
    with open(folder / "database.log", "ab") as log:
        server.start(log)
        try:
            os.environ["DATABASE_URL"] = f"postgresql:///{DATABASE}?user=revops&host={quote(str(server.run), safe='')}"
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")
            import django

            django.setup()
            good = True
            for topic in asked.topic or topics():
                fresh_database(server)
                good = run(topic) and good
            return 0 if good else 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
