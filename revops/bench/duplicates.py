"""What it costs to see that somebody new may be known already, among ten thousand people and among a million: the
look before a lead is typed in, and the comparison that the pulse makes after one came in."""

import time
from collections.abc import Iterator
from typing import Any

from django.db import connection

from leads.duplicates import finding
from leads.incoming import parse
from leads.intake import capture
from leads.models import Person
from revops.bench import figure
from revops.bench._company import median, moment, scaled, set_up
from revops.bench._million import fill
from teams.models import Role

LAPS = 60
FEW = 10_000
# What the comparison would have kept of each: four keys, some shared by a handful.
LIKENESSES = """
INSERT INTO leads_likeness (person_id, key)
SELECT p.id, hashtextextended(k::text || '/' || p.id % %s, 0) FROM leads_person p CROSS JOIN generate_series(1, 4) k"""


def figures() -> Iterator[dict[str, Any]]:
    cast = set_up(moment())
    owners = [user.pk for user in cast.users.values() if user.role == Role.SALES]
    many = scaled(1_000_000)
    few = _cost(FEW, owners)
    much = _cost(many, owners)
    for name, small, big in zip(("look", "capture", "compare"), few, much, strict=True):
        yield figure(f"duplicates_{name}_at_a_million", big * 1000, "ms", baseline=small * 1000, required=2.0, most=True)


def _cost(people: int, owners: list[int]) -> tuple[float, float, float]:
    """Medians in seconds: of `finding.like`, of `capture`, and of the pulse's comparison of the one captured."""
    fill(people, owners=owners, channels=["paid_search", "webinar", "email", "referral", "event", "partner", "product"],
         now=moment())  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LIKENESSES, [max(1, people // 3)])
        cursor.execute("VACUUM ANALYZE leads_likeness")
    while finding.drain(moment()):
        pass
    laps: list[tuple[float, float, float]] = []
    for n in range(LAPS):
        known = Person.objects.get(pk=1 + n * people // LAPS)
        times = [time.perf_counter()]
        finding.like(email=f"other{n}@firm{n}.example", first_name=known.first_name, last_name=known.last_name)
        times.append(time.perf_counter())
        body = {"email": f"new{people}.{n}@firm{known.company_id}.example", "first_name": "Bo", "last_name": f"New {n}"}
        capture([parse(body, now=moment())], by=None, via="api", now=moment())
        times.append(time.perf_counter())
        finding.drain(moment())
        times.append(time.perf_counter())
        laps.append((times[1] - times[0], times[2] - times[1], times[3] - times[2]))
    return tuple(median(column) for column in zip(*laps, strict=True))  # type: ignore[return-value]
