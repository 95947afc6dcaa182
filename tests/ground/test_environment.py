"""Settings come from the environment and refuse nonsense with a sentence that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from revops.lib import environment, places

BASE = Path(__file__).resolve().parents[2]
GOOD = {
    "REVOPS_ENV": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "crm.example.com",
    "DATABASE_URL": "postgresql://revops:secret@db:5432/revops",
    "REDIS_URL": "redis://:secret@redis:6379/0",
}


def settings_with(**changed):
    env = {"PATH": os.environ["PATH"], **{name: value for name, value in (GOOD | changed).items() if value is not None}}
    return subprocess.run(
        [sys.executable, "-c", "import revops.settings as s; print(s.ENV, s.DEBUG, s.SESSION_COOKIE_SECURE)"],
        cwd=BASE, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_production_starts_with_everything_named():
    done = settings_with()
    assert (done.returncode, done.stdout.split()) == (0, ["production", "False", "True"]), done.stderr


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is empty"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"EMAIL_URL": "http://mail.example.com"}, "EMAIL_URL names no mail server"),
        ({"EMAIL_URL": "smtp://mail.example.com:port"}, "EMAIL_URL cannot be read"),
        ({"EMAIL_URL": "smtp://mail.example.com?tls=maybe"}, "EMAIL_URL names no mail server"),
        ({"PUBLIC_URL": "crm.example.com"}, "PUBLIC_URL is 'crm.example.com'"),
        ({"DEBUG": "maybe"}, "Set it to true or false"),
        ({"ALLOWED_HOSTS": " "}, "ALLOWED_HOSTS is empty"),
        ({"DATABASE_URL": None}, "DATABASE_URL is empty"),
        ({"DATABASE_URL": "sqlite:///db.sqlite3"}, "Only postgresql:// is served"),
        ({"REDIS_URL": None}, "REDIS_URL is empty"),
        ({"REVOPS_ENV": "prod"}, "Set it to one of: development, test, production"),
        ({"PULSE_INTERVAL_MS": "0"}, "whole number from 20 to 10000"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(changed, sentence):
    done = settings_with(**changed)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_address_is_read_with_its_odd_characters(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://sales%40x:p%2Fw%3A@db.example.com:6543/rev-ops?sslmode=require")
    read = environment.database(BASE)
    assert (read["USER"], read["PASSWORD"], read["NAME"]) == ("sales@x", "p/w:", "rev-ops")
    assert (read["HOST"], read["PORT"], read["OPTIONS"]["sslmode"]) == ("db.example.com", "6543", "require")
    assert (read["CONN_MAX_AGE"], read["CONN_HEALTH_CHECKS"]) == (None, True)


@pytest.mark.parametrize("url", ["postgresql://host", "postgresql://host/", "postgresql://h:port/n", "nonsense"])
def test_a_database_address_that_cannot_work_is_refused(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(environment.Refused, match="DATABASE_URL"):
        environment.database(BASE)


def test_the_development_key_is_made_once_and_is_nobody_elses(monkeypatch, tmp_path):
    monkeypatch.setenv("REVOPS_DATA", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY")
    first = environment.secret_key(production=False)
    assert len(first) >= 50
    assert environment.secret_key(production=False) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_a_deep_checkout_still_has_a_socket_that_fits(tmp_path):
    deep = tmp_path / ("deep" * 30)
    assert len(str(places.socket_folder(deep)) + "/.s.PGSQL.5432") < 100
    assert places.socket_folder(deep) == places.socket_folder(deep)
    assert places.socket_folder(Path("/short")) == Path("/short/run")


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "ssl", "tls"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, "", False, False),
        ("smtp://me%40x.example:p%2Fw@mail.example.com:2525?tls=starttls", "mail.example.com", 2525, "me@x.example", False, True),
        ("smtp://mail.example.com?tls=starttls", "mail.example.com", 587, "", False, True),
        ("smtps://me:pw@mail.example.com", "mail.example.com", 465, "me", True, False),
    ],
)
def test_a_mail_server_is_named_by_one_address(monkeypatch, url, host, port, user, ssl, tls):
    monkeypatch.setenv("EMAIL_URL", url)
    found = environment.mail_server()
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_HOST_USER"]) == (host, port, user)
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (ssl, tls)
    assert found["EMAIL_TIMEOUT"] == 10


def test_without_one_mails_go_to_the_console(monkeypatch):
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert environment.mail_server() == {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}


def test_links_begin_where_people_open_it(monkeypatch):
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert environment.public_url(True, [".example.com", "crm.example.com"]) == "https://crm.example.com"
    assert environment.public_url(False, ["*"]) == "http://127.0.0.1:8000"
    monkeypatch.setenv("PUBLIC_URL", "https://sales.example.com/")
    assert environment.public_url(True, ["crm.example.com"]) == "https://sales.example.com"
