"""Signs of life of what people are told: nothing waits to be sent, nothing was given up unseen."""

from datetime import datetime

from notify.questions import backlog
from revops.lib import words
from revops.lib.vital import Vital

OLDEST = 300.0  # seconds a message may wait after its time


def deliveries(now: datetime) -> list[Vital]:
    found = backlog(now)
    waits, oldest, dead = found["waiting"], found["oldest_seconds"], found["dead"]
    said = f"{words.plural(waits, 'message')}, the oldest for {words.span(oldest)}" if waits else "none waits"
    lost = words.plural(dead, "message") if dead else "none"
    return [
        Vital("messages", "Messages waiting to be sent", oldest <= OLDEST, said, round(oldest, 1), OLDEST,
              href="/deliveries/"),
        Vital("dead_letters", "Messages nobody could deliver", not dead, lost, dead, 0, href="/deliveries/"),
    ]  # fmt: skip
