"""Signs of life of the deadlines: nothing due waits, nothing is parked, everybody could be told."""

from datetime import datetime, timedelta

from journal.models import Entry
from revops.lib import words
from revops.lib.vital import Vital
from sla import due
from sla.models import Hop, Parked

OLDEST = 60.0  # seconds a due row may wait unclaimed (DOMAIN 1.7)


def deadlines(now: datetime) -> list[Vital]:
    """Four queries, each on an index."""
    oldest = due.oldest_due(now)
    parked = Parked.objects.count()
    waiting = Hop.objects.filter(done_at=None).order_by("at").values_list("at", flat=True).first()
    hop = (now - waiting).total_seconds() if waiting else 0.0
    unheard = Entry.objects.filter(kind="clock.unheard", at__gt=now - timedelta(days=1)).count()
    missing = f"{words.plural(unheard, 'alarm')}: give teams a manager, or name a hand-off monitor"
    return [
        Vital("oldest_due", "Oldest deadline nobody has fired", oldest <= OLDEST,
              f"{words.span(oldest)} old" if oldest else "none waits", round(oldest, 1), OLDEST, fatal=True),
        Vital("parked", "Clocks set aside", not parked, words.plural(parked, "clock") if parked else "none",
              parked, 0, href="/health/"),
        Vital("moves", "Late leads waiting for another owner", hop <= OLDEST,
              f"the oldest for {words.span(hop)}" if hop > 1 else "none waits", round(hop, 1), OLDEST),
        Vital("unheard", "Alarms that reached nobody, last 24 h", not unheard,
              missing if unheard else "none", unheard, 0, href="/company/"),
    ]  # fmt: skip
