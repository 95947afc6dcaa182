"""What every test may ask for. The server and the databases: `cluster.py`; the browser: `browser.py`."""

import os
import socket
import uuid
from contextlib import closing

import hypothesis
import pytest
from django.db import connections
from django.test import TransactionTestCase

from deals import stage_times
from revops.lib.now import frozen as frozen_clock
from tests import cluster

pytest_plugins = ["tests.browser", "tests.processes", "tests.cast"]

# No deadline for an example: the machine may be busy. The same examples every time, so that red stays red.
hypothesis.settings.register_profile("here", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("here")

# Asking for one of these is asking for sockets on this machine.
LOCAL_SERVERS = {"live_server", "browser", "page", "page_as", "processes", "broker"}


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """A copy of the template for this process; after a test that really commits, a fresh one."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"run_{os.getpid()}_{worker}_{uuid.uuid4().hex[:6]}"
    with cluster.joined():
        source = cluster.template()
        cluster.copy(source, name)
        connections.settings["default"]["NAME"] = name
        once_more = TransactionTestCase._fixture_teardown
        TransactionTestCase._fixture_teardown = lambda case: start_over(source, name)
        try:
            yield
        finally:
            TransactionTestCase._fixture_teardown = once_more
            with django_db_blocker.unblock():
                connections.close_all()
            cluster.drop(name)


def start_over(source: str, name: str) -> None:
    """Django would empty all tables, and with them what migrations put there; a copy of the template has it."""
    connections.close_all()
    cluster.copy(source, name)


@pytest.fixture
def frozen():
    """`with frozen(at) as clock: … clock.advance(minutes=5)`: what the edge takes for now."""
    return frozen_clock


@pytest.fixture(autouse=True)
def fresh_medians():
    """What was usual in the test before is nothing to this one."""
    stage_times.forget()


@pytest.fixture(autouse=True)
def no_network(request, monkeypatch):
    """Tests talk to nobody outside; to this machine only when they ask for a server on it (or are marked `sockets`)."""
    local = LOCAL_SERVERS & set(request.fixturenames) or request.node.get_closest_marker("sockets")
    really = socket.socket.connect

    def connect(self, address):
        inside = self.family == socket.AF_UNIX or (local and address[0] in {"127.0.0.1", "::1", "localhost"})
        if not inside:
            raise AssertionError(f"This test tried to reach {address}: tests stay on this machine.")
        return really(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def free_port() -> int:
    with closing(socket.socket()) as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]
