"""Runs a handful of processes as children: one log, restarts with a growing pause, an end that leaves nothing.

Children are in process groups of their own, so a terminal's Ctrl-C reaches only the supervisor, which then stops them
in order. Should the supervisor be killed outright, the kernel tells each child (see `embedded.die_with_parent`).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO

from revops.lib.children import die_with_parent, end

Start = Callable[[IO[bytes]], subprocess.Popen[bytes]]
COLOURS = {"database": 34, "broker": 35, "web": 32, "worker": 33, "beat": 36, "demo": 37, "live": 95}
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between two starts of a child
HEALTHY_AFTER = 30.0
# Advice about the host's kernel that nobody trying this out wants to follow.
NOISE = ("Memory overcommit must be enabled",)


class Log:
    """Lines of all children on one stream, each after its child's name; never two lines in one another."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream = stream or sys.stdout
        asked = os.environ.get("FORCE_COLOR")
        self.colours = "NO_COLOR" not in os.environ and bool(asked or self.stream.isatty())
        self.lock = Lock()

    def line(self, name: str, text: str) -> None:
        label = f"{name:<8} │"
        if self.colours:
            label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
        with self.lock:
            try:
                self.stream.write(f"{label} {text}\n")
                self.stream.flush()
            except (OSError, ValueError):  # the terminal went; the processes need not
                pass

    def pipe(self, name: str) -> IO[bytes]:
        """The end to give a child as its output; what it writes comes out as lines."""
        read, write = os.pipe()
        Thread(target=self._read, args=(name, read), daemon=True).start()
        return os.fdopen(write, "wb", buffering=0)

    def _read(self, name: str, source: int) -> None:
        with os.fdopen(source, "r", errors="replace") as lines:
            for text in lines:
                if text.strip() and not any(noise in text for noise in NOISE):
                    self.line(name, text.rstrip())


@dataclass
class Child:
    """`start` is called in the main thread with the output to use. `patience`: seconds between asking and killing."""

    name: str
    start: Start
    stop_signal: int = signal.SIGTERM
    patience: float = 10.0
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = SHORTEST_PAUSE
    again_at: float | None = field(default=None)


def program(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Start:
    """A start for `Child` that runs a program of our own."""

    def start(output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    return start


class Supervisor:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.children: list[Child] = []
        self.stopping = Event()

    def listen(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal all ask for the same clean end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def add(self, child: Child) -> None:
        """Start a child now; from here on it is watched."""
        self._start(child)
        self.children.append(child)

    def watch(self) -> None:
        """Start what ended again, until asked to stop."""
        while not self.stopping.wait(0.2):
            for child in self.children:
                self._look_after(child)

    def stop(self) -> None:
        """The latest first, so that nobody loses the database before having finished with it."""
        for child in reversed(self.children):
            if child.process is not None:
                end(child.process, child.stop_signal, within=child.patience)
        self.children.clear()

    def _start(self, child: Child) -> None:
        output = self.log.pipe(child.name)
        try:
            child.process = child.start(output)
        finally:
            output.close()
        child.started, child.again_at = time.monotonic(), None

    def _look_after(self, child: Child) -> None:
        if child.process is not None:
            code = child.process.poll()
            if code is None or (child.once and code == 0):
                return
            end(child.process, signal.SIGKILL, within=1)  # what it may have left behind
            child.process = None
            if time.monotonic() - child.started > HEALTHY_AFTER:
                child.pause = SHORTEST_PAUSE
            self.log.line(child.name, f"ended ({code}); starting it again in {child.pause:g} s")
            child.again_at = time.monotonic() + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
        elif child.again_at is not None and time.monotonic() >= child.again_at:
            try:
                self._start(child)
            except Exception as error:  # the database may need longer than its patience: try again
                self.log.line(child.name, f"did not start: {error}")
                child.again_at = time.monotonic() + child.pause
                child.pause = min(child.pause * 2, LONGEST_PAUSE)
