"""One post: to nobody inside, nobody it is redirected to, and never for longer than its deadline."""

import socket
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from notify import addresses
from notify.outbox import Outcome, outcome_of
from notify.post import MOST, UNREACHABLE, Answer, post
from tests.notify.conftest import NOW

pytestmark = pytest.mark.sockets


def send(url, deadline=15.0):
    return post(url, b'{"text": "hello"}', {"webhook-id": "1"}, now=NOW, deadline=deadline)


def test_it_arrives_as_it_was_written(hooks):
    assert send(hooks.url) == Answer(200)
    assert hooks.got == [("1", {"text": "hello"})]


def test_a_redirect_is_an_answer_not_a_way(hooks):
    hooks.answers = [(302, {"Location": hooks.url + "/inside"}, b"")]
    assert send(hooks.url).status == 302
    assert len(hooks.got) == 1


@pytest.mark.parametrize("how", ["drip", "drip_head"])
def test_dripping_is_cut_at_the_deadline(hooks, how):
    hooks.answers = [how]
    began = time.monotonic()
    answer = send(hooks.url, deadline=0.6)
    assert time.monotonic() - began < 3
    assert not outcome_of(answer).sent
    assert answer.status == (500 if how == "drip" else 0)


def test_only_the_beginning_of_a_flood_is_read(hooks):
    hooks.answers = ["flood"]
    began = time.monotonic()
    answer = send(hooks.url)
    assert answer.status == 500 and len(answer.said) <= 200 and time.monotonic() - began < 5
    assert MOST == 64 * 1024


@pytest.mark.parametrize("how", ["hang up", "nobody"])
def test_what_goes_wrong_below_sounds_the_same(hooks, how, settings, free_port):
    hooks.answers = [how]
    url = hooks.url
    if how == "nobody":
        url = f"http://127.0.0.1:{free_port}/"
        settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{free_port}"]
    assert send(url) == Answer(0, UNREACHABLE)


def test_what_was_answered_is_kept_short_and_plain(hooks):
    hooks.answers = [(500, {}, b"\x1b[31mno\r\n\x00such   <b>thing</b>" + b"x" * 5000)]
    said = send(hooks.url).said
    assert said.startswith("[31mno such <b>thing</b>") and len(said) == 200


def test_a_name_that_moves_inside_after_it_was_saved_is_not_followed(hooks, settings, monkeypatch):
    settings.OUTGOING_ALLOWED_HOSTS = []
    turns = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
    real = socket.getaddrinfo

    def flip(host, port, *args, **kwargs):
        if host != "hooks.example":
            return real(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(turns), port))]

    monkeypatch.setattr(socket, "getaddrinfo", flip)
    # Outside when asked, inside when connected to: the filter that pins the connection refuses it.
    assert send("http://hooks.example/x") == Answer(0, UNREACHABLE)
    # Inside already when asked again at the next attempt.
    assert "inside this network" in send("http://hooks.example/x").said
    assert hooks.got == []


def test_what_the_library_lets_through_our_own_list_stops(settings, monkeypatch):
    settings.OUTGOING_ALLOWED_HOSTS = []
    monkeypatch.setattr(addresses, "resolved", lambda *_: [])
    monkeypatch.setattr("requests_hardened.ip_filter_adapter.filter_host", lambda *_, **__: "[fec0::1]")
    assert send("http://hooks.example/x") == Answer(0, UNREACHABLE)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7), ("0", 0), (" 30 ", 30), ("999999", 86_400), ("-5", None), ("soon", None), ("", None), ("1.5", None),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 120),
        (format_datetime(NOW - timedelta(minutes=2), usegmt=True), 0),
    ],
)  # fmt: skip
def test_retry_after_is_read(hooks, text, seconds):
    hooks.answers = [(429, {"Retry-After": text}, b"slow down")]
    assert send(hooks.url) == Answer(429, "slow down", seconds)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *[(status, (True, False, False)) for status in (200, 201, 202, 204)],
        *[(status, (False, True, True)) for status in (404, 410)],
        *[(status, (False, True, False)) for status in (400, 405, 413, 422)],
        *[(status, (False, False, False)) for status in (0, 301, 302, 307, 401, 403, 408, 429, 500, 502, 503, 504)],
    ],
)
def test_what_each_status_means(status, outcome):
    told = outcome_of(Answer(status, "said"))
    assert (told.sent, told.final, told.gone) == outcome
    assert told == Outcome(True) or "said" in told.error
