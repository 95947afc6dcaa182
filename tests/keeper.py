"""Keeps the tests' database server up while anybody needs it: `python -m tests.keeper FOLDER`.

Several runs may share a checkout. Each holds a shared lock as long as it lives; the keeper is the server's parent and
stops it once it gets that lock alone. A run that is killed drops its lock with its last breath, so nothing stays.
"""

import signal
import sys
import time
from contextlib import closing
from pathlib import Path

from revops.lib.children import Lock
from revops.lib.embedded import Postgres

LINGER = 3.0  # seconds without a user before the server goes


def tidy(server: Postgres) -> None:
    """Databases of runs that were killed, and all templates but the newest few. Nobody is connected yet."""
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^(run|draft)_'")
        gone = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^template_' ORDER BY oid DESC OFFSET 3")
        for name in gone + [name for (name,) in cursor.fetchall()]:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main(folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = Postgres(folder, careless=True)
    process = server.start()
    tidy(server)
    users = Lock(folder / "users.lock")
    (folder / "ready").touch()
    idle_since: float | None = None
    try:
        while process.poll() is None:
            time.sleep(0.25)
            if not users.take():
                idle_since = None
                continue
            idle_since = idle_since or time.monotonic()
            if time.monotonic() - idle_since > LINGER:
                return  # still holding the lock: newcomers wait until the server is down
            users.release()
    finally:
        (folder / "ready").unlink(missing_ok=True)
        server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
