"""Real processes beside a test: a worker, a pulse, a broker, on the test's own database."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from revops.lib.children import end
from revops.lib.embedded import Valkey

BASE = Path(__file__).resolve().parent.parent
NO_BROKER = "redis://127.0.0.1:1/0"  # nobody listens there


def wait_for(question, *, within=60.0, what=""):
    """Ask until the answer is true and hand it back; a test that sleeps is slow or wrong, mostly both."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"Not within {within:g} s: {what() if callable(what) else what or question}")


def alive(pid: int) -> bool:
    """Running, and not a zombie that only waits to be noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def those_of(mark: str) -> list[int]:
    """Living processes that name `mark` (a folder) in their arguments, environment or working folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            here = os.readlink(entry / "cwd")
        except OSError:
            continue
        if (mark.encode() in said or here.startswith(mark)) and alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def arguments_of(pid: int) -> bytes:
    """Empty when it has gone meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def database_url() -> str:
    """The address of this test's database, for a process that must use the same."""
    own = connection.settings_dict
    asked = {"user": own["USER"], "password": own["PASSWORD"], "port": own["PORT"]}
    more = urlencode({key: value for key, value in asked.items() if value})
    return f"postgresql:///{own['NAME']}?host={quote(own['HOST'], safe='')}&{more}"


@pytest.fixture
def room():
    """A new folder that user nobody can reach too, unlike pytest's own; removed with all that still runs in it."""
    folder = Path(tempfile.mkdtemp(prefix="revops-"))
    folder.chmod(0o755)
    yield folder
    for pid in those_of(str(folder)):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker(room):
    """A Valkey of this test's own; `.url`, `.process`, `.stop()`, `.start()`."""
    server = Valkey(room)
    server.start(subprocess.DEVNULL)
    yield server
    server.stop()


@pytest.fixture
def processes(transactional_db, room):
    """`processes.start("worker")`, `.start("pulse")`, `.manage("command", …)` on this test's database.

    Each answer is a Popen whose output is in `.log` (a path). All are ended after the test.
    """
    started = Processes(room)
    yield started
    started.end()


class Processes:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.redis_url = NO_BROKER
        self.running: list[subprocess.Popen] = []

    def start(self, name: str, **more: str) -> subprocess.Popen:
        """`worker`, `beat`, `pulse` or `sender`, as production runs them; `more` are environment variables."""
        arguments = {
            "worker": ["-m", "celery", "--quiet", "-A", "revops.celery", "worker", "--concurrency", "2",
                       "--without-mingle", "--without-gossip", "--loglevel", "warning"],
            "beat": ["-m", "celery", "--quiet", "-A", "revops.celery", "beat",
                     "--scheduler", "celery.beat:Scheduler", "--loglevel", "warning"],
            "pulse": ["manage.py", "pulse"],
            "sender": ["manage.py", "deliver"],
        }  # fmt: skip
        return self.python(*arguments[name], **more)

    def manage(self, *arguments: str, **more: str) -> subprocess.Popen:
        return self.python("manage.py", *arguments, **more)

    def python(self, *arguments: str, **more: str) -> subprocess.Popen:
        log = self.folder / f"process-{len(self.running)}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=BASE, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0,
                env={**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": self.redis_url,
                     "REVOPS_DATA": str(self.folder), "PYTHONUNBUFFERED": "1", **more},
            )  # fmt: skip
        process.log = log
        self.running.append(process)
        return process

    def end(self) -> None:
        for process in self.running:
            end(process, signal.SIGTERM, within=15)
        for pid in those_of(str(self.folder)):
            if any(word in arguments_of(pid) for word in (b"pulse", b"deliver")):
                wait_for(lambda pid=pid: not alive(pid), what="the pulse and the sender to leave")
