"""What the tracking page shows: figures of the last days, the latest reports, which events make which touch."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max

from leads.models.visit import EventMapping, VisitEvent
from leads.visits.mapping import UNMAPPED
from revops.lib import bulk

LATELY = timedelta(days=7)
LATEST, MOST_EVENTS = 20, 50


@dataclass(slots=True)
class Figures:
    """Of the last days: visits, visitors who came, how many of these we know; ids of two people, of all time, and the
    reports of these that nobody gets."""

    visits: int
    visitors: int
    known: int
    ambiguous: int
    lost: int


def figures(now: datetime) -> Figures:
    [row] = bulk.query(
        """SELECT count(DISTINCT e.visit_id), count(DISTINCT e.visitor_id),
                  count(DISTINCT e.visitor_id) FILTER (WHERE v.person_id IS NOT NULL AND NOT v.is_ambiguous),
                  (SELECT count(*) FROM leads_visitor WHERE is_ambiguous),
                  (SELECT count(*) FROM leads_visitor a JOIN leads_visitevent x ON x.visitor_id = a.id
                    WHERE a.is_ambiguous AND x.person_id IS NULL)
             FROM leads_visitevent e JOIN leads_visitor v ON v.id = e.visitor_id WHERE e.received_at > %s""",
        [now - LATELY],
    )
    return Figures(*row)


def latest() -> list[VisitEvent]:
    return list(VisitEvent.objects.select_related("person", "visitor").order_by("-id")[:LATEST])


def events(now: datetime) -> list[dict[str, Any]]:
    """Every mapped event and those that came in lately, the most frequent first: {event, kind, pk, count, last}."""
    seen = (
        VisitEvent.objects.filter(type="track", received_at__gt=now - LATELY).exclude(name="")
        .values("name").annotate(count=Count("id"), last=Max("received_at")).order_by("-count", "name")[:MOST_EVENTS]
    )  # fmt: skip
    counted = {row["name"].lower(): row for row in seen}
    rows = []
    for one in EventMapping.objects.order_by("event"):
        row = counted.pop(one.event.lower(), {})
        rows.append({"event": one.event, "kind": one.kind, "pk": one.pk, "count": row.get("count", 0),
                     "last": row.get("last")})  # fmt: skip
    rows += [{"event": row["name"], "kind": UNMAPPED, "pk": None, "count": row["count"], "last": row["last"]}
             for row in counted.values()]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["count"], row["event"].lower()))
