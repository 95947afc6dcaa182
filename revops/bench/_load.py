"""A load generator: plain sockets with keep-alive, one thread a connection, nothing parsed that need not be."""

import json
import socket
import threading
import time
from collections.abc import Sequence

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Api-Key {key}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)


class Refused(RuntimeError):
    """The server answered something else than expected; the message has its words."""


def requests(path: str, port: int, key: str, bodies: Sequence[dict]) -> list[bytes]:
    made = []
    for body in bodies:
        text = json.dumps(body).encode()
        made.append(HEAD.format(path=path, port=port, key=key, length=len(text)).encode() + text)
    return made


def rate(port: int, sent: Sequence[bytes], *, connections: int) -> float:
    """Answered requests a second, all of `sent`, spread over the connections."""
    failures: list[str] = []
    ready = threading.Barrier(connections + 1)

    def run(own: Sequence[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.wait()
            for request in own:
                wire.sendall(request)
                status, body = answer(wire)
                if status not in (200, 201):
                    failures.append(f"{status}: {body[:300]!r}")
                    return

    threads = [threading.Thread(target=run, args=(sent[n::connections],)) for n in range(connections)]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        raise Refused(failures[0])
    return len(sent) / elapsed


def answer(wire: socket.socket) -> tuple[int, bytes]:
    """(status, body) of one response that says its length."""
    got = wire.recv(65_536)
    while b"\r\n\r\n" not in got:
        more = wire.recv(65_536)
        if not more:
            raise Refused(f"The connection ended in the middle of an answer: {got[:200]!r}")
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    lower = head.lower()
    length = int(lower.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += wire.recv(65_536)
    return int(head.split(b" ", 2)[1]), body
