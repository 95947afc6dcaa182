"""A company to be hurt: its own PostgreSQL and broker, two workers (each with its pulse and sender), a web server.

Everything lives in one folder and is found by it, so that what is killed can be counted and nothing stays behind.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from revops.lib.children import die_with_parent
from revops.lib.embedded import Postgres, Valkey
from revops.lib.environment import DATABASE_NAME, DATABASE_USER
from tests.processes import alive, arguments_of, those_of, wait_for

BASE = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
WORKER = [PYTHON, "-m", "celery", "--quiet", "-A", "revops.celery", "worker", "--concurrency", "1",
          "--without-mingle", "--without-gossip", "--loglevel", "error"]  # fmt: skip
BEAT = [PYTHON, "-m", "celery", "--quiet", "-A", "revops.celery", "beat", "--scheduler", "celery.beat:Scheduler",
        "--loglevel", "error"]  # fmt: skip


class Company:
    """`workers`, `beats`: what should be running. `down`: [(from, to)] monotonic, while PostgreSQL was away."""

    def __init__(self, *, mail_port: int, hook_host: str, workers: int = 2) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="revops-faults-"))
        self.folder.chmod(0o755)
        self.postgres = Postgres(self.folder)
        # Whoever is killed leaves what it wrote with the operating system; only a power cut would need the disk.
        self.postgres.tuning |= {"fsync": "off", "max_connections": "200"}
        self.valkey = Valkey(self.folder)
        self.log = open(self.folder / "processes.log", "ab")  # noqa: SIM115  closed with the company
        self.workers: list[subprocess.Popen] = []
        self.beats: list[subprocess.Popen] = []
        self.web: subprocess.Popen | None = None
        self.wanted = workers
        self.port = _free_port()
        self.down: list[tuple[float, float]] = []
        self.mail_port, self.hook_host = mail_port, hook_host

    @property
    def database_url(self) -> str:
        return f"postgresql://{DATABASE_USER}@/{DATABASE_NAME}?host={quote(str(self.postgres.run), safe='')}"

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ, "REVOPS_ENV": "development", "SECRET_KEY": "faults", "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.url, "REVOPS_DATA": str(self.folder), "PYTHONUNBUFFERED": "1",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}", "OUTGOING_ALLOWED_HOSTS": self.hook_host,
            "DJANGO_SETTINGS_MODULE": "revops.settings",
        }  # fmt: skip

    # --- coming and going ------------------------------------------------------

    def open(self) -> None:
        self.postgres.start(self.log)
        self.postgres.make_database()
        self.valkey.start(self.log)
        done = subprocess.run(
            [PYTHON, "manage.py", "migrate", "--verbosity", "0", "--no-input"], cwd=BASE, env=self.env, check=False
        )
        if done.returncode:
            raise SystemExit("The migrations failed; the lines above say why.")

    def work(self) -> None:
        for _ in range(self.wanted):
            self.workers.append(self.run(WORKER))
        self.open_web()

    def open_web(self) -> None:
        self.web = self.run([
            PYTHON, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--blocking-threads", "2", "--no-ws", "--respawn-failed-workers",
            "--workers-kill-timeout", "2", "--log-level", "error", "revops.wsgi:application",
        ])  # fmt: skip

    def run(self, arguments: list[str], **more: str) -> subprocess.Popen:
        return subprocess.Popen(
            arguments, cwd=BASE, env={**self.env, **more}, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip

    def close(self) -> None:
        for process in [*self.workers, *self.beats, *([self.web] if self.web else [])]:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pid in those_of(str(self.folder)):
            if any(word in arguments_of(pid) for word in (b"pulse", b"deliver", b"celery", b"granian")):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.valkey.stop()
        self.postgres.stop()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- who is there -------------------------------------------------------------

    def pids(self, word: bytes) -> list[int]:
        """Living processes of ours whose arguments hold `word`: pulse, deliver, worker."""
        return [pid for pid in those_of(str(self.folder)) if word in arguments_of(pid)]

    def web_answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1) as answer:
            return answer.status == 200
        return False

    def beating(self) -> None:
        wait_for(lambda: len(self.pids(b"pulse")) >= self.wanted, within=90, what="the pulses")
        wait_for(self.web_answers, within=60, what="the web server")

    # --- what hurts ------------------------------------------------------------------

    def kill(self, pid: int, sign: int = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, sign)

    def replace_worker(self, index: int, **more: str) -> None:
        """kill -9 of a whole worker with all its children, and another in its place."""
        group = self.workers[index]
        with suppress(ProcessLookupError):
            os.killpg(group.pid, signal.SIGKILL)
        group.wait()
        self.workers[index] = self.run(WORKER, **more)

    def crash_postgres(self, away: float) -> None:
        """An immediate stop, as a power cut would be; back after `away` seconds."""
        process = self.postgres.process
        assert process is not None
        began = time.monotonic()
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        wait_for(lambda: not alive(process.pid), within=10)
        time.sleep(away)
        self.postgres.start(self.log)
        self.down.append((began, time.monotonic()))

    def crash_broker(self, *, forget: bool) -> None:
        process = self.valkey.process
        assert process is not None
        process.kill()
        process.wait()
        if forget:
            for file in (self.folder / "valkey").glob("appendonlydir/*"):
                file.unlink()
        self.valkey.start(self.log)

    @property
    def longest_down(self) -> float:
        return max((end - start for start, end in self.down), default=0.0)


def _free_port() -> int:
    with closing(socket.socket()) as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


def seed_or_new(seed: int | None) -> int:
    return seed if seed is not None else secrets.randbelow(10**6)
