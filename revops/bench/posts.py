"""POST /leads/ at 8 connections on the production server (2 processes), against a bare endpoint of the same server in
the same run, in turns so that a busy machine slows both."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

from django.db import connection

from revops.bench import _company, figure
from revops.lib.children import end
from teams.keys import create_api_key

CONNECTIONS = 8
ROUNDS = 5
SECONDS = 4 * float(os.environ.get("BENCH_SCALE", "1"))
BASE = Path(__file__).resolve().parent.parent.parent


def figures() -> Iterator[dict[str, Any]]:
    _company.floor()
    _, key = create_api_key("bench")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_lead (id bigserial PRIMARY KEY, payload jsonb, at timestamptz DEFAULT now())")
    with closing(socket.socket()) as any_port:
        any_port.bind(("127.0.0.1", 0))
        port = any_port.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
         "--workers", "2", "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600", "--log-level", "error",
         "revops.bench._bare:application"],
        cwd=BASE, env={**os.environ, "REVOPS_ENV": "development"},
    )  # fmt: skip
    try:
        _wait(port)
        numbers = iter(range(10**9))
        lead = _Load(port, "/api/v1/leads/", key, lambda: _company.body(next(numbers), "post"))
        bare = _Load(port, "/bare/", key, lambda: _company.body(next(numbers), "bare"))
        lead.run(1), bare.run(1)
        _company.analyze()
        pairs = [(lead.run(SECONDS), bare.run(SECONDS)) for _ in range(ROUNDS)]
    finally:
        end(server, 15, within=15)
    ours, theirs = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    yield figure("single POST /leads/ at 8 connections", ours, "req/s", baseline=theirs, ratio=ratio, required=0.20)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class _Load:
    """Keep-alive connections that post one after another; bodies are made before the clock starts."""

    def __init__(self, port: int, path: str, key: str, body: Any) -> None:
        self.port, self.body = port, body
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Api-Key {key}\r\n"
            "Content-Type: application/json\r\n"
        )

    def run(self, seconds: float) -> float:
        """Requests a second; anything but 201 ends the measurement."""
        ready = [[self._request() for _ in range(int(600 * seconds))] for _ in range(CONNECTIONS)]
        counts, wrong = [0] * CONNECTIONS, []
        until = time.perf_counter() + seconds

        def post(slot: int) -> None:
            with closing(socket.create_connection(("127.0.0.1", self.port))) as wire:
                for request in ready[slot]:
                    if time.perf_counter() > until:
                        return
                    wire.sendall(request)
                    answer = _answer(wire)
                    if b" 201 " not in answer[:16]:
                        wrong.append(answer)
                        return
                    counts[slot] += 1

        threads = [Thread(target=post, args=[slot]) for slot in range(CONNECTIONS)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise AssertionError(wrong[0][:2_000])
        return sum(counts) / (time.perf_counter() - started)

    def _request(self) -> bytes:
        body = json.dumps(self.body()).encode()
        unique = os.urandom(8).hex()
        return f"{self.head}Idempotency-Key: {unique}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _answer(wire: socket.socket) -> bytes:
    """One whole response, by its Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = wire.recv(65_536)
        if not part:
            raise ConnectionError("The server closed the connection.")
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(rest) < length:
        rest += wire.recv(65_536)
    return data
