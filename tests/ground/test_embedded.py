"""The local database and broker as real processes."""

import os
import socket
import subprocess
from contextlib import closing

import pytest
import redis

from revops.lib import places
from revops.lib.embedded import CannotStart, Postgres, Valkey
from tests.processes import alive, those_of

QUIET = subprocess.DEVNULL


@pytest.fixture
def server(room):
    postgres = Postgres(room)
    postgres.start(QUIET)
    yield postgres
    postgres.stop()


def ask(server, question, name="postgres"):
    with closing(server.connect(name)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0] if cursor.description else None


def test_it_starts_without_a_port_and_sorts_the_same_everywhere(server, room):
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW fsync") == ask(server, "SHOW synchronous_commit") == "on"
    locale = ask(server, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'")
    assert locale == "bC.UTF-8"
    assert ask(server, "SELECT extract(timezone FROM now())::int") == 0
    assert (room / "run").stat().st_mode & 0o077 == 0, "whoever enters the folder is the database's administrator"


def test_data_is_there_after_a_stop_and_after_a_kill(server):
    server.make_database("kept")
    server.make_database("kept")
    ask(server, "CREATE TABLE facts AS SELECT 42 AS n", "kept")
    server.stop()
    server.start(QUIET)
    assert ask(server, "SELECT n FROM facts", "kept") == 42
    server.process.kill()
    server.process.wait()
    server.start(QUIET)
    assert ask(server, "SELECT n FROM facts", "kept") == 42


def test_an_interrupted_initdb_does_not_pass_for_a_database(room):
    postgres = Postgres(room)
    (room / "data").mkdir()
    (room / "data" / "postgresql.conf").touch()
    postgres.start(QUIET)
    assert postgres.answers()
    postgres.stop()
    assert those_of(str(room)) == []


def test_a_strict_umask_does_not_lock_the_servers_out(room):
    before = os.umask(0o077)
    try:
        strict = Postgres(room / "own" / "main")
        strict.start(QUIET)
        assert strict.answers()
        strict.stop()
        valkey = Valkey(room / "own" / "main")
        valkey.start(QUIET)
        valkey.stop()
    finally:
        os.umask(before)
    assert (room / "own" / "main" / "data").stat().st_mode & 0o077 == 0


def test_data_of_another_version_is_left_alone(server, room):
    server.stop()
    (room / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match="written by PostgreSQL 17 and this is 18"):
        server.start(QUIET)


@pytest.mark.sockets
def test_the_broker_keeps_its_address_and_asks_for_its_password(room):
    first = Valkey(room)
    first.start(QUIET)
    url = first.url
    with redis.Redis.from_url(url) as client:
        assert client.ping()
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        client.set("kept", "yes")
    port = places.state(room)["redis_port"]
    with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    first.stop()
    second = Valkey(room)
    second.start(QUIET)
    assert second.url == url
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"
    second.stop()
    assert (room / "services.json").stat().st_mode & 0o077 == 0


def test_a_port_taken_meanwhile_is_exchanged(room):
    valkey = Valkey(room)
    valkey.start(QUIET)
    valkey.stop()
    taken = places.state(room)["redis_port"]
    with closing(socket.socket()) as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()
        valkey.start(QUIET)
        assert places.state(room)["redis_port"] != taken
    valkey.stop()


def test_servers_do_not_run_as_root(server):
    if os.geteuid() == 0:
        assert os.stat(f"/proc/{server.process.pid}").st_uid != 0


def test_stop_leaves_nothing(server, room):
    pid = server.process.pid
    assert alive(pid)
    server.stop()
    assert not alive(pid)
    assert those_of(str(room)) == []
    server.stop()  # twice is once
