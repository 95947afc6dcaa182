"""What stands around the floor's list: the six numbers, load and shifts, the next four hours, limbo, the feed."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from revops.lib import words
from revops.lib.frame import reader_zone
from sla import breach_rows, breaches, floor, floor_access, floor_month, limbo, limbo_rows, load, policies, questions
from sla.business_time import ROUND_THE_CLOCK, Calendar, NeverOpens
from sla.floor_access import Standing
from sla.quarter_hours import drawing
from teams import calendars
from teams.models import Organisation

FEED = 5
FEED_HOURS = 24 * 3_600
LOST = 4
PEOPLE = 12
BAR = 84  # px
KINDS = {"first_response": ("answer", "answers"), "disposition": ("decision", "decisions")}


def of(request: HttpRequest, standing: Standing, summary: floor.Summary, lost: int) -> dict[str, Any]:
    """The six numbers, load and shifts, the next four hours, limbo and the feed."""
    now, zone, since = request.now, reader_zone(request), floor_access.month_of(request)
    people = load.people(standing.people, at=now)
    kept = questions.kept_by_owner([p.id for p in people], since=since, now=now)
    for person in people:
        person.late = summary.late_of.get(person.id, 0)
        person.kept, person.judged = kept.get(person.id, (0, 0))
    hours = hours_of(standing)
    feed = breaches.Asked(standing.people, standing.target, since=breaches.since_open(hours, now, FEED_HOURS))
    changes = load.changes(people, now=now, ahead=timedelta(seconds=floor.QUARTER * floor.AHEAD))
    shown = [p for p in load.fullest_first(people) if p.open or p.cap or p.late or not standing.everybody]
    return {
        "people": [_load(p, shown, now, zone) for p in shown[:PEOPLE]],
        "more_people": max(0, len(shown) - PEOPLE),
        "on_shift": load.on_shift(people),
        "benchable": next((p for p in shown if p.full and p.shift.on and not p.benched_at), None)
        or next((p for p in shown if p.late and not p.benched_at), None),
        "benched": [p for p in shown if p.benched_at],
        "oldest": age(summary, now),
        "kinds": _kinds(summary.kinds),
        "in_time": _in_time(
            questions.attainment(since=since, until=now, now=now, owners=standing.people, scope="owner"), goals()
        ),
        "speed": floor_month.speed(standing.people, since=since, now=now),
        "month": f"{now.astimezone(zone):%b}",
        "lost": lost,
        "limbo": limbo_rows.of(limbo.rows(standing.people, most=LOST)[:LOST], request.user, now=now, zone=zone),
        "quarters": drawing(summary.quarters, changes, on=load.on_shift(people), now=now, zone=zone),
        "feed": breach_rows.of(breaches.page(feed, now=now, size=FEED).rows, now=now, zone=zone),
        "feed_count": breaches.count(feed),
        "closed": _closed(hours, people, summary, request),
    }


def hours_of(standing: Standing) -> Calendar:
    """The opening hours of the floor; two queries at most."""
    pk = standing.calendar_id or Organisation.get().calendar_id
    version = calendars.current_versions([pk]).get(pk) if pk else None
    return version.hours() if version else ROUND_THE_CLOCK


def goals() -> list[int]:
    """The shares promised for first responses, each once."""
    return sorted({line.goal for line, _ in policies.published() if line.target == "first_response"})


def _in_time(kept: questions.Kept, promised: list[int]) -> dict[str, Any]:
    hits, n = kept.met, kept.judged
    goal = "–".join(str(g) for g in dict.fromkeys((promised[0], promised[-1]))) if promised else ""
    behind = n >= words.SMALL_SAMPLE and promised and hits * 100 < n * promised[0]
    return {"hits": hits, "n": n, "small": n < words.SMALL_SAMPLE, "goal": goal, "behind": behind,
            "share": words.share(hits / n) if n else ""}  # fmt: skip


def _kinds(counts: dict[str, int]) -> str:
    """9 answers, 11 decisions, 6 other."""
    said = [words.plural(counts[key], *KINDS[key]) for key in KINDS if counts.get(key)]
    other = sum(n for key, n in counts.items() if key not in KINDS)
    return ", ".join([*said, *([f"{words.number(other)} other"] if other else [])])


def age(summary: floor.Summary, now: datetime) -> str:
    return words.duration((now - summary.oldest).total_seconds()) if summary.oldest else ""


def _load(person: load.Person, beside_them: list[load.Person], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Without a cap the bar is as long as this load is beside the largest one shown."""
    whole = max(person.cap if person.cap is not None else max(p.open for p in beside_them), person.open, 1)
    late = min(person.late, person.open)
    share = words.rounded(100 * person.kept / person.judged, 0) if person.judged else None
    return {"person": person, "shift": shift_words(person, now, zone), "bar": round(BAR * person.open / whole),
            "late_bar": max(round(BAR * late / whole), 3) if late else 0, "share": f"{share}%"}  # fmt: skip


def shift_words(person: load.Person, now: datetime, zone: ZoneInfo) -> str:
    shift, said = person.shift, lambda at, style="": words.moment(at, now, zone, style).removeprefix("today ")
    if person.benched_at:
        return f"out of rotation since {said(person.benched_at)}"
    if shift.on:
        return f"to {said(person.until)}" if person.until else "always on"
    if shift.reason == "leave" and shift.away_until:
        return f"leave to {words.moment(shift.away_until, now, zone, 'day')}"
    if not shift.next_start:
        return "no shift"
    begins = words.moment(shift.next_start, now, zone, "full")
    return f"in at {begins.removeprefix('today ')}" if begins.startswith("today ") else f"in {begins}"


def _closed(hours: Calendar, people: list[load.Person], summary: floor.Summary, request: HttpRequest) -> str:
    """Why nothing moves now; "" while somebody is at work."""
    if load.on_shift(people) or hours.is_open(request.now):
        return ""
    now, zone = request.now, reader_zone(request)
    try:
        opens = words.moment(hours.next_open(now), now, zone, "full")
    except NeverOpens:
        return ""
    many, first = summary.waiting
    if not many or first is None:
        return f"Closed until {opens}; no clock waits."
    verb = "clock waits" if many == 1 else "clocks wait"
    due = words.moment(first, now, zone, "full")
    same_day = due.rpartition(" ")[0] == opens.rpartition(" ")[0]
    due = due.rpartition(" ")[2] if same_day else due
    return f"Closed until {opens}; {words.number(many)} {verb}, first due {due}."
