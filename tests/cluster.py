"""The tests' databases: one server for all runs of a checkout, one template per state of the migrations.

Copying the template takes some 60 ms; migrating takes seconds. Every process of every run has its own copy, so runs
beside each other do not meet.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings

from revops.lib import places
from revops.lib.children import Lock
from revops.lib.embedded import Postgres

BASE = Path(__file__).resolve().parent.parent
FOLDER = places.cluster(BASE, "test")


@contextmanager
def joined() -> Iterator[None]:
    """Have the server up while inside. With DATABASE_URL set, that server is used and is somebody else's care."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    users = Lock(FOLDER / "users.lock")
    try:
        while not _joined(users):
            users.release()
        yield
    finally:
        users.close()


def _joined(users: Lock) -> bool:
    users.take(shared=True, wait=True)
    with closing(Lock(FOLDER / "start.lock")) as one_at_a_time:
        one_at_a_time.take(wait=True)
        server = Postgres(FOLDER)
        if (FOLDER / "ready").exists() and server.answers():
            return True
        (FOLDER / "ready").unlink(missing_ok=True)
        with open(FOLDER / "keeper.log", "a") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.keeper", str(FOLDER)],
                cwd=BASE, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and keeper.poll() is None:
            if (FOLDER / "ready").exists():
                keeper.returncode = 0  # it outlives us on purpose; nobody is to warn about that
                return True
            time.sleep(0.02)
    raise RuntimeError(f"The tests' database did not start:\n{(FOLDER / 'keeper.log').read_text()[-2000:]}")


def connect(name: str = "postgres") -> Any:
    own = settings.DATABASES["default"]
    connection = psycopg2.connect(
        dbname=name, user=own["USER"], password=own["PASSWORD"], host=own["HOST"], port=own["PORT"] or None
    )
    connection.autocommit = True
    return connection


def template() -> str:
    """The name of a database with all migrations applied, made when the migrations are new."""
    name = f"template_{_migrations()}"
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('template'))")
        if not _exists(cursor, name):
            draft = f"draft_{os.getpid()}"
            cursor.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{draft}"')
            _migrate(draft)
            cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


def copy(source: str, name: str) -> None:
    """(Re)make database `name` as a copy; whoever is still connected to the old one is thrown out."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy')


def drop(name: str) -> None:
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _migrate(name: str) -> None:
    """In a process of its own: this one must never be connected to the template."""
    program = (
        "import django; from django.db import connections as c; from django.core.management import call_command as call"
        f"; c.settings['default']['NAME'] = {name!r}; django.setup(); call('migrate', verbosity=0, interactive=False)"
    )
    made = subprocess.run([sys.executable, "-c", program], cwd=BASE, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"The migrations do not run on an empty database:\n{made.stderr[-4000:]}")


def _migrations() -> str:
    """What the template's content depends on: migrations, SQL files, the list of apps, the locked versions."""
    seen = hashlib.sha256()
    files = [BASE / "revops" / "settings.py", *BASE.glob("requirements*.lock")]
    files += [file for room in BASE.iterdir() for file in room.glob("migrations/*.py")]
    files += [file for room in BASE.iterdir() if (room / "__init__.py").exists() for file in room.rglob("*.sql")]
    for file in sorted(files):
        seen.update(str(file.relative_to(BASE)).encode() + b"\0" + file.read_bytes())
    return seen.hexdigest()[:16]


def _exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None
