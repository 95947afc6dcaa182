"""Posts that arrive in one process while another is being taken in go together: one `capture` for all that wait.

One post alone waits for nobody. In a rush the work for each shrinks, because a batch costs little more than one.
"""

import threading
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from leads import intake
from leads.incoming import Incoming

# Behind a batch that somebody else's locks hold up nobody waits longer than this, but goes alone.
PATIENCE_SECONDS = 0.1
LONGEST_SECONDS = 30.0
# So many are taken in by one batch in well under a quarter of a second. With more in line we are slower than what
# comes, and whoever comes next is better told to try again than kept until their browser gives up.
MOST_WAITING = 15


class _Waiting:
    def __init__(self, item: Incoming, now: datetime) -> None:
        self.item, self.now = item, now
        self.done = threading.Event()
        self.wrong: Exception | None = None


_turn = threading.Lock()
_guard = threading.Lock()
_line: list[_Waiting] = []


def full() -> bool:
    """Whether this process has as many in line as it can serve in good time."""
    return len(_line) >= MOST_WAITING


def capture(item: Incoming, *, now: datetime) -> None:
    """Take it in, with whatever waits beside it. Raises what `intake.capture` raises for this one."""
    mine = _Waiting(item, now)
    with _guard:
        _line.append(mine)
    my_turn = _turn.acquire(timeout=PATIENCE_SECONDS)
    try:
        with _guard:
            batch = list(_line) if mine in _line else []
            if batch:
                _line.clear()
        if batch:
            _take(batch)
    finally:
        if my_turn:
            _turn.release()
    if not mine.done.wait(LONGEST_SECONDS):
        raise OperationalError("Taking in what came at the same time goes on for too long.")
    if mine.wrong is not None:
        raise mine.wrong


def _take(batch: list[_Waiting]) -> None:
    """All at once; if something in it cannot be taken, each alone, so that only the culprit is refused."""
    try:
        _capture(batch)
    except (OperationalError, InterfaceError) as wrong:
        for one in batch:
            one.wrong = wrong
    except Exception as wrong:
        if len(batch) == 1:
            batch[0].wrong = wrong
        else:
            for one in batch:
                _alone(one)
    finally:
        for one in batch:
            one.done.set()


def _alone(one: _Waiting) -> None:
    try:
        _capture([one])
    except Exception as wrong:
        one.wrong = wrong


def _capture(batch: list[_Waiting]) -> None:
    with transaction.atomic():
        intake.capture([one.item for one in batch], by=None, via="form", now=max(one.now for one in batch))
