"""The kept line of a KPI: a value a day as it was known then, and what today's facts say of the newest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboards import told
from dashboards.kpis import say
from dashboards.kpis.base import Figure, Kpi
from dashboards.snapshots import keeping
from dashboards.snapshots.models import Snapshot
from dashboards.told import Change
from revops.lib import words
from teams.models import Organisation

DAYS = 90


@dataclass(frozen=True, slots=True)
class Held:
    """One kept day beside what the facts say of it today. `change`: from kept to now; None when there is none."""

    kept: Snapshot
    now: Figure
    kept_text: str
    now_text: str
    same: bool
    change: Change | None


def days(kpi: Kpi, *, before: date | None = None, limit: int = DAYS) -> list[Snapshot]:
    """Newest first."""
    rows = Snapshot.objects.filter(kpi=kpi.key).order_by("-day")
    return list((rows.filter(day__lt=before) if before else rows)[:limit])


def held(kpi: Kpi, kept: Snapshot, *, now: datetime) -> Held:
    """One scan of the KPI's population, as of that day's end."""
    organisation = Organisation.get()
    figure = keeping.seen_then(kept.day, now=now, organisation=organisation).answer(kpi).figure
    value, na = keeping.plain(figure)
    was = Figure(kept.value, na=kept.na, hits=kept.hits, n=kept.n)
    return Held(
        kept=kept, now=figure, kept_text=text(kpi, kept.value, kept.na, organisation.currency),
        now_text=text(kpi, value, na, organisation.currency), same=value == kept.value,
        change=None if value == kept.value
        else told.change_of(figure, was, unit=kpi.unit, better=kpi.better),
    )  # fmt: skip


def text(kpi: Kpi, value: Decimal | None, na: str, currency: str) -> str:
    return f"n/a: {na}" if value is None else say.value(value, kpi.unit, currency)


def chart(kpi: Kpi, kept: Sequence[Snapshot], *, currency: str) -> dict[str, Any] | None:
    """For _components/chart.html: a line through the kept days; days without a number are gaps, never 0."""
    if len(kept) < 2:
        return None
    line = list(reversed(kept))
    by = 100 if kpi.unit in {"money", "money_per_day"} else 1
    texts = [text(kpi, one.value, one.na, currency) for one in line]
    first, last = texts[0], texts[-1]
    layout: dict[str, Any] = {
        "xaxis": {"type": "date", "tickformat": "%-d %b"}, "yaxis": {"rangemode": "tozero"},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 24},
    }  # fmt: skip
    if kpi.unit == "share":
        layout["yaxis"] |= {"tickformat": ".0%"}
    rows = [[day(one.day), said, words.number(one.rows)] for one, said in zip(line, texts, strict=True)]
    return {
        "id": f"{kpi.key}-kept", "title": "As it was kept each night", "height": "180",
        "finding": f"{kpi.name}, kept each night from {day(line[0].day)} ({first}) to {day(line[-1].day)} ({last})",
        "figure": {"data": [{
            "type": "scatter", "mode": "lines", "name": kpi.name, "connectgaps": False,
            "x": [one.day.isoformat() for one in line],
            "y": [None if one.value is None else float(one.value / by) for one in line],
            "text": texts, "hovertemplate": "%{x|%-d %b %Y}: %{text}<extra></extra>",
            "line": {"color": "--c1", "width": 2},
            "customdata": [f"/kpis/{kpi.key}/history/?day={one.day.isoformat()}" for one in line],
        }], "layout": layout},
        "table": {"head": ["Day", "Kept", "Rows"], "rows": rows},
    }  # fmt: skip


def panel(kpi: Kpi, *, now: datetime, currency: str) -> dict[str, Any]:
    """What the KPI's page shows: the line, and the newest day held against today's facts. Nothing before the first."""
    kept = days(kpi)
    if not kept:
        return {}
    return {"chart": chart(kpi, kept, currency=currency), "newest": held(kpi, kept[0], now=now)}


def day(when: date) -> str:
    return f"{when.day} {when:%b %Y}"
