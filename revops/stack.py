"""Everything RevOps runs on one machine: which processes, started how, in which order.

No Django in here: the children need it, their parent does not, and loading it would double the time to the first page.
"""

import hashlib
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from revops.lib import environment, places
from revops.lib.children import Lock
from revops.lib.embedded import CannotStart, Postgres, Valkey
from revops.lib.environment import DATABASE_NAME, integer
from revops.lib.supervisor import Child, Log, Supervisor, program

BASE_DIR = Path(__file__).resolve().parent.parent
WEB_WORKERS = integer("WEB_WORKERS", default=2, least=1, most=64)
# More than two cores can work on at once: forms that wait in threads share a transaction, and say no when too many do.
WEB_THREADS = integer("WEB_THREADS", default=16, least=1, most=64)
WORKER_PROCESSES = integer("WORKER_PROCESSES", default=2, least=1, most=64)


class Stack:
    """Local services where no URL is set, then migrations, then web, worker and beat."""

    def __init__(self, *, host: str, port: int, log: Log) -> None:
        self.host, self.port, self.log = host, port, log
        self.supervisor = Supervisor(log)
        self.folder = places.cluster(BASE_DIR)
        self.own_database = not environment.read("DATABASE_URL")
        self.lock: Lock | None = None
        self.env = {**os.environ, "DJANGO_SETTINGS_MODULE": "revops.settings", "PYTHONUNBUFFERED": "1"}
        self.env.setdefault("PUBLIC_URL", self.url.rstrip("/"))

    @property
    def url(self) -> str:
        shown = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        return f"http://{shown}:{self.port}/"

    @property
    def stopping(self) -> bool:
        return self.supervisor.stopping.is_set()

    def open_data(self) -> None:
        """The database and the broker, where they are ours to run."""
        self._refuse_taken_port()
        own_broker = not environment.read("REDIS_URL")
        if self.own_database or own_broker:
            self.lock = Lock(self.folder / "up.lock")
            if not self.lock.take():
                raise CannotStart(
                    "RevOps already runs from this checkout. Use that one, or stop it with Ctrl-C first. "
                    "To run a second one beside it, set REVOPS_DATA to a folder of its own."
                )
        if self.own_database:
            postgres = Postgres(self.folder)
            self.supervisor.add(Child("database", postgres.start, signal.SIGINT, patience=20))
            postgres.make_database()
        if own_broker:
            valkey = Valkey(self.folder)
            self.supervisor.add(Child("broker", valkey.start))
            self.env["REDIS_URL"] = valkey.url

    def connect(self) -> Any:
        """A plain connection to the database the children use; the caller closes it."""
        own = environment.database(BASE_DIR)
        connection = psycopg2.connect(
            dbname=own["NAME"], user=own["USER"], password=own["PASSWORD"], host=own["HOST"], port=own["PORT"] or None
        )
        connection.autocommit = True
        return connection

    def migrate(self) -> None:
        """Only when something is new: asking takes a moment, a process that finds nothing to do takes seconds."""
        if self.stopping or (self.own_database and places.state(self.folder).get("migrated") == self._migrated()):
            return
        self.log.line("database", "applying migrations")
        self.run("database", ["migrate", "--verbosity", "0", "--no-input", "--skip-checks"])
        if self.own_database and not self.stopping:
            self.note(migrated=self._migrated())

    def note(self, **found: Any) -> None:
        """Write something down beside the services' addresses, for the next start."""
        places.write_state(self.folder, places.state(self.folder) | found)

    def _migrated(self) -> str:
        """What is there to apply, and what the database says was applied: the same as last time?"""
        seen = hashlib.sha256((BASE_DIR / "requirements.lock").read_bytes())
        for file in sorted(BASE_DIR.glob("*/migrations/*.py")):
            seen.update(str(file.relative_to(BASE_DIR)).encode() + b"\0" + file.read_bytes())
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
            if cursor.fetchone()[0]:
                cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
                seen.update(json.dumps(cursor.fetchall()).encode())
        return seen.hexdigest()

    def open_web(self) -> bool:
        """The web server, the one production uses; whether it answers."""
        self.start("web", [
            "-m", "granian", "--interface", "wsgi", "--host", self.host, "--port", str(self.port),
            "--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS),
            "--blocking-threads-idle-timeout", "600", "--no-ws", "--respawn-failed-workers",
            "--workers-kill-timeout", "5", "--log-level", "warning", "revops.wsgi:application",
        ])  # fmt: skip
        return self.wait_until_open()

    def start_work(self) -> None:
        """Worker and beat, after the web server: all at once would only make the first page wait."""
        self.start("worker", [
            "-W", "ignore:You're running the worker with superuser", "-m", "celery", "--quiet",
            "-A", "revops.celery", "worker", "--concurrency", str(WORKER_PROCESSES),
            "--without-mingle", "--without-gossip", "--loglevel", "warning",
        ])  # fmt: skip
        # No schedule file: what may be sent twice needs no memory of having been sent.
        self.start("beat", [
            "-m", "celery", "--quiet", "-A", "revops.celery", "beat",
            "--scheduler", "celery.beat:Scheduler", "--loglevel", "warning",
        ])  # fmt: skip

    def start(self, name: str, arguments: Sequence[str], *, once: bool = False) -> Child:
        """Add one of our own programs, given as arguments of Python, to what is watched."""
        child = Child(name, program([sys.executable, *arguments], env=self.env, cwd=BASE_DIR), once=once)
        self.supervisor.add(child)
        return child

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a management command to its end. Ctrl-C ends it; failing ends the start."""
        child = self.start(name, [str(BASE_DIR / "manage.py"), *command], once=True)
        assert child.process is not None
        while (code := child.process.poll()) is None and not self.supervisor.stopping.wait(0.05):
            pass
        if code:
            raise CannotStart(f"manage.py {command[0]} failed ({code}); the lines above say why.")

    def wait_until_open(self) -> bool:
        """Whether the web server answers; False when we were asked to stop first."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.supervisor.stopping.wait(0.05):
                return False
            try:
                with urllib.request.urlopen(f"{self.url}healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return True
            except (OSError, urllib.error.URLError):
                continue
        self.log.line("web", "does not answer yet; see the lines above")
        return not self.stopping

    def close(self) -> None:
        self.supervisor.stop()
        if self.lock is not None:
            self.lock.close()

    def forget_database(self) -> None:
        """Drop and remake our own database. For a demo that was interrupted while it was being told."""
        postgres = Postgres(self.folder)
        with closing(postgres.connect()) as admin, admin.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{DATABASE_NAME}" WITH (FORCE)')
        postgres.make_database()

    def _refuse_taken_port(self) -> None:
        with closing(socket.socket()) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((self.host, self.port))
            except OSError as error:
                raise CannotStart(
                    f"Port {self.port} on {self.host} is not free ({error.strerror}). "
                    f"Choose another: PORT={self.port + 1} bin/demo, or manage.py up --port {self.port + 1}."
                ) from error
