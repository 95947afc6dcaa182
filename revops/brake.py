"""A brake on jumps of the database's clock: a clock set two hours wrong must not fire what is due in two hours.

Time since boot goes on through a laptop's sleep and knows nothing of anybody setting a clock, so the two are compared:
when the database's time has moved ten minutes more, or less, than the time since boot, nothing is fired until a person
says that the new time is right, or until the clock is back.
"""

import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, transaction

from journal.models import Brake
from journal.record import Fact, append
from teams import access

TOLERATED = 600.0  # seconds
LOOK = """SELECT clock_timestamp(), max(id), max(id) FILTER (WHERE released_at IS NULL) FROM journal_brake"""


@dataclass(slots=True)
class Reading:
    """The database's time and the time since boot, read together. `boot`: which one; `brake`: the newest brake then."""

    at: float
    since_boot: float
    boot: str
    brake: int

    @classmethod
    def kept(cls, detail: dict[str, Any]) -> "Reading | None":
        """From a heartbeat; None when it is from before, or from another boot: then nothing can be compared."""
        found = detail.get("reading") or {}
        return cls(**found) if found.get("boot") == boot_id() else None


class Watch:
    """Compares each reading with the last good one. One for each pulse."""

    def __init__(self, last: Reading | None = None) -> None:
        self.last = last

    def held(self) -> tuple[datetime, bool]:
        """The database's time, and whether nothing may be fired. One statement while all is well."""
        with connection.cursor() as cursor:
            before = since_boot()
            cursor.execute(LOOK)
            at, newest, on = cursor.fetchone()
        found = Reading(at.timestamp(), (before + since_boot()) / 2, boot_id(), newest or 0)
        return at.astimezone(UTC), self._judge(found, at, on)

    def _judge(self, found: Reading, at: datetime, on: int | None) -> bool:
        jump = 0.0 if self.last is None else _jump(self.last, found)
        # A brake released since the last good reading says that the new time is right.
        accepted = self.last is None or (on is None and found.brake > self.last.brake)
        if abs(jump) <= TOLERATED or accepted:
            if on is not None and self.last is not None:
                let_go(by=None, at=at)  # the clock is back where it belongs
                on = None
            if on is None:
                self.last = found
            return on is not None
        if on is None:
            put_on(jump, at=at)
        return True

    def detail(self) -> dict[str, Any]:
        """What a heartbeat keeps, so that a pulse started anew compares with the last good reading."""
        return {"reading": asdict(self.last)} if self.last else {}


def put_on(jump: float, *, at: datetime) -> None:
    """Hold everything; once, however many pulses notice."""
    try:
        with transaction.atomic():
            brake = Brake.objects.create(at=at, jump=jump, host=socket.gethostname()[:80])
            append([Fact("brake.on", "brake", brake.pk, at, via="task", data={"jump": round(jump, 1)})], now=at)
    except IntegrityError:
        pass  # another pulse was first


def release(*, by: Any, at: datetime) -> bool:
    """An administrator says that the time is right; answers whether a brake was on. Raises Forbidden for others."""
    access.require(by, "administer")
    return let_go(by=by, at=at)


def let_go(*, by: Any, at: datetime) -> bool:
    with transaction.atomic():
        brake = Brake.objects.select_for_update().filter(released_at=None).first()
        if brake is None:
            return False
        brake.released_at, brake.released_by = at, by
        brake.save(update_fields=["released_at", "released_by"])
        append([Fact("brake.released", "brake", brake.pk, at, by=by.pk if by else None, via="page" if by else "task")],
               now=at)  # fmt: skip
    return True


def since_boot() -> float:
    """Seconds, a sleep included; where a system does not count sleep, what it has."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return socket.gethostname()


def _jump(last: Reading, found: Reading) -> float:
    return (found.at - last.at) - (found.since_boot - last.since_boot)
