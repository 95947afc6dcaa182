"""Where this checkout keeps its local services: data, sockets and the ports they were given.

PostgreSQL refuses to run as root, so root's services run as `nobody`, who cannot look into a private home folder:
then the place is a folder under /var/lib named after the checkout. Anybody else's is `.local/` in the checkout.
REVOPS_DATA names another place, so that two sets of services can live beside one checkout.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

# A Unix socket's address holds 107 bytes; ".s.PGSQL.5432" and some air come out of that.
LONGEST_SOCKET_FOLDER = 85


def home(base_dir: Path) -> Path:
    """The folder of everything local. Not made by asking for it."""
    asked = os.environ.get("REVOPS_DATA")
    if asked:
        return Path(asked).resolve()
    if os.geteuid() == 0:
        return Path("/var/lib") / f"revops-{_mark(base_dir)}"
    return Path(base_dir).resolve() / ".local"


def cluster(base_dir: Path, kind: str = "main") -> Path:
    """The folder of one set of services: `main` for `up` and `demo`, `test` for the tests."""
    return home(base_dir) / kind


def socket_folder(folder: Path) -> Path:
    """Where the database of `folder` listens. Moves to the temporary folder when the path would not fit a socket."""
    run = folder / "run"
    if len(os.fsencode(run)) <= LONGEST_SOCKET_FOLDER:
        return run
    return Path(tempfile.gettempdir()) / f"revops-{os.geteuid()}-{_mark(run)}"


def state(folder: Path) -> dict[str, Any]:
    """What the supervisor wrote down about its services; empty before the first start."""
    try:
        found: dict[str, Any] = json.loads((folder / "services.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def write_state(folder: Path, found: dict[str, Any]) -> None:
    """Replace the note in one step; it holds the broker's password, so only its owner may read it."""
    new = folder / "services.json.new"
    new.touch(mode=0o600)
    new.write_text(json.dumps(found))
    new.replace(folder / "services.json")


def open_folder(path: Path) -> None:
    """A folder on the way to what `nobody` must reach; what is private lies in private folders within."""
    missing = [parent for parent in (path, *path.parents) if not parent.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for made in missing:
            made.chmod(0o755)


def _mark(path: Path) -> str:
    return hashlib.sha256(os.fsencode(Path(path).resolve())).hexdigest()[:12]
