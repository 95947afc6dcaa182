"""One post to an address of somebody else's: to a checked address, within fifteen seconds, following nobody.

The name is resolved once by the library's filter, what it connects to is checked again by our own list, and the
connection is pinned to that. The whole exchange is cut at its deadline, however slowly the other side drips.
"""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from notify import addresses
from revops.lib.errors import Invalid

DEADLINE = 15.0  # seconds, all in all
WAITS = (5.0, 10.0)  # to connect; for the next bytes
MOST = 64 * 1024  # bytes of the answer that are read
KEPT = 200  # characters of it that are kept
LONGEST_WAIT = 86_400.0  # seconds a receiver may ask us to wait
PIECE = 4096
UNREACHABLE = "The address didn't answer."


@dataclass(frozen=True)
class Answer:
    """`status` 0: there was none, and `said` says what happened. `wait`: seconds the receiver asked for."""

    status: int
    said: str = ""
    wait: float | None = None


def post(url: str, body: bytes, headers: dict[str, str], *, now: datetime, deadline: float = DEADLINE) -> Answer:
    """POST `body` as JSON. Never raises for what the other side does."""
    try:
        addresses.check(url)
    except Invalid as refusal:
        return Answer(0, refusal.detail)
    with Cut(deadline) as cut, _session(url) as session:
        try:
            with session.post(
                url, data=body, headers={"Content-Type": "application/json", **headers}, stream=True, timeout=WAITS
            ) as answer:
                return Answer(answer.status_code, _said(answer), _wait(answer.headers.get("Retry-After", ""), now))
        except (requests.RequestException, OSError, ValueError):
            # Refused, unknown, broken or shut: one sentence for all, so that nobody can feel their way around by it.
            return Answer(0, f"Not finished after {deadline:g} s." if cut.done else UNREACHABLE)


class Cut:
    """Shuts what was opened in its thread once the time is over; a reader blocked in it wakes up with nothing."""

    here = threading.local()

    def __init__(self, seconds: float) -> None:
        self.timer = threading.Timer(seconds, self.now)
        self.timer.daemon = True
        self.lock = threading.Lock()
        self.sockets: list[socket.socket] = []
        self.done = False

    def __enter__(self) -> "Cut":
        Cut.here.cut = self
        self.timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()
        Cut.here.cut = None
        with self.lock:
            for sock in self.sockets:
                sock.close()
            self.sockets.clear()

    def now(self) -> None:
        with self.lock:
            self.done = True
            for sock in self.sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    @classmethod
    def watch(cls, sock: socket.socket) -> None:
        """A second handle on the same connection: the first may be wrapped or closed by then."""
        cut = getattr(cls.here, "cut", None)
        if cut is None:
            return
        with cut.lock:
            cut.sockets.append(sock.dup())
            if cut.done:
                raise TimeoutError


class _Plain(HTTPConnection):
    def _new_conn(self) -> Any:
        sock = super()._new_conn()
        Cut.watch(sock)
        return sock


class _Secure(HTTPSConnection):
    def _new_conn(self) -> Any:
        sock = super()._new_conn()
        Cut.watch(sock)
        return sock


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Watched(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


class _Outside(IPFilterAdapter, _Watched):
    """The library resolves and pins; what it pinned must be outside by our list too."""

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if not addresses.is_outside(ip_address(host["host"].strip("[]").partition("%")[0])):
            raise requests.ConnectionError("inside")
        return host, pool


def _session(url: str) -> HTTPSession:
    host, port = addresses.parts(url)
    session = HTTPSession(
        Config(ip_filter_enable=False, ip_filter_allow_loopback_ips=False, never_redirect=True, default_timeout=WAITS)
    )
    session.trust_env = False  # no proxy and no password file of this machine's
    for scheme in addresses.PORTS:
        adapter = _Watched() if addresses.is_allowed(host, port) else _Outside(is_https_proto=scheme == "https")
        session.mount(f"{scheme}://", adapter)
    return session


def _said(answer: requests.Response) -> str:
    """The first of what was answered, on one line, plain characters only; the rest is read no further than MOST."""
    if answer.status_code < 300:
        return ""
    text, read = b"", 0
    with suppress(requests.RequestException, OSError, ValueError):  # the status is known; the rest is only words
        for piece in answer.iter_content(PIECE):
            read += len(piece)
            text += piece[: max(0, 1024 - len(text))]
            if read >= MOST:
                break
    said = "".join(c if c.isprintable() else " " for c in text.decode("utf-8", "replace"))
    return " ".join(said.split())[:KEPT]


def _wait(text: str, now: datetime) -> float | None:
    """Retry-After: seconds or a date."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT)
