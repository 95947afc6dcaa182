"""A mail server and a chat webhook that count what reaches them, by the id each message carries."""

import json
import threading
from collections import Counter
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


class Received:
    """`ids`: how often each message came. Safe to count from several threads."""

    def __init__(self) -> None:
        self.ids: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, message: str) -> int:
        with self._lock:
            self.ids[message] += 1
            return self.ids[message]

    @property
    def repeats(self) -> int:
        return sum(self.ids.values()) - len(self.ids)


class Mailbox:
    def __init__(self) -> None:
        self.received = Received()
        self.controller = Controller(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        identity = message_from_bytes(envelope.content)["Message-ID"]
        self.received.count(f"{identity} {envelope.rcpt_tos[0]}")
        return "250 kept"

    def open(self) -> int:
        # The controller asks its own port whether it is up; port 0 has to be read back first.
        import socket

        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self.controller.port = any_port.getsockname()[1]
        self.controller.start()
        return int(self.controller.port)

    def close(self) -> None:
        self.controller.stop()


class Hook:
    """Takes posts; every seventh first try of a message is refused with 503, which must be tried again."""

    def __init__(self) -> None:
        received = self.received = Received()
        refused: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                identity = self.headers.get("X-Message-Id") or self.headers.get("webhook-id") or _digest(body)
                if identity not in refused and hash(identity) % 7 == 0:
                    refused.add(identity)
                    self.send_response(503)
                else:
                    received.count(identity)
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def open(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _digest(body: bytes) -> str:
    return json.dumps(json.loads(body), sort_keys=True)
