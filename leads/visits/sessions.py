"""Which visit an event belongs to: 30 minutes without one end a visit. The visitors are held while this is decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.visits.reading import Report
from marketing import channels, vocabulary
from revops.lib import bulk

IDLE = timedelta(minutes=30)
VISIT = {
    "id": "bigint", "visitor_id": "bigint", "started_at": "timestamptz", "ended_at": "timestamptz", "events": "int",
    "entry_url": "text", "referrer": "text", "channel_id": "text", "campaign_id": "bigint",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Open:
    """A visit as stored, or about to be (`id` None)."""

    visitor_id: int
    started_at: datetime
    ended_at: datetime
    id: int | None = None
    events: int = 0
    entry_url: str = ""
    referrer: str = ""
    channel: str | None = None
    campaign: int | None = None
    is_new: bool = False

    def holds(self, at: datetime) -> bool:
        return self.started_at - IDLE < at < self.ended_at + IDLE


def channel_of(report: Report) -> str | None:
    """By its own tags, address or referrer; None when it carries nothing to tell by."""
    if not (report.utm or report.url or report.referrer):
        return None
    return channels.resolve(report.utm, report.referrer, report.url, aliases=vocabulary.aliases())


def campaign_of(report: Report) -> str:
    return channels.campaign_code(report.utm, report.url)


def place(
    reports: Sequence[tuple[Report, int]], *, campaigns: Mapping[str, int]
) -> tuple[list[Open], list[tuple[str, list]]]:
    """The visit of each (report, visitor's id), and the statements that keep the visits. Two queries, however many."""
    if not reports:
        return [], []
    stored = _stored(reports)
    found: dict[int, Open] = {}
    touched: list[Open] = []
    for index in sorted(range(len(reports)), key=lambda i: reports[i][0].occurred_at):
        report, visitor = reports[index]
        visit = next((one for one in stored.get(visitor, []) if one.holds(report.occurred_at)), None)
        if visit is None:
            visit = Open(
                visitor, report.occurred_at, report.occurred_at, None, 0, report.url, report.referrer,
                channel_of(report), campaigns.get(campaign_of(report)), is_new=True,
            )  # fmt: skip
            stored.setdefault(visitor, []).append(visit)
        visit.started_at = min(visit.started_at, report.occurred_at)
        visit.ended_at = max(visit.ended_at, report.occurred_at)
        visit.events += 1
        found[index] = visit
        if visit not in touched:
            touched.append(visit)
    _number([visit for visit in touched if visit.is_new])
    return [found[index] for index in range(len(reports))], _kept(touched)


def _stored(reports: Sequence[tuple[Report, int]]) -> dict[int, list[Open]]:
    moments: dict[int, list[datetime]] = {}
    for report, visitor in reports:
        moments.setdefault(visitor, []).append(report.occurred_at)
    rows = [(visitor, min(at) - IDLE, max(at) + IDLE) for visitor, at in moments.items()]
    relation, params = bulk.source({"visitor_id": "bigint", "since": "timestamptz", "until": "timestamptz"}, rows)
    known = bulk.query(
        f"""SELECT s.visitor_id, s.started_at, s.ended_at, s.id, s.events, s.entry_url, s.referrer, s.channel_id,
                   s.campaign_id
              FROM {relation} JOIN leads_visit s ON s.visitor_id = v.visitor_id
                                                AND s.ended_at > v.since AND s.started_at < v.until
             ORDER BY s.started_at""",
        params,
    )
    found: dict[int, list[Open]] = {}
    for row in known:
        found.setdefault(row[0], []).append(Open(*row))
    return found


def _number(visits: Sequence[Open]) -> None:
    if visits:
        drawn = bulk.query("SELECT nextval('leads_visit_id_seq') FROM generate_series(1, %s)", [len(visits)])
        for visit, (pk,) in zip(visits, drawn, strict=True):
            visit.id = pk


def _kept(visits: Iterable[Open]) -> list[tuple[str, list]]:
    new, old = [], []
    for v in visits:
        row = (v.id, v.visitor_id, v.started_at, v.ended_at, v.events, v.entry_url, v.referrer, v.channel, v.campaign)
        (new if v.is_new else old).append(row)
    statements = [bulk.insert("leads_visit", VISIT, new)] if new else []
    if old:
        relation, params = bulk.source(VISIT, old)
        statements.append((
            f"UPDATE leads_visit s SET started_at = v.started_at, ended_at = v.ended_at, events = v.events "
            f"FROM {relation} WHERE s.id = v.id", params))  # fmt: skip
    return statements
