"""What a review must know of deals, asked of many at once: where they stand, and what happened since the last time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deals.models import ContactRole, Deal, DealCompetitor, Objection, PipelineStage
from journal.models import Entry
from leads.models.touch import ANSWERING_KINDS, COUNTED
from revops.lib import bulk
from sla.models import Clock, NextStep
from teams.models import User

CHANGES = ["deal.edited", "deal.moved", "deal.reopened", "deal.lines", "deal.discount_asked", "deal.discount_approved",
           "deal.discount_declined"]  # fmt: skip
TOUCHES = """
WITH theirs AS (SELECT d.id, x.person_id FROM deals_deal d,
                 LATERAL (SELECT r.person_id FROM deals_contactrole r WHERE r.deal_id = d.id
                           UNION SELECT d.person_id) x
                 WHERE d.id = ANY (%(ids)s) AND x.person_id IS NOT NULL)
SELECT p.id, t.kind, t.direction, t.outcome, t.occurred_at
  FROM theirs p JOIN leads_touch t ON t.person_id = p.person_id
 WHERE t.occurred_at > %(since)s AND t.occurred_at <= %(until)s AND t.standing = ANY (%(counted)s)
   AND t.kind = ANY (%(kinds)s) AND (NOT t.automatic OR t.outcome = 'two_way')
 ORDER BY t.occurred_at, t.id"""
SPOKEN = """
SELECT d.id, max(t.occurred_at) FROM deals_deal d
  JOIN LATERAL (SELECT r.person_id FROM deals_contactrole r WHERE r.deal_id = d.id UNION SELECT d.person_id) x ON true
  JOIN leads_touch t ON t.person_id = x.person_id
 WHERE d.id = ANY (%(ids)s) AND t.outcome = 'two_way' AND t.standing = ANY (%(counted)s)
   AND t.occurred_at <= %(until)s GROUP BY d.id"""


@dataclass(frozen=True, slots=True)
class Contact:
    """A touch between people: `out` is ours; `answered`: both spoke."""

    kind: str
    out: bool
    answered: bool
    at: datetime


@dataclass(slots=True)
class News:
    """Of one deal. `changes`: its journal since then, oldest first; `champion`: a person's id; `due`: when the answer
    to an objection is promised, by objection."""

    deal: Deal
    changes: list[Entry] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    spoken_at: datetime | None = None
    champion: int | None = None
    competitors: list[str] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    due: dict[int, datetime] = field(default_factory=dict)
    step: NextStep | None = None
    names: dict[int, str] = field(default_factory=dict)
    stages: dict[int, str] = field(default_factory=dict)


def changed(since: datetime, until: datetime) -> list[int]:
    """Open deals something was changed of in (since, until]."""
    rows = bulk.query(
        """SELECT d.id FROM deals_deal d WHERE d.stage = 'open' AND d.id IN (
             SELECT e.subject_id FROM journal_entry e WHERE e.kind = ANY (%(kinds)s) AND e.subject_kind = 'deal'
                AND e.at > %(since)s AND e.at <= %(until)s) ORDER BY d.id""",
        {"kinds": CHANGES, "since": since, "until": until},
    )
    return [pk for (pk,) in rows]


def of(ids: Sequence[int], *, since: datetime, until: datetime) -> dict[int, News]:
    """{deal: its news in (since, until]}; eleven queries, however many deals."""
    loaded = Deal.objects.select_related("company", "owner", "source", "pipeline_stage", "lead").in_bulk(list(ids))
    found = {pk: News(deal) for pk, deal in loaded.items()}
    if not found:
        return {}
    entries = Entry.objects.about("deal", found).filter(kind__in=CHANGES, at__gt=since, at__lte=until)
    for entry in entries.order_by("at", "id"):
        found[entry.subject_id].changes.append(entry)
    asked: dict[str, Any] = {
        "ids": list(found), "since": since, "until": until, "counted": COUNTED, "kinds": ANSWERING_KINDS,
    }  # fmt: skip
    for pk, kind, direction, outcome, at in bulk.query(TOUCHES, asked):
        found[pk].contacts.append(Contact(kind, direction == "out", outcome == "two_way", at))
    for pk, at in bulk.query(SPOKEN, asked):
        found[pk].spoken_at = at
    for pk, person in ContactRole.objects.filter(deal__in=found, role="champion").values_list("deal_id", "person_id"):
        found[pk].champion = found[pk].champion or person
    rivals = DealCompetitor.objects.filter(deal__in=found).values_list("deal_id", "competitor__name")
    for pk, name in rivals.order_by("noted_at", "id"):
        found[pk].competitors.append(name)
    held = Objection.objects.filter(deal__in=found, at__lte=until).order_by("at", "id")
    requests: dict[int, Objection] = {}
    for one in held:
        if one.at > since or one.answered_at is None or one.answered_at > since:
            found[one.deal_id].objections.append(one)
            if one.request_id and one.answered_at is None:
                requests[one.request_id] = one
    clocks = Clock.objects.filter(content_request__in=requests, phase="running").exclude(due_at=None)
    for request, due in clocks.values_list("content_request_id", "due_at"):
        one = requests[request]
        found[one.deal_id].due[one.pk] = due
    for step in NextStep.objects.filter(deal__in=found, state="open"):
        found[step.deal_id or 0].step = step
    people = {e.by_id for news in found.values() for e in news.changes if e.by_id}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    passed = {e.data.get("from") for news in found.values() for e in news.changes if e.kind == "deal.moved"}
    stages = dict(PipelineStage.objects.filter(pk__in=passed - {None}).values_list("pk", "name"))
    for news in found.values():
        news.names, news.stages = names, stages
    return found
