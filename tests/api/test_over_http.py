"""The same door behind the production web server: sizes and lengths as they really arrive."""

import http.client
import json

import pytest

from leads.models import Lead
from tests.api.conftest import Api
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def served(processes, free_port):
    """A function: a fresh connection to granian on this test's database."""
    processes.python(
        "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(free_port), "--workers", "1",
        "--blocking-threads", "2", "--no-ws", "--log-level", "warning", "revops.wsgi:application",
    )  # fmt: skip

    opened = []

    def connect():
        opened.append(http.client.HTTPConnection("127.0.0.1", free_port, timeout=20))
        opened[-1].connect()
        return opened[-1]

    def up():
        try:
            connect()
        except OSError:
            return False
        return True

    wait_for(up, what="granian to listen")
    yield connect
    for connection in opened:
        connection.close()


def post(connection, key, body, path="/api/v1/leads/", **more):
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    connection.request("POST", path, body, headers, **more)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def pieces(size: int):
    yield b'{"message": "'
    for _ in range(size // 65_536):
        yield b"x" * 65_536
    yield b'", "email": "grace@harborpine.example"}'


def test_bodies_of_every_length(served):
    key = Api().key
    connection = served()
    status, lead = post(connection, key, json.dumps({"email": "grace@harborpine.example"}))
    assert (status, lead["created"]) == (201, True)

    # Nobody says how long it is: read to its end, or to the limit.
    small = iter([b'{"email": ', b'"ada@lumen.example"}'])
    assert post(connection, key, small, encode_chunked=True)[0] == 201
    assert post(served(), key, pieces(1_000_000), encode_chunked=True)[0] == 413

    # Ten megabytes, announced; and the server goes on serving.
    assert post(served(), key, b"x" * 10_000_000)[0] == 413
    assert post(served(), key, b"[" * 100_000)[0] == 400
    assert post(served(), key, json.dumps({"email": "ida@lumen.example"}))[0] == 201
    assert Lead.objects.count() == 3
