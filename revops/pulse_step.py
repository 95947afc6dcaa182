"""A Celery worker starts one pulse and one sender, as fresh processes, and starts each again when it ends.

They hang on the worker's own blueprint, not the consumer's, so that deadlines are kept and messages sent before the
broker is reached and whether or not it ever is. Processes of their own: no fork ever sees their database connections,
and a receiver that hangs delays no deadline.
"""

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger

log = get_logger(__name__)
MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between two starts: a deadline waits for no long rest
HEALTHY_AFTER = 30.0  # seconds; then the next start is quick again


class Companion(bootsteps.StartStopStep):  # type: ignore[misc]
    """A management command that lives as long as the worker; it takes `--parent`."""

    requires = {"celery.worker.components:Pool"}
    command = ""
    patience = 10.0  # seconds between asking it to end and killing it

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.stopping = Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.keeper: Thread | None = None

    def start(self, worker: Any) -> None:
        self.keeper = Thread(target=self.keep, name=f"{self.command} keeper", daemon=True)
        self.keeper.start()

    def keep(self) -> None:
        pause = SHORTEST_PAUSE
        while not self.stopping.is_set():
            began = monotonic()
            try:
                # Its own session: a terminal's Ctrl-C is for the worker, which then tells this one.
                self.process = subprocess.Popen(
                    [sys.executable, str(MANAGE), self.command, "--parent", str(os.getpid())],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                log.error("The %s could not be started: %s", self.command, error)
            else:
                if self.stopping.is_set():  # stop() came between the check and the start
                    self.process.terminate()
                code = self.process.wait()
                if self.stopping.is_set():
                    return
                log.error("The %s ended (%s); it is started again in %.1f s", self.command, code, pause)
            self.stopping.wait(pause)
            pause = SHORTEST_PAUSE if monotonic() - began > HEALTHY_AFTER else min(pause * 2, LONGEST_PAUSE)

    def stop(self, worker: Any) -> None:
        self.stopping.set()
        process = self.process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(self.patience)
            except subprocess.TimeoutExpired:
                process.kill()

    terminate = stop


class Pulse(Companion):
    command = "pulse"


class Sender(Companion):
    command = "deliver"
