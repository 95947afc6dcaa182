"""Processes we start: they end with us, leave nothing behind, and only one of us owns a folder."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from revops.lib import places

PR_SET_PDEATHSIG = 1

try:
    _libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
except OSError:  # pragma: no cover - a libc that cannot be opened by name
    _libc = None


def die_with_parent(with_signal: int) -> Callable[[], None]:
    """A preexec_fn: the kernel sends the signal when the thread that started the child ends, kill -9 included.

    So children are to be started from the main thread. Elsewhere than on Linux it does nothing.
    """
    parent = os.getpid()

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, with_signal)
            if os.getppid() != parent:  # it went before we asked
                os._exit(1)

    return ask


class Lock:
    """One set of services a folder. The kernel drops it with its holder, so it is never stale."""

    def __init__(self, file: Path) -> None:
        places.open_folder(file.parent)
        self.file: IO[str] = open(file, "a")  # noqa: SIM115 - held as long as the object

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self.file, how if wait else how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_UN)

    def close(self) -> None:
        self.file.close()


def end(process: subprocess.Popen[Any], with_signal: int, *, within: float) -> None:
    """Ask, wait, then kill the whole group, so that nothing it started stays."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def alive(pid: int) -> bool:
    """A zombie has a pid and is gone all the same: tell by its state."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        if sys.platform == "linux":
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
