"""A load generator: plain sockets with keep-alive, one thread a connection, nothing parsed that need not be."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(slots=True)
class Answered:
    """What came of paced requests. `waits`: seconds from when each was to be sent to its answer, in that order;
    `statuses`: the same, 0 where the connection broke."""

    waits: list[float]
    statuses: list[int]

    def share(self, part: float) -> float:
        """The wait that `part` of the requests stayed below."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def paced(port: int, sent: Sequence[bytes], *, a_second: float, patience: float = 30.0) -> Answered:
    """Send on time whether the server keeps up or not: a queue that grows shows in the waits."""
    return asyncio.run(_paced(port, sent, a_second, patience))


async def _paced(port: int, sent: Sequence[bytes], a_second: float, patience: float) -> Answered:
    loop = asyncio.get_running_loop()
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    found = Answered([0.0] * len(sent), [0] * len(sent))

    async def one(number: int, due: float) -> None:
        wire = None
        try:
            async with asyncio.timeout(patience):
                wire = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
                wire[1].write(sent[number])
                head = await wire[0].readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
                await wire[0].readexactly(length)
            found.statuses[number] = int(head.split(b" ", 2)[1])
            free.append(wire)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            if wire is not None:
                wire[1].close()
        found.waits[number] = loop.time() - due

    start = loop.time() + 0.1
    tasks = []
    for number in range(len(sent)):
        due = start + number / a_second
        if (ahead := due - loop.time()) > 0:
            await asyncio.sleep(ahead)
        tasks.append(loop.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    for _, writer in free:
        writer.close()
    return found
