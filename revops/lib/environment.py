"""Reading the environment: each reader answers with a good value or ends the program with a sentence."""

import os
import secrets
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from revops.lib import places

DATABASE_NAME = DATABASE_USER = "revops"
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class Refused(SystemExit):
    """The environment makes no sense; the message says which variable and what to do."""


def refuse(sentence: str) -> NoReturn:
    raise Refused(f"RevOps does not start: {sentence}")


def read(name: str) -> str:
    """The variable without surrounding blanks; an empty one counts as unset, as compose files leave them."""
    return os.environ.get(name, "").strip()


def choice(name: str, allowed: list[str], *, default: str) -> str:
    value = read(name) or default
    if value not in allowed:
        refuse(f"{name} is {value!r}. Set it to one of: {', '.join(allowed)}.")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = read(name).lower()
    if not value:
        return default
    if value not in YES | NO:
        refuse(f"{name} is {value!r}. Set it to true or false.")
    return value in YES


def integer(name: str, *, default: int, least: int, most: int) -> int:
    value = read(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        refuse(f"{name} is {value!r}. Set it to a whole number from {least} to {most}.")
    if not least <= number <= most:
        refuse(f"{name} is {number}. Set it to a whole number from {least} to {most}.")
    return number


def names(name: str, *, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = read(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else list(default)


def secret_key(production: bool) -> str:
    """SECRET_KEY; outside production one is made once and kept beside the checkout's local data."""
    value = read("SECRET_KEY")
    if value:
        if production and len(value) < 32:
            refuse("SECRET_KEY is too short. Use at least 32 random characters.")
        return value
    if production:
        refuse("SECRET_KEY is empty. Set it to at least 32 random characters and keep it secret.")
    return _kept_key(places.home(_checkout()) / "secret_key")


def database(base_dir: Path) -> dict[str, Any]:
    """Django's settings for DATABASE_URL, or for the embedded server's socket when there is none."""
    url = read("DATABASE_URL")
    if not url:
        return _embedded_database(base_dir)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse("DATABASE_URL cannot be read. Write it as postgresql://user:password@host:5432/name.")
    if parts.scheme not in {"postgres", "postgresql"}:
        refuse(f"DATABASE_URL starts with {parts.scheme!r}. Only postgresql:// is served: one SQL dialect everywhere.")
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        refuse("DATABASE_URL names no database. Write it as postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(parts.query))
    return _psycopg2(
        name=name,
        user=unquote(parts.username or "") or options.pop("user", ""),
        password=unquote(parts.password or "") or options.pop("password", ""),
        host=unquote(parts.hostname or "") or options.pop("host", ""),
        port=str(port or options.pop("port", "")),
        options=options,
    )


def redis_url(base_dir: Path) -> str:
    """REDIS_URL, or the embedded broker's address once it has one."""
    url = read("REDIS_URL")
    if url:
        scheme = url.partition("://")[0]
        if scheme not in {"redis", "rediss", "unix", "amqp", "amqps", "memory"}:
            refuse(f"REDIS_URL starts with {scheme!r}. Write it as redis://host:6379/0.")
        return url
    if read("REVOPS_ENV") == "production":
        refuse("REDIS_URL is empty. In production, name the broker, for example redis://redis:6379/0.")
    if read("REVOPS_ENV") == "test":
        return "memory://"
    # Before the first start there is no broker: port 1 refuses at once, which is the truth.
    return str(places.state(places.cluster(base_dir)).get("redis_url", "redis://127.0.0.1:1/0"))


def mail_server() -> dict[str, Any]:
    """Django's settings for EMAIL_URL: smtp://user:password@host:587?tls=starttls, or smtps://…; unset: the console."""
    url = read("EMAIL_URL")
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse("EMAIL_URL cannot be read. Write it as smtp://user:password@host:587?tls=starttls.")
    tls = dict(parse_qsl(parts.query)).get("tls", "")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or tls not in {"", "starttls"}:
        refuse("EMAIL_URL names no mail server. Write it as smtp://user:password@host:587?tls=starttls or smtps://….")
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": unquote(parts.hostname),
        "EMAIL_PORT": port or (465 if secure else 587 if tls else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": bool(tls) and not secure,
        "EMAIL_TIMEOUT": 10,
    }


def public_url(production: bool, hosts: list[str]) -> str:
    """PUBLIC_URL, where people open this installation, without a slash at its end; links in mails begin with it."""
    url = read("PUBLIC_URL").rstrip("/")
    if not url:
        named = [host for host in hosts if host and not host.startswith((".", "*"))]
        return f"https://{named[0]}" if production and named else "http://127.0.0.1:8000"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        refuse(f"PUBLIC_URL is {url!r}. Write it as people type it, for example https://crm.example.com.")
    return url


def _embedded_database(base_dir: Path) -> dict[str, Any]:
    env = read("REVOPS_ENV")
    if env == "production":
        refuse("DATABASE_URL is empty. In production, name the database: postgresql://user:password@host:5432/name.")
    kind = "test" if env == "test" else "main"
    return _psycopg2(
        # Tests get a database of their own by the fixture; without it there must be none to spoil.
        name=DATABASE_NAME if kind == "main" else "no_database_was_asked_for",
        user=DATABASE_USER,
        password="",
        host=str(places.socket_folder(places.cluster(base_dir, kind))),
        port="",
        options={},
    )


def _psycopg2(*, name: str, user: str, password: str, host: str, port: str, options: dict[str, str]) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "revops", "connect_timeout": 10, **options},
    }


def _kept_key(file: Path) -> str:
    """Read the key, or make it. Several processes may start at once: the first to link its file wins."""
    try:
        return file.read_text()
    except FileNotFoundError:
        pass
    except OSError:
        refuse(f"the development key at {file} cannot be read. Set SECRET_KEY, or start as the user who owns it.")
    try:
        places.open_folder(file.parent)
        mine = file.with_name(f"secret_key.{os.getpid()}")
        mine.touch(mode=0o600)
        mine.write_text(secrets.token_urlsafe(48))
        try:
            os.link(mine, file)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    except OSError:
        refuse(f"a development key cannot be kept in {file.parent}. Set SECRET_KEY, or make the folder writable.")
    return file.read_text()


def _checkout() -> Path:
    return Path(__file__).resolve().parent.parent.parent
