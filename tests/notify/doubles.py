"""Receivers that can be hurt: a web server and a mail server on this machine, each remembering what it got."""

import json
import socket
import threading
import time
from contextlib import suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


class Hooks:
    """A receiver of posts. `answers`: what to do with each in turn, the last for all that follow: a status, (status,
    headers), (status, headers, body), "drip", "drip_head", "flood" or "hang up"."""

    def __init__(self):
        self.got = []  # (event id, JSON)
        self.answers = [200]
        self.closing = threading.Event()
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hooks.got.append((self.headers["webhook-id"], json.loads(body)))
                self.close_connection = True
                with suppress(OSError):  # whoever asked has gone
                    hooks.answer(self)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/services/T0/B0/secretx7Qz"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def answer(self, request):
        how = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if how == "hang up":
            request.connection.shutdown(socket.SHUT_RDWR)
        elif how == "drip_head":
            for piece in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 10_000:
                if self.closing.wait(0.05):
                    return
                request.wfile.write(bytes([piece]))
        elif how == "drip":
            request.wfile.write(b"HTTP/1.1 500 Slow\r\nContent-Length: 10000\r\n\r\n")
            while not self.closing.wait(0.05):
                request.wfile.write(b"z")
        elif how == "flood":
            request.wfile.write(b"HTTP/1.1 500 Big\r\nContent-Length: 1000000000\r\n\r\n")
            while not self.closing.is_set():
                request.wfile.write(b"z" * 65_536)
        else:
            status, headers, body = (*how, {}, b"")[:3] if isinstance(how, tuple) else (how, {}, b"")
            body = body or b"ok"
            request.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(body)

    @property
    def once(self):
        """What a receiver that knows event ids makes of it."""
        return dict(self.got)

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


class Post:
    """A mail server. `cut`: the verbs at which it hangs up, each once, after having done what it says ("DATA": having
    kept the mail). `refuse`: {verb: answer}."""

    def __init__(self):
        self.mails = []
        self.cut = []
        self.refuse = {}
        self.controller = Controller(self, hostname="127.0.0.1", port=_free_port())
        self.controller.start()
        self.url = f"smtp://127.0.0.1:{self.controller.port}"

    def _then(self, verb, server, usual):
        if verb in self.cut:
            self.cut.remove(verb)
            server.transport.abort()
        return self.refuse.get(verb, usual)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self._then("EHLO", server, "")
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self._then("MAIL", server, "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self._then("RCPT", server, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        answer = self._then("DATA", server, "250 kept")
        if answer.startswith("2"):
            self.mails.append(message_from_bytes(envelope.content))
        return answer

    async def handle_QUIT(self, server, session, envelope):
        return self._then("QUIT", server, "221 Bye")

    @property
    def once(self):
        """What a mailbox that knows Message-IDs shows."""
        return {mail["Message-ID"]: mail for mail in self.mails}

    def close(self):
        self.controller.stop()


def until(question, within=10.0):
    deadline = time.monotonic() + within
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def _free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]
