"""Single POST /leads/ at eight connections, two web processes, against a bare DRF endpoint on the same server."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from revops.bench import figure
from revops.bench._company import analyze, bodies, median, moment, scaled, set_up
from revops.bench._load import rate, requests
from revops.stack import WEB_THREADS, WEB_WORKERS
from teams.keys import create_api_key

CONNECTIONS = 8
ROUNDS = 4


def figures() -> Iterator[dict[str, Any]]:
    set_up(moment())
    _, key = create_api_key("bench")
    each = scaled(1_000)
    ours, bare = [], []
    with server() as port:
        made = 0
        for round_number in range(ROUNDS + 1):
            batch = bodies(each, start=made, now=moment())
            made += each
            bare.append(rate(port, requests("/bench/bare/", port, key, batch), connections=CONNECTIONS))
            ours.append(rate(port, requests("/api/v1/leads/", port, key, batch), connections=CONNECTIONS))
            if round_number == 0:
                # The first round warms both up; fresh tables have no statistics yet.
                ours.clear()
                bare.clear()
                analyze()
    yield figure("capture_single", median(ours), "requests/s", baseline=median(bare), required=0.20)


@contextmanager
def server() -> Iterator[int]:
    """The web server as `up` starts it, with the bench's endpoint; the port it listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
         "--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS), "--blocking-threads-idle-timeout", "600", "--no-ws",
         "--log-level", "warning", "revops.wsgi:application"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "revops.bench._settings"}, stdout=sys.stderr, stderr=sys.stderr,
    )  # fmt: skip
    try:
        _wait(process, f"http://127.0.0.1:{port}/bench/alive/")
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen, url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("The web server under measurement did not start; its lines above say why.")
