"""`manage.py up` as a person runs it: everything comes up, and everything goes."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.processes import arguments_of, those_of, wait_for

BASE = Path(__file__).resolve().parents[2]


class Terminal:
    def __init__(self, room, port):
        self.room, self.port, self.log = room, port, room / "up.log"
        self.env = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}},
            "REVOPS_ENV": "development", "REVOPS_DATA": str(room), "PORT": str(port),
        }  # fmt: skip
        self.process = None

    def up(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=BASE, env=self.env, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        wait_for(self.answers, within=120, what=self.log.read_text)
        return self

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            with closing(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5)) as answer:
                return json.load(answer) == {"database": "ok"}
        except OSError:
            return False

    def another_shell(self, *arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=BASE, env=self.env, capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def pids(self, what):
        """Living processes of this set whose arguments contain `what`."""
        return [pid for pid in those_of(str(self.room)) if what in arguments_of(pid)]

    def everything_runs(self):
        return all(self.pids(what) for what in (b"valkey", b"granian", b"worker", b"beat", b"pulse"))


@pytest.fixture
def terminal(room, free_port):
    opened = Terminal(room, free_port)
    yield opened
    if opened.process is not None and opened.process.poll() is None:
        opened.process.terminate()
        opened.process.wait(30)


@pytest.mark.long
@pytest.mark.sockets
def test_it_comes_up_stays_up_and_goes_without_a_trace(terminal, room):
    """One story, since each start costs seconds: start, look, Ctrl-C, start, kill parts, kill the supervisor."""
    terminal.up()
    wait_for(terminal.everything_runs, within=120, what=terminal.log.read_text)
    check = ("pulse", "--check")
    wait_for(lambda: terminal.another_shell(*check).returncode == 0, within=120, what="a pulse seen from another shell")
    second = terminal.another_shell("up", "--port", "0")
    assert second.returncode == 1
    assert "already runs from this checkout" in second.stderr
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(30) == 0
    assert those_of(str(room)) == []

    terminal.up()
    found = terminal.another_shell(*check)
    # On a slow day the first start's pulse is an old one by now; an empty database would know none.
    assert found.returncode == 0 or " is silent for " in found.stderr, "the first start's database was not found again"
    web, [postmaster] = min(terminal.pids(b"granian")), terminal.pids(b"bin/postgres")
    os.kill(web, signal.SIGKILL)
    os.kill(postmaster, signal.SIGKILL)
    wait_for(
        lambda: web not in terminal.pids(b"granian")
        and terminal.pids(b"bin/postgres") not in ([], [postmaster])
        and terminal.answers(),
        within=120, what="web server and database to be started again",
    )  # fmt: skip

    terminal.process.kill()
    terminal.process.wait()
    if sys.platform == "linux":  # elsewhere nobody tells children of their parent's death
        wait_for(lambda: not those_of(str(room)), within=120, what="all to follow the killed supervisor")


@pytest.mark.sockets
def test_a_taken_port_is_refused_with_a_sentence(terminal):
    with closing(socket.socket()) as squatter:
        squatter.bind(("127.0.0.1", terminal.port))
        squatter.listen()
        refused = terminal.another_shell("up")
    assert refused.returncode == 1
    assert f"Port {terminal.port} on 127.0.0.1 is not free" in refused.stderr
    assert those_of(str(terminal.room)) == []


def test_a_command_without_its_database_says_what_to_start(terminal):
    lost = terminal.another_shell("migrate", "--check")
    assert lost.returncode == 1
    assert lost.stderr.strip().endswith("then repeat the command.")
    assert "Traceback" not in lost.stderr
