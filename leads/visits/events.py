"""The one way in for what sites, products and Segment report. See `take`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from journal.record import Fact, record
from leads import arrivals, custom_attributes, intake, touches
from leads.consent import saying
from leads.incoming import IncomingTouch
from leads.models import ConsentState, Person
from leads.visits import mapping, sessions, stitching
from leads.visits.reading import Report, read
from marketing import campaigns, vocabulary
from revops.lib import bulk
from revops.lib.errors import Invalid

if TYPE_CHECKING:
    from teams.models import User

EVENT = {
    "source": "text", "message_id": "text", "type": "text", "name": "text", "visitor_id": "bigint",
    "visit_id": "bigint", "person_id": "bigint", "touch_kind": "text", "side": "text", "channel_id": "text",
    "campaign_id": "bigint", "asset": "text", "url": "text", "properties": "jsonb", "occurred_at": "timestamptz",
    "sent_at": "timestamptz", "received_at": "timestamptz", "clamped": "bool", "recorded_at": "timestamptz",
}  # fmt: skip
ONCE = "ON CONFLICT (source, message_id) DO NOTHING RETURNING message_id"


@dataclass(slots=True)
class Taken:
    """What became of one report. `status`: touch (a touch of a person), learnt (of a person or firm), kept (of nobody
    yet, or nothing to learn), duplicate (that message was here before), refused (with `errors`)."""

    status: str
    person_id: int | None = None
    errors: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Item:
    """One report on its way. `visitor`: the id under which it waits while nobody is known by it."""

    index: int
    report: Report
    kind: str
    person: int | None = None
    firm: int | None = None
    campaign: str = ""
    channel: str | None = None

    @property
    def visitor(self) -> str:
        # A product that names its user knows better than the browser, which somebody else may have used before.
        return self.report.visitor if self.person else self.report.user_key or self.report.visitor

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """What is known to be this person's from now on."""
        ids = (self.report.visitor, self.report.user_key, self.report.also)
        return [(one, self.person) for one in ids if one] if self.person else []


def take(
    batch: Sequence[Any],
    *,
    source: str,
    by: "User | None",
    now: datetime,
    via: str = "hook",
    forwarded: bool = True,
    public: bool = False,
) -> list[Taken]:
    """Take reports in Segment's shape (plain dicts) in; one Taken each, in order. Never raises for what is in them.

    `source`: who reports, at most 60 characters; user ids and message ids are its own. `forwarded`: the reports passed
    through Segment, whose `receivedAt` stands; else they were received `now`. `public`: anybody may have sent them, so
    they may make a person known by mail, and change nothing of one we know but an empty name.
    """
    answers = [Taken("refused") for _ in batch]
    types, mapped = custom_attributes.types(), mapping.known()
    items: dict[str, _Item] = {}
    for index, data in enumerate(batch):
        try:
            report = read(data, source=source, now=now, forwarded=forwarded, public=public, types=types)
        except Invalid as wrong:
            answers[index].errors = [{"field": wrong.field or "", "code": wrong.code, "detail": wrong.detail}]
            continue
        answers[index].status = "duplicate"
        items.setdefault(report.message_id, _Item(index, report, mapping.kind_of(report, mapped)))
    for known in _here(source, items):
        del items[known]
    if items:
        new = list(items.values())
        _learn(new, by=by, via=via, now=now)
        with transaction.atomic():
            for item in _keep(new, source=source, by=by, via=via, public=public, now=now):
                learnt = item.person and item.report.type in ("identify", "group", "alias")
                status = "touch" if item.person and item.kind else "learnt" if learnt or item.firm else "kept"
                answers[item.index] = Taken(status, item.person)
                if item.person and not public and mapping.withdraws(item.report, mapped):
                    _withdraw(item, by=by, now=now)
    return answers


def _withdraw(item: _Item, *, by: "User | None", now: datetime) -> None:
    """They unsubscribed where the mails are sent. A yes that is newer stands (leads.consent)."""
    person = Person.objects.get(pk=item.person)
    saying.say(person, "newsletter", "email", ConsentState.WITHDRAWN, by=by, at=item.report.occurred_at, now=now,
               how="provider", said=item.report.name)  # fmt: skip


def _here(source: str, message_ids: Iterable[str]) -> list[str]:
    found = bulk.query(
        "SELECT message_id FROM leads_visitevent WHERE source = %s AND message_id = ANY (%s)",
        [source, list(message_ids)],
    )
    return [message for (message,) in found]


def _learn(items: Sequence[_Item], *, by: "User | None", via: str, now: datetime) -> None:
    """Who they are. In a transaction of its own: it takes locks by key, which must not be waited for while visitors are
    held. A mail address makes somebody new only where there is something to say of them."""
    telling = [(item, item.report.learnable) for item in items if item.report.learnable]
    may_make = [bool(who.email and (item.kind or item.report.type in ("identify", "group"))) for item, who in telling]
    learnt = intake.learn([who for _, who in telling], may_make=may_make, by=by, via=via, now=now)
    for (item, _), outcome in zip(telling, learnt, strict=True):
        item.person, item.firm = outcome.person_id, outcome.company_id


def _keep(
    items: Sequence[_Item], *, source: str, by: "User | None", via: str, public: bool, now: datetime
) -> list[_Item]:
    """Write what was not here before; answers those. People are held before visitors, as a capture does."""
    pairs = {pair for item in items for pair in item.pairs}
    ids = sorted({item.visitor for item in items if item.visitor} | {one for one, _ in pairs})
    _hold_people({person for _, person in pairs}, ids)
    visitors = _visitors(ids, now=now)
    stitched = _stitch(pairs, visitors, by=by, via=via, now=now)
    for item in items:
        if item.person is None and item.visitor in visitors:
            item.person = visitors[item.visitor].person
    known = _campaigns(items, public=public)
    placed = [item for item in items if item.report.visitor and item.kind and item.visitor == item.report.visitor]
    visits, writes = sessions.place([(item.report, visitors[item.visitor].id) for item in placed], campaigns=known)
    visit_of = dict(zip(placed, visits, strict=True))
    inherited = campaigns.codes({visit.campaign for visit in visits if visit.campaign})
    for item in items:
        _place(item, visit_of.get(item), known, inherited)
    rows = [_row(item, visitors, visit_of.get(item), known | inherited, source=source, now=now) for item in items]
    bulk.run(writes)
    made = {message for (message,) in bulk.query(*bulk.insert("leads_visitevent", EVENT, rows, ONCE))}
    fresh = [item for item in items if item.report.message_id in made]
    reported = [
        touches.ReportedTouch(_touch(item), person_id=item.person) for item in fresh if item.person and item.kind
    ]
    # A browser of anybody may say any time; what a server or a provider signed is believed.
    touches.add(reported, source=source, by=by.pk if by else None, via=via, now=now, dated=not public)
    record(stitched, now=now)
    return fresh


@dataclass(slots=True)
class _Visitor:
    """`person`: whose it is, None for nobody's or for that of two. `was_known`: before this batch."""

    id: int
    person: int | None
    was_known: bool


def _hold_people(people: set[int], ids: Sequence[str]) -> None:
    """Those named, and those whose browsers these are; in one order with everybody else."""
    bulk.query(
        f"""SELECT p.id FROM leads_person p WHERE p.id = ANY (%s) OR p.id IN (
                SELECT {stitching.KEPT.format("o.person_id")} FROM leads_visitor o
                 WHERE o.anonymous_id = ANY (%s) AND o.person_id IS NOT NULL)
             ORDER BY p.id FOR NO KEY UPDATE""",
        [sorted(people), list(ids)],
    )


def _visitors(ids: Sequence[str], *, now: datetime) -> dict[str, _Visitor]:
    """Each by its id, made or seen again, and held until the end: two batches of one browser take turns."""
    if not ids:
        return {}
    rows = bulk.query(
        f"""INSERT INTO leads_visitor AS o (anonymous_id, first_seen_at, last_seen_at)
            SELECT x, %s, %s FROM unnest(%s::text[]) x ORDER BY x
                ON CONFLICT (anonymous_id) DO UPDATE
                   SET last_seen_at = greatest(o.last_seen_at, excluded.last_seen_at)
            RETURNING anonymous_id, id,
                      CASE WHEN is_ambiguous THEN NULL ELSE {stitching.KEPT.format("o.person_id")} END,
                      person_id IS NOT NULL""",
        [now, now, list(ids)],
    )
    return {one: _Visitor(*rest) for one, *rest in rows}


def _stitch(
    pairs: set[tuple[str, int]], visitors: dict[str, _Visitor], *, by: "User | None", via: str, now: datetime
) -> list[Fact]:
    """Make these ids these people's; the news of it. `visitors` knows the owners afterwards."""
    if not pairs:
        return []
    own, stitch = stitching.statements(pairs, now=now)
    bulk.run([own])
    joined = dict(bulk.query(*stitch))
    owners = bulk.query(
        "SELECT anonymous_id, CASE WHEN is_ambiguous THEN NULL ELSE person_id END FROM leads_visitor "
        "WHERE anonymous_id = ANY (%s)",
        [[one for one, _ in pairs]],
    )
    mine = dict(pairs)
    fresh: dict[int, list[int]] = {}
    for anonymous_id, owner in owners:
        visitor = visitors[anonymous_id]
        visitor.person = mine[anonymous_id] if owner else None
        if owner and not visitor.was_known:
            fresh.setdefault(mine[anonymous_id], []).append(visitor.id)
    doer = by.pk if by else None
    return [
        *(Fact("person.identified", "person", person, now, by=doer, via=via,
               data={"visitors": ids, "touches": joined.get(person, 0)}) for person, ids in fresh.items()),
        *(Fact("person.touched", "person", person, now, by=doer, via=via, data={"touches": count, "lead": None})
          for person, count in joined.items()),
    ]  # fmt: skip


def _campaigns(items: Sequence[_Item], *, public: bool) -> dict[str, int]:
    """{code: id}. A stranger's address bar makes no new campaign."""
    for item in items:
        item.campaign = sessions.campaign_of(item.report)
    codes = {item.campaign for item in items if item.campaign and item.kind}
    return campaigns.known(codes) if public else campaigns.ids(codes)


def _place(item: _Item, visit: sessions.Open | None, known: dict[str, int], inherited: dict[str, int]) -> None:
    """Where it came from: a page within a visit came by the channel of the visit, unless it carries tags of its own."""
    r = item.report
    own = sessions.channel_of(r) if r.utm or visit is None else None
    item.channel = own or (visit.channel if visit else None) or _usual_channel(item.kind)
    if item.campaign not in known:
        item.campaign = ""
    if visit and not own and not item.campaign:
        item.campaign = next((code for code, pk in inherited.items() if pk == visit.campaign), "")


def _row(
    item: _Item, visitors: dict[str, _Visitor], visit: sessions.Open | None, codes: dict[str, int],
    *, source: str, now: datetime,
) -> tuple:  # fmt: skip
    r = item.report
    side = arrivals.side_of(_touch(item)) if item.kind else ""
    visitor = visitors[item.visitor].id if item.visitor else None
    return (source, r.message_id, r.type, r.name, visitor, visit.id if visit else None, item.person, item.kind, side,
            item.channel, codes.get(item.campaign), _asset(item), r.url, r.properties, r.occurred_at, r.sent_at,
            r.received_at, r.clamped, now)  # fmt: skip


def _usual_channel(kind: str) -> str | None:
    return vocabulary.named("email") if kind in ("email_click", "email_open") else None


def _asset(item: _Item) -> str:
    return "" if item.kind == "page_view" and item.report.url else item.report.name if item.kind else ""


def _touch(item: _Item) -> IncomingTouch:
    r = item.report
    return IncomingTouch(
        kind=item.kind, occurred_at=r.occurred_at, channel=item.channel or "", url=r.url, asset=_asset(item),
        campaign=item.campaign, external_id=r.message_id, sent_at=r.sent_at, clamped=r.clamped,
    )  # fmt: skip
