"""The pulse: drains what is due, a few times a second, from rows that remember.

It needs the database and nothing else, and fires nothing while the brake is on (revops/brake.py). Several may run:
rows are claimed by the drains, never shared.
"""

import logging
import os
import socket
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import Error, connection
from django.utils.module_loading import import_string

from journal.models import Heartbeat
from revops.brake import Reading, Watch
from revops.lib.now import edge, now, remeasure

log = logging.getLogger("revops.pulse")

LOT = 2_000  # deadlines a call: short locks, and 100,000 due rows in some ten seconds
FOLLOW = 500  # rows a call of every other drain; a fifth of it while deadlines wait
HEARTBEAT_EVERY = 1.0  # seconds
LONGEST_REST = 10.0  # seconds a drain rests that fails again and again
# A statement that waits or runs longer than this is broken; better to drop it and look again.
TIMEOUTS = "-c statement_timeout=30s -c lock_timeout=2s -c idle_in_transaction_session_timeout=60s"


class Resting:
    """When a failing drain may be tried again: at once after the first failure, then ever later."""

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0

    def failed(self) -> None:
        self.failures += 1
        self.until = time.monotonic() + min(0.25 * 2 ** (self.failures - 1), LONGEST_REST)

    def over(self) -> bool:
        return time.monotonic() >= self.until


class Pulse:
    """`drains`: dotted names of `drain(now, limit) -> rows done`, each in a transaction of its own making."""

    def __init__(
        self, drains: Sequence[str], *, interval: float, parent: int | None = None, watch: Watch | None = None
    ) -> None:
        self.drains = drains
        self.watch = watch or Watch()
        self.interval = interval
        self.parent = parent
        self.stopping = False
        self.resting = {name: Resting() for name in drains}
        self.beat_at = 0.0
        self.drained = 0
        self.late = 0.0  # seconds the latest tick began after its time

    def run(self) -> None:
        """Tick on a fixed beat until told to stop or the parent is gone. Missed ticks are skipped, not made up."""
        due = time.monotonic()
        while not self.finished():
            self.late = max(0.0, time.monotonic() - due)
            self.tick()
            due += self.interval
            behind = time.monotonic() - due
            if behind > 0:
                due += self.interval * (behind // self.interval)
            time.sleep(max(0.0, due - time.monotonic()))

    def finished(self) -> bool:
        return self.stopping or (self.parent is not None and os.getppid() != self.parent)

    def tick(self) -> int:
        """Drain all that is due; the number of rows. Lots in turn: a long queue of one drain holds up no other.

        The first drain, the deadlines, has a turn in every round, and what follows from them takes small lots: nobody's
        deadline waits for the news of another's.
        """
        before = self.drained
        waiting = [name for name in self.drains if self.resting[name].over()]
        first, follow = self.drains[:1], FOLLOW
        while waiting and not self.finished():
            full = []
            for name in waiting:
                lot = LOT if name in first else follow
                if self.drain(name, lot) >= lot:
                    full.append(name)
            follow = FOLLOW // 5 if set(first) & set(full) else FOLLOW
            again = {*full, *first} if full else set()
            waiting = [name for name in self.drains if name in again and self.resting[name].over()]
            self.heartbeat()
        self.heartbeat()
        return self.drained - before

    def drain(self, name: str, lot: int = LOT) -> int:
        """One lot. What goes wrong stays inside, a broken import too: the other drains must go on."""
        try:
            at, held = self.watch.held()
            if held:
                remeasure()
                return 0
            rows: int = import_string(name)(edge(at), lot)
        except Exception as error:
            self.fail(name, error)
            return 0
        self.resting[name].failures = 0
        self.drained += rows
        return rows

    def fail(self, name: str, error: Exception) -> None:
        if isinstance(error, Error):
            # Whatever state the connection is in, a new one is in none. Deadlines cannot wait for a longer rest.
            log.error("%s: %s", name, str(error).strip())
            connection.close()
            return
        self.resting[name].failed()
        log.exception("%s failed and is tried again in %.1f s", name, self.resting[name].until - time.monotonic())

    def heartbeat(self) -> None:
        """One row for "the pulse lives", one for this process; at most once a second."""
        if time.monotonic() - self.beat_at < HEARTBEAT_EVERY:
            return
        self.beat_at = time.monotonic()
        detail = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "drained": self.drained,
            "late_ms": round(self.late * 1000),
            **self.watch.detail(),
            "failing": [name for name, resting in self.resting.items() if resting.failures],
        }
        at = now()
        try:
            Heartbeat.objects.bulk_create(
                [Heartbeat(name=name, at=at, detail=detail) for name in ("pulse", own_name())],
                update_conflicts=True,
                unique_fields=["name"],
                update_fields=["at", "detail"],
            )
        except Error as error:
            log.error("heartbeat: %s", str(error).strip())
            connection.close()


def own_name() -> str:
    """The heartbeat of the pulse on this host; containers each have a name of their own."""
    return f"pulse@{socket.gethostname()}"[:40]


def configured(*, parent: int | None = None) -> Pulse:
    """The pulse of settings.PULSE_DRAINS, its connection told not to wait for ever."""
    options = connection.settings_dict["OPTIONS"]
    options["options"] = f"{options.get('options', '')} {TIMEOUTS}".strip()
    options["application_name"] = "revops pulse"
    connection.close()
    return Pulse(
        settings.PULSE_DRAINS, interval=settings.PULSE_INTERVAL_MS / 1000, parent=parent, watch=Watch(last_reading())
    )


def last_reading() -> Reading | None:
    """What this host's pulse last found right; None when it cannot be asked, or there was none since boot."""
    try:
        beat = Heartbeat.objects.filter(name=own_name()).first()
    except Error:
        connection.close()
        return None
    return Reading.kept(beat.detail) if beat else None
