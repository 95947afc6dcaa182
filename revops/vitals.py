"""Whether the processes live that must, and whether the brake is on."""

from datetime import datetime

from journal.models import Brake, Heartbeat
from revops.lib import words
from revops.lib.vital import Vital

# Seconds of silence after which a process counts as gone.
SILENT = {"pulse": ("Pulse, fires deadlines", 30.0, True), "sender": ("Sender, delivers messages", 60.0, False)}


def processes(now: datetime) -> list[Vital]:
    beats = dict(Heartbeat.objects.filter(name__in=SILENT).values_list("name", "at"))
    lines = []
    for key, (name, limit, fatal) in SILENT.items():
        if key not in beats:
            lines.append(Vital(key, name, False, "has never run; start a worker", limit=limit, fatal=fatal))
            continue
        silent = max(0.0, (now - beats[key]).total_seconds())
        said = f"beat {words.span(silent)} ago" if silent >= 2 else "beats"
        lines.append(Vital(key, name, silent <= limit, said, round(silent, 1), limit, fatal))
    return lines


def brake(now: datetime) -> list[Vital]:
    held = Brake.objects.filter(released_at=None).first()
    if held is None:
        return [Vital("brake", "Brake on clock jumps", True, "off", fatal=True)]
    way = "forward" if held.jump > 0 else "back"
    said = f"on: the database's clock jumped {words.span(abs(held.jump))} {way}; nothing is fired"
    return [Vital("brake", "Brake on clock jumps", False, said, held.jump, fatal=True, href="/health/")]
