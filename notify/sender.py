"""The sender: a process of its own that takes what waits and sends it, so that a slow receiver delays no clock.

Like the pulse it needs the database and nothing else, and any number may run. Mails and posts have threads apart: a
dozen receivers that hang hold up no mail. It begins nothing new once told to stop or once its parent is gone.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import Error, connection

from journal.models import Brake, Heartbeat
from notify import outbox, planning
from notify.models import Delivery
from revops.lib.now import now, remeasure

log = logging.getLogger("revops.deliver")

INTERVAL = 0.25  # seconds between two looks
HEARTBEAT_EVERY = 1.0
LONGEST_REST = 10.0  # seconds between two looks while the database cannot be asked
# A statement that waits or runs longer than this is broken; better to drop it and look again.
TIMEOUTS = "-c statement_timeout=30s -c lock_timeout=2s -c idle_in_transaction_session_timeout=60s"
# Lane: (channels, threads).
LANES = {"mail": (("email",), 3), "posts": (("slack", "teams"), 8)}


class Sender:
    def __init__(self, *, parent: int | None = None, clock: Callable = now) -> None:
        self.parent = parent
        self.clock = clock
        self.stopping = False
        self.sent = 0
        self.beat_at = 0.0
        self.failures = 0
        self.pools = {lane: ThreadPoolExecutor(threads, lane) for lane, (_, threads) in LANES.items()}
        self.busy: dict[str, set[Future]] = {lane: set() for lane in LANES}

    def run(self) -> None:
        try:
            while not self.finished():
                if self.look() < planning.LOT:
                    time.sleep(min(INTERVAL * 2**self.failures, LONGEST_REST))
        finally:
            for pool in self.pools.values():
                pool.shutdown(wait=True)

    def finished(self) -> bool:
        return self.stopping or (self.parent is not None and os.getppid() != self.parent)

    def look(self) -> int:
        """Plan a lot, where the pulse left any; then take as much as there are free threads, lane by lane. How many
        were planned or taken."""
        try:
            if Brake.objects.filter(released_at=None).exists():
                self.heartbeat()
                remeasure()  # what time it is nobody knows: nothing is planned for it and nothing leased by it
                return 0
        except Error as error:
            return self.failed(error)
        taken = self.plan()
        try:
            for lane, (channels, threads) in LANES.items():
                self.busy[lane] = {work for work in self.busy[lane] if not work.done()}
                free = threads - len(self.busy[lane])
                for delivery in outbox.claim(self.clock(), free, channels) if free else []:
                    self.busy[lane].add(self.pools[lane].submit(self.one, delivery))
                    taken += 1
            self.heartbeat()
            self.failures = 0
        except Exception as error:
            self.failed(error)
        return taken

    def failed(self, error: Exception) -> int:
        self.failures = min(self.failures + 1, 6)
        log.error("%s", str(error).strip() or type(error).__name__)
        connection.close()
        return 0

    def plan(self) -> int:
        """What goes wrong here holds up nothing that is planned already."""
        try:
            return planning.lot(self.clock())
        except Exception:
            log.exception("Planning failed")
            connection.close()
            return 0

    def one(self, delivery: Delivery) -> None:
        """In a thread of a lane: send it, write it down. A connection that broke costs the writing down: the lease
        then runs out and it is sent again under the same id."""
        try:
            outcome = outbox.attempt(delivery, self.clock())
            outbox.record(delivery, outcome, self.clock())
            self.sent += outcome.sent
        except Error as error:
            log.error("Delivery %s was not written down: %s", delivery.pk, str(error).strip())
        except Exception:
            log.exception("Delivery %s was not written down", delivery.pk)
        finally:
            connection.close()

    def heartbeat(self) -> None:
        """One row for "a sender lives", one for this host's; at most once a second."""
        if time.monotonic() - self.beat_at < HEARTBEAT_EVERY:
            return
        self.beat_at = time.monotonic()
        detail = {"host": socket.gethostname(), "pid": os.getpid(), "sent": self.sent}
        at = self.clock()
        Heartbeat.objects.bulk_create(
            [Heartbeat(name=name, at=at, detail=detail) for name in ("sender", own_name())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at", "detail"],
        )


def own_name() -> str:
    return f"sender@{socket.gethostname()}"[:40]


def configured(*, parent: int | None = None) -> Sender:
    """A sender whose connections don't wait for ever."""
    options = connection.settings_dict["OPTIONS"]
    options["options"] = f"{options.get('options', '')} {TIMEOUTS}".strip()
    options["application_name"] = "revops sender"
    connection.close()
    return Sender(parent=parent)
