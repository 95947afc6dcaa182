"""A Celery worker starts one pulse, as a fresh process, and starts it again when it ends.

It hangs on the worker's own blueprint, not the consumer's, so that deadlines are kept before the broker is reached
and whether or not it ever is. A process of its own: no fork ever sees its database connection.
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
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds between two starts
HEALTHY_AFTER = 30.0  # seconds; then the next start is quick again


class Pulse(bootsteps.StartStopStep):  # type: ignore[misc]
    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.stopping = Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.keeper: Thread | None = None

    def start(self, worker: Any) -> None:
        self.keeper = Thread(target=self.keep, name="pulse keeper", daemon=True)
        self.keeper.start()

    def keep(self) -> None:
        pause = SHORTEST_PAUSE
        while not self.stopping.is_set():
            began = monotonic()
            try:
                # Its own session: a terminal's Ctrl-C is for the worker, which then tells the pulse.
                self.process = subprocess.Popen(
                    [sys.executable, str(MANAGE), "pulse", "--parent", str(os.getpid())],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                log.error("The pulse could not be started: %s", error)
            else:
                if self.stopping.is_set():  # stop() came between the check and the start
                    self.process.terminate()
                code = self.process.wait()
                if self.stopping.is_set():
                    return
                log.error("The pulse ended (%s); it is started again in %.1f s", code, pause)
            self.stopping.wait(pause)
            pause = SHORTEST_PAUSE if monotonic() - began > HEALTHY_AFTER else min(pause * 2, LONGEST_PAUSE)

    def stop(self, worker: Any) -> None:
        self.stopping.set()
        process = self.process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    terminate = stop
