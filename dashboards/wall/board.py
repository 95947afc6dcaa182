"""What a wall shows: six tiles and the last win. No number is made here, and no name of a person or company is read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.agreed import goals
from dashboards.filters import midnight
from dashboards.kpis import promises, say
from dashboards.meetings.models import Meeting
from dashboards.scoreboard import alarm, promised
from dashboards.scoreboard.month import Asked, read, sheet_of
from dashboards.sheet import Sheet
from dashboards.wall.models import Wall
from deals.models import Deal
from revops.lib import bulk, words
from sla import commitments, floor
from sla.business_time import ROUND_THE_CLOCK
from sla.models import Clock
from teams.models import Organisation, User

WIN_IS_NEWS = timedelta(days=30)
RESPONSES = tuple(line for line, _, _ in promises.LINES if line.startswith("first_response."))
# Of these clocks, how many a manager was already told about: a rung of the ladder that names them has fired.
TOLD = """
SELECT count(DISTINCT e.clock_id) FROM sla_effect e
  JOIN sla_clock c ON c.id = e.clock_id JOIN sla_step s ON s.policy_id = c.policy_id AND s.level = e.level
 WHERE e.clock_id = ANY (%s) AND e.level >= 100 AND 'manager' = ANY (s.who)"""


@dataclass(frozen=True, slots=True)
class Tile:
    """`value` in words with `unit` small beside it; `due`, `then`: instants to count down to instead. `share`, `mark`:
    of one, for the meter. `tone`: late or warn colours the tile; `meter`: the bar's own."""

    key: str
    name: str
    value: str = ""
    unit: str = ""
    note: str = ""
    tone: str = ""
    meter: str = ""
    share: float | None = None
    mark: float | None = None
    due: datetime | None = None
    then: datetime | None = None

    @property
    def fill(self) -> str:
        """Width of the bar in per cent."""
        return _percent(self.share)

    @property
    def at(self) -> str:
        """Where the mark stands; at the very end still within the bar."""
        return _percent(min(self.mark or 0.0, 0.992))


@dataclass(frozen=True, slots=True)
class Board:
    tiles: list[Tile]
    won: tuple[str, str] = ("", "")
    team: str = ""
    zone: str = "UTC"
    as_of: datetime | None = field(default=None, compare=False)

    @property
    def etag(self) -> str:
        """Changes with anything that is shown but the ticking itself."""
        seen = repr((self.tiles, self.won, self.team, self.zone))
        return f'"{blake2b(seen.encode(), digest_size=9).hexdigest()}"'


def of(wall: Wall, *, now: datetime, organisation: Organisation) -> Board:
    """The board of a team, or of everybody. About fifteen small queries, and the sheet's scans when it is not kept."""
    query = {"team": str(wall.team_id)} if wall.team_id else {}
    asked = read(query, "", now=now, organisation=organisation)
    found, agreed = sheet_of(asked, now=now, organisation=organisation), commitments.in_force(asked.first)
    people = None
    if wall.team_id:
        people = tuple(User.objects.filter(team_id=wall.team_id).order_by("id").values_list("id", flat=True))
    today = organisation.today(now)
    tomorrow = midnight(today + timedelta(days=1), organisation.timezone)
    summary = floor.summary(floor.Floor(people, now, tomorrow))
    return Board(
        [
            late(summary, now),
            in_time(asked, found),
            delivered(promised.volume(asked, found, agreed), asked),
            deadline(summary, now),
            goal(goals.joint(now)),
            rejected(asked, alarm.of(found, agreed)),
        ],
        last_win(wall, now=now, organisation=organisation),
        wall.team.name if wall.team else "", organisation.timezone, now,
    )  # fmt: skip


def late(summary: floor.Summary, now: datetime) -> Tile:
    n, ids = summary.groups["late"], summary.rows.get("late", [])
    if not n or summary.oldest is None:
        return Tile("late", "Late now", "0", note="every promise is kept so far")
    note = f"oldest {words.duration((now - summary.oldest).total_seconds())}"
    [(told,)] = bulk.query(TOLD, [ids])
    if told == n:  # the summary names the first of many only: then nothing is said of the others
        note += " · managers know"
    return Tile("late", "Late now", words.number(n), note=note, tone="late")


def in_time(asked: Asked, found: Sheet) -> Tile:
    """First responses of all tiers, on the buyer's clock."""
    name, got = f"Answered in time, {asked.first:%B}", found.answer("sla-attainment").found.now
    figures = [promises.in_time(got, f"{line}.") for line in RESPONSES]
    hits, n = sum(f.hits or 0 for f in figures), sum(f.n for f in figures)
    lines = [line for line in promised.lines_in_force(asked, found) if line.target == "first_response"]
    promise = min((line.goal for line in lines), default=None)
    said = f" · promise {promise}%" if promise is not None else ""
    if not n:
        return Tile("in-time", name, "n/a", note="nothing fell due this month")
    note, mark = f"{words.number(hits)} of {words.number(n)}{said}", None if promise is None else promise / 100
    if n < words.SMALL_SAMPLE:
        return Tile("in-time", name, str(hits), unit=f"of {n}", note=f"small sample{said}")
    kept = promise is None or hits * 100 >= n * promise
    return Tile("in-time", name, words.share(hits / n), note=note, share=hits / n, mark=mark,
                meter="ok" if kept else "warn")  # fmt: skip


def delivered(promise: promised.Promise, asked: Asked) -> Tile:
    name, figure = "Delivered by marketing", promise.figure
    if promise.share is None or figure is None:
        return Tile("delivered", name, promise.value, note=promise.side_note or f"n/a: {promise.na}")
    done, target = figure.hits or 0, figure.n
    expected = say.exact(Fraction(target * asked.elapsed, asked.weekdays), 0)
    gap = done - int(expected)
    note = (
        "as many as the pace asks"
        if not gap
        else f"{words.number(abs(gap))} {'ahead of' if gap > 0 else 'behind'} the pace"
    )
    return Tile("delivered", name, words.number(done), unit=f"of {words.number(target)}", note=note,
                share=promise.share, mark=promise.mark, meter=promise.tone)  # fmt: skip


def deadline(summary: floor.Summary, now: datetime) -> Tile:
    """The next promise to fall due, and the one after."""
    ids = [pk for group in ("soon", "today") for pk in summary.rows.get(group, [])][:2]
    owed = f"{words.number(summary.today)} due today"
    due = sorted(at for at in Clock.objects.filter(pk__in=ids).values_list("due_at", flat=True) if at and at >= now)
    if not due:
        later = summary.groups["later"]
        return Tile("deadline", "Next deadline", "none today", note=f"{words.number(later)} due later")
    return Tile("deadline", "Next deadline", note=owed, due=due[0], then=due[1] if len(due) > 1 else None)


def goal(standing: goals.Standing | None) -> Tile:
    if standing is None:
        return Tile("goal", "Our goal", "n/a", note="no goal agreed by both sides")
    name = f"Our goal {standing.period}"
    if standing.figure.value is None:
        return Tile("goal", name, "n/a", note=standing.figure.na)
    note = f"of {standing.target_text}"
    if standing.reached:
        note += " · reached"
    elif standing.pace is not None:
        note += " · " + ("ahead of pace" if standing.pace >= 1 else "behind pace" if standing.tone else "on pace")
    mark = float(standing.gone) if standing.pace is not None else None
    return Tile("goal", name, standing.value_text, note=note, share=float(standing.share or 0), mark=mark,
                meter="warn" if standing.tone == "warn" else "accent")  # fmt: skip


def rejected(asked: Asked, rings: alarm.Alarm) -> Tile:
    name, line = f"Rejected, {asked.first:%B}", f"the line is {rings.percent.normalize():f}%"
    if not rings.figure.n:
        return Tile("rejected", name, "n/a", note="0 decided this month")
    if rings.rings is None:
        note = f"too few to judge · {line}"
        return Tile("rejected", name, words.number(rings.rejected), unit=f"of {words.number(rings.decided)}", note=note)
    opened = Meeting.objects.filter(kind="sla", frozen_at__gte=midnight(asked.first, asked.filters.zone)).exists()
    note = line + (" · review opened" if rings.rings and opened else "")
    return Tile("rejected", name, rings.rate, note=note, tone="warn" if rings.rings else "")


def last_win(wall: Wall, *, now: datetime, organisation: Organisation) -> tuple[str, str]:
    """("Won yesterday", "$52k, food logistics: webinar in August, answered in 3 min"); empty after thirty days. Of the
    company only its trade is told, and of people nothing."""
    wins = Deal.objects.filter(
        stage="won", undated=False, closed_at__lte=now, closed_at__gt=now - WIN_IS_NEWS
    ).exclude(kind="renewal")  # fmt: skip
    if wall.team_id:
        wins = wins.filter(owner__team=wall.team_id)
    deal = wins.select_related("company", "source", "lead").order_by("-closed_at", "-id").first()
    if deal is None or deal.closed_at is None:
        return "", ""
    zone = ZoneInfo(organisation.timezone)
    day, today = deal.closed_at.astimezone(zone).date(), organisation.today(now)
    ago = (today - day).days
    when = {0: "Won today", 1: "Won yesterday"}.get(
        ago, f"Won on {day:%A}" if ago < 7 else f"Won on {day.day} {day:%b}"
    )
    what = [words.money_short(deal.worth, deal.currency)] if deal.worth else []
    if deal.company and deal.company.industry:
        what.append(_lower(deal.company.industry))
    how = [_lower(deal.source.name) + (f" in {deal.lead.created_at.astimezone(zone):%B}" if deal.lead else "")
           ] if deal.source else []  # fmt: skip
    if answered := _answered(deal.lead_id):
        how.append(f"answered in {answered}")
    return when, ": ".join(part for part in (", ".join(what), ", ".join(how)) if part) or "a deal"


def _answered(lead_id: int | None) -> str:
    """How long the first answer took, in open time, if it was in time."""
    clock = Clock.objects.filter(
        lead=lead_id, target="first_response", scope="lead", outcome="met"
    ).select_related("calendar_version").order_by("run").first() if lead_id else None  # fmt: skip
    if clock is None or clock.stopped_at is None:
        return ""
    hours = clock.calendar_version.hours() if clock.calendar_version else ROUND_THE_CLOCK
    taken = int(hours.elapsed(clock.started_at, max(clock.stopped_at, clock.started_at)))
    return f"{max(taken, 1)} s" if taken < 60 else f"{taken // 60} min" if taken < 3600 else words.span(taken)


def _percent(share: float | None) -> str:
    return f"{100 * max(0.0, min(1.0, share or 0.0)):.1f}"


def _lower(text: str) -> str:
    """Within a sentence; a first word with a capital further on (SaaS, IT) stays as it is."""
    return text if text.split(" ")[0][1:].lower() != text.split(" ")[0][1:] else text[:1].lower() + text[1:]


def as_json(board: Board) -> dict[str, Any]:
    return {
        "as_of": board.as_of, "team": board.team or None,
        "tiles": [
            {"key": t.key, "name": t.name, "value": " ".join(p for p in (t.value, t.unit) if p) or None, "note": t.note,
             "tone": t.tone or t.meter, "share": t.share, "mark": t.mark, "due_at": t.due, "then_due_at": t.then}
            for t in board.tiles
        ],
        "last_win": {"when": board.won[0], "what": board.won[1]} if board.won[0] else None,
    }  # fmt: skip
