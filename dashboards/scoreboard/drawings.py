"""Server-drawn: the rejection rate by month of hand-over, and the volume against its pace. Coordinates for SVG."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from dashboards import arithmetic, sheet, told
from dashboards.filters import midnight
from dashboards.kpis import grouped, say
from dashboards.scoreboard import quota
from dashboards.scoreboard.alarm import KPI, Alarm
from dashboards.scoreboard.month import Asked, first_of
from revops.lib import words
from scoring.versions import versions
from sla.models import Commitment, PolicySet
from teams.models import Organisation

MONTHS = 6
HANDED = ["mql"]  # the definition that decides who is handed over
WIDTH, LEFT, RIGHT = 450, 40, 404
TOP, FLOOR = 16, 104


def trend(asked: Asked, alarm: Alarm, *, now: datetime, organisation: Organisation) -> dict[str, Any]:
    """The six months up to this one, as known at the as-of; small samples are hollow, months without rows a gap."""
    months = [first_of(asked.first, MONTHS - 1 - n) for n in range(MONTHS)]
    wide = sheet.opened(asked.spanning(months[0], asked.last), now=now, organisation=organisation)
    kpi = wide.answer(KPI).kpi
    found = {month: kpi.measure(piece) for month, piece in grouped.by_month(wide, kpi, months).items()}
    known = {month: figure for month, figure in found.items() if figure.value is not None}
    limit = float(alarm.percent) / 100
    top = max([limit * 1.5, *(f.interval[1] for f in known.values() if f.interval)])
    step = (RIGHT - LEFT) / (MONTHS - 1)

    def y(value: float) -> float:
        return round(FLOOR - (FLOOR - TOP) * min(value, top) / top, 1)

    points = []
    for n, month in enumerate(months):
        figure = known.get(month)
        mark: dict[str, Any] = {"x": round(LEFT + n * step, 1), "label": f"{month:%b}", "month": month}
        if figure is not None:
            assert figure.value is not None and figure.interval is not None
            rings = arithmetic.rejection_rings(
                figure.hits or 0, figure.n, percent=Fraction(alarm.percent), least=alarm.least
            )  # fmt: skip
            own = asked.spanning(month, first_of(month, -1) - timedelta(days=1)).at(wide.as_of)
            mark |= {
                "y": y(float(figure.value)), "low": y(figure.interval[0]), "high": y(figure.interval[1]),
                "small": figure.small, "rings": bool(rings),
                "text": told.small_words(figure) or say.share(figure.value),
                "fraction": f"{words.number(figure.hits or 0)} of {words.number(figure.n)}",
                "interval": told.interval_words(figure),
                "href": f"/kpis/{KPI}/rows/?{own.query(compare=None, part='decided')}",
            }  # fmt: skip
        points.append(mark)
    drawn = [p for p in points if "y" in p]
    versions = marks(months[0], asked.last, wide)
    told_as = ", ".join(f"{p['label']} {p['text']}" for p in drawn)
    return {
        "points": points, "runs": _runs(points), "versions": versions, "limit_y": y(limit), "floor": FLOOR, "top": TOP,
        "limit": f"{alarm.percent.normalize():f}%",
        "finding": f"Rejected of decided by month of hand-over: {told_as or 'nothing was decided'}; "
        f"the alarm rings above {alarm.percent.normalize():f}%",
        "table": [
            [f"{p['month']:%B %Y}", p.get("text", "n/a: 0 decided"), p.get("fraction", ""), p.get("interval", "")]
            for p in points
        ],
    }  # fmt: skip


def _runs(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines between neighbouring months; dashed where one of the two is a small sample."""
    return [
        {"x1": a["x"], "y1": a["y"], "x2": b["x"], "y2": b["y"], "small": a["small"] or b["small"]}
        for a, b in pairwise(points)
        if "y" in a and "y" in b
    ]


def marks(first: date, last: date, found: sheet.Sheet) -> list[dict[str, Any]]:
    """When the rules changed in the months drawn: definitions, models, promises. Three queries."""
    starts, ends = midnight(first, found.filters.zone), midnight(last + timedelta(days=1), found.filters.zone)
    within = (starts, min(ends, found.as_of))
    changes = [(at, label.replace(" definition", "")) for at, label in versions(*within, stages=HANDED)] + [
        (at, f"promises v{version}")
        for version, at in PolicySet.objects.filter(published_at__range=within, version__gt=1).values_list(
            "version", "published_at"
        )
    ]
    zone, days = ZoneInfo(found.filters.zone), (last - first).days or 1
    placed = []
    for n, (at, label) in enumerate(sorted(changes)[-3:]):
        day = at.astimezone(zone).date()
        x = round(LEFT + (RIGHT - LEFT) * (day - first).days / days, 1)
        placed.append({
            "x": x, "end": x > WIDTH * 0.62, "y": 10 + 11 * (n % 3), "text": f"{label}, {day.day} {day:%b}",
        })  # fmt: skip
    return placed


def volume(asked: Asked, month: sheet.Sheet, promise: Commitment | None) -> dict[str, Any]:
    """Delivered day by day against what weekdays ask for; without a quota only what was delivered."""
    answer = month.answer("qualified-leads")
    per_day = {day: piece.n("delivered") for day, piece in grouped.by_day(month, answer.kpi).items()}
    inputs = quota.committed(promise) if asked.whole else None
    target = inputs.month(asked.first) if inputs else 0
    until = asked.today or asked.first
    delivered = sum(per_day.values())
    expected = target * asked.elapsed / asked.weekdays if asked.weekdays else 0.0
    top = max(target, delivered, 1) * 1.08
    days = (asked.last - asked.first).days or 1

    def place(day: date, value: float) -> str:
        x = 30 + 399 * (day - asked.first).days / days
        return f"{x:.1f},{FLOOR - (FLOOR - 12) * value / top:.1f}"

    line, total, steps = [], 0, []
    for n in range((until - asked.first).days + 1):
        day = asked.first + timedelta(days=n)
        total += per_day.get(day, 0)
        line.append(place(day, total))
        if per_day.get(day):
            steps.append([f"{day.day} {day:%b}", words.number(per_day[day]), words.number(total)])
    wanted = []
    for n in range(days + 1):
        day = asked.first + timedelta(days=n)
        wanted.append(place(day, target * arithmetic.weekdays(asked.first, day) / asked.weekdays))
    pace = arithmetic.pace(delivered, target, elapsed=asked.elapsed, total=asked.weekdays) if target else None
    end_x, end_y = (float(part) for part in line[-1].split(","))
    said = f"{words.number(delivered)} delivered"
    if target:
        said += f", {round(expected)} expected by weekday {asked.elapsed} of {asked.weekdays}, target {target}"
    return {
        "line": " ".join(line), "wanted": " ".join(wanted) if target else "", "delivered": delivered, "target": target,
        "expected": words.number(round(expected)), "end": {"x": end_x, "y": end_y, "below": end_y + 16},
        "wanted_end": float(wanted[-1].split(",")[1]) if target else 0, "floor": FLOOR, "finding": said,
        "pace": words.number(say.exact(pace, 2), 2) if pace is not None else "",
        "behind": pace is not None and pace < 0.9,
        "first": f"{asked.first.day} {asked.first:%b}", "last": f"{asked.last.day} {asked.last:%b}",
        "table": steps, "na": "" if target else "the quota is the whole company's" if promise else "no quota committed",
    }  # fmt: skip
