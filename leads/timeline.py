"""Everything that happened to a person as a lead: journal and touches merged, newest first, of all their cycles."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from journal.models import Entry
from leads import told, touch_words
from leads.models import Lead, Ownership, Touch
from leads.visits import told as visits
from revops.lib.errors import Invalid
from teams.models import User

TABS = {"": "Everything", "marketing": "Marketing", "sales": "Sales", "product": "Product", "rules": "Rules & clocks"}
# A touch that a person logged and a hand raised again are shown as the touch itself, what is held or picked as what
# became of its owner.
HIDDEN = ["touch.logged", "lead.raised", "lead.held", "lead.picked"]
# An owner's own clock runs beside the lead's and would say everything twice; that it ran late stays.
SAID_TWICE = ["clock.warned", "clock.met", "clock.met_late", "clock.cancelled"]
BY_RULES = ["lead.mql", "lead.unassigned", "lead.stuck"]
BY_PEOPLE = [
    "lead.assigned",
    "lead.sal",
    "lead.rejected",
    "lead.recycled",
    "lead.disqualified",
    "lead.sql",
    "lead.opportunity",
    "lead.won",
    "lead.lost",
    "lead.reopened",
    "lead.undone",
    "lead.merged",
    "lead.unmerged",
    "lead.bant",
    "touch.approved",
    "touch.declined",
    "step.set",
    "step.reworded",
    "step.done",
    "step.dropped",
]
WAITING = {"waits": "waits for approval", "declined": "declined, doesn’t count", "ahead": "counts when it happens"}
ENTRY, TOUCH = 1, 0  # of one instant, what followed is above what led to it


@dataclass(slots=True)
class Item:
    """One thing. `code`: the entry's kind or `touch.<kind>`; `kind`: its shape (touch, stage, sla, sales); `source`:
    entry or touch, with its `id`; `others`: the ids of further touches in the same line; `struck`: taken back."""

    at: datetime
    code: str
    kind: str
    text: str
    note: str = ""
    source: str = "entry"
    id: int = 0
    by: int | None = None
    lead: int | None = None
    struck: bool = False
    correction: str = ""
    href: str = ""
    undo: str = ""
    html: str = ""
    others: list[int] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """For `before`: everything older than this item."""
        rank = ENTRY if self.source == "entry" else TOUCH
        raw = json.dumps([self.at.isoformat(), rank, self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def of(lead: Lead, *, limit: int = 20, before: str = "", tab: str = "", visits_as_one: bool = False) -> list[Item]:
    """The newest `limit` items of the lead's person before the cursor. Six queries at most, whatever the limit.

    `visits_as_one`: the pages of a visit are one item, dated when it began; else each is one.

    Raises Invalid for a cursor that isn't one.
    """
    place = _read(before) if before else None
    ids = list(_cycles(lead))
    entries = list(_entries(ids, tab).filter(_before(place, "at", ENTRY)).order_by("-at", "-id")[:limit])
    touches = list(
        _touches(lead.person_id, tab, visits_as_one)
        .filter(_before(place, "occurred_at", TOUCH))
        .select_related("channel", "campaign")
        .order_by("-occurred_at", "-id")[:limit]
    )
    merged = sorted(
        [(e.at, ENTRY, e.pk, e) for e in entries] + [(t.occurred_at, TOUCH, t.pk, t) for t in touches], reverse=True
    )[:limit]
    return _items([row[3] for row in merged], ids, visits_as_one)


def down_to(touch_id: int, at: datetime) -> str:
    """For `before`: the place where this touch is the newest shown."""
    return Item(at, "", "", "", source="touch", id=touch_id + 1).cursor


def counts(lead: Lead) -> dict[str, int]:
    """{tab: how many, a visit as one}; two queries."""
    ids = _cycles(lead)
    sides = dict(_touches(lead.person_id, "", True).order_by().values_list("side").annotate(n=Count("id")))
    rules = {"rules": _is_rule(), "sales": _is_sales(), "marketing": Q(kind="lead.opened")}
    entries = _shown(ids)
    told_of = entries.aggregate(all=Count("id"), **{tab: Count("id", filter=q) for tab, q in rules.items()})
    found = {tab: sides.get(tab, 0) + told_of.get(tab, 0) for tab in TABS if tab}
    return {"": sum(sides.values()) + told_of["all"], **found}


def latest(lead: Lead) -> int:
    """The newest entry about this lead; 0 when there is none."""
    return Entry.objects.about("lead", [lead.pk]).order_by("-id").values_list("id", flat=True).first() or 0


def since(lead: Lead, entry_id: int) -> list[Item]:
    """What came after that entry, oldest first."""
    entries = _shown([lead.pk]).filter(id__gt=entry_id).order_by("id")[:50]
    return _items(list(entries), [lead.pk])


def _cycles(lead: Lead):
    """The ids of the person's leads, with those of other records that were merged into them."""
    own = Lead.objects.filter(person_id=lead.person_id).values_list("id", flat=True)
    return own.union(Lead.objects.filter(merged_into__person_id=lead.person_id).values_list("id", flat=True))


def _is_rule() -> Q:
    by_rule = Q(kind="lead.assigned") & ~Q(data__cause__in=["manual", "accepted", "undone"])
    return Q(kind__startswith="clock.") | Q(kind__in=BY_RULES) | by_rule


def _is_sales() -> Q:
    return Q(kind__in=BY_PEOPLE) & ~_is_rule()


def _shown(ids: Any):
    entries = Entry.objects.about("lead", ids).exclude(kind__in=HIDDEN)
    return entries.exclude(kind__in=SAID_TWICE, data__scope="owner")


def _entries(ids: Sequence[int], tab: str):
    entries = _shown(ids)
    if tab == "rules":
        return entries.filter(_is_rule())
    if tab == "sales":
        return entries.filter(_is_sales())
    if tab == "marketing":
        return entries.filter(kind="lead.opened")
    return entries.none() if tab == "product" else entries


def _touches(person_id: int, tab: str, visits_as_one: bool):
    touches = Touch.objects.filter(person_id=person_id)
    if visits_as_one:
        touches = touches.filter(visits.only_first_pages())
    if tab == "rules":
        return touches.none()
    return touches.filter(side=tab) if tab else touches


def _items(rows: Sequence[Entry | Touch], ids: Sequence[int], visits_as_one: bool = False) -> list[Item]:
    entries = [row for row in rows if isinstance(row, Entry)]
    people = {row.by_id for row in rows if row.by_id}
    people |= {e.data[key] for e in entries for key in ("owner", "to", "from") if isinstance(e.data.get(key), int)}
    names = dict(User.objects.filter(pk__in=people).values_list("id", "name")) if people else {}
    wanted = [e.data["ownership"] for e in entries if e.kind == "lead.assigned" and e.data.get("ownership")]
    owned = Ownership.objects.in_bulk(wanted) if wanted else {}
    taken_back = Entry.objects.about("lead", ids).filter(kind__in=["lead.undone", "lead.unmerged"]) if entries else []
    undone = {pk: e for e in taken_back for pk in e.data.get("entries", [e.data.get("entry")])}
    seen = visits.pages(row for row in rows if isinstance(row, Touch)) if visits_as_one else {}
    return [
        _of_entry(row, names, owned, undone) if isinstance(row, Entry) else _of_touch(row, names, seen.get(row.pk))
        for row in rows
    ]


def _of_entry(e: Entry, names: dict[int, str], owned: dict[int, Ownership], undone: dict[int, Entry]) -> Item:
    by = names.get(e.by_id or 0, "")
    text, note = told.sentence(e.kind, e.data, by, names, owned.get(e.data.get("ownership", 0)))
    kind = "sla" if e.kind.startswith("clock.") else "stage"
    if kind == "stage" and e.by_id and e.kind in BY_PEOPLE:
        kind = "sales"
    taken_back = undone.get(e.pk)
    correction = f"taken back by {names.get(taken_back.by_id or 0, 'somebody')}" if taken_back else ""
    return Item(
        e.at,
        e.kind,
        kind,
        text,
        note,
        "entry",
        e.pk,
        e.by_id,
        e.subject_id,
        taken_back is not None,
        correction,
        data=e.data,
    )


def _of_touch(t: Touch, names: dict[int, str], visit: list[Touch] | None = None) -> Item:
    text, took = touch_words.sentence(t, names.get(t.by_id or 0, "")), ""
    if visit and visit[1:]:
        text, took = visits.sentence(visit)
    origin = [took] if took else []
    origin += [str(t.channel).lower()] if t.channel_id and t.side != "sales" else []
    origin += [t.campaign.code] if t.campaign_id else []
    note = " · ".join([WAITING[t.standing], t.note] if t.standing in WAITING and t.note else
                      [WAITING.get(t.standing) or t.note or " · ".join(origin)])  # fmt: skip
    return Item(
        t.occurred_at,
        f"touch.{t.kind}",
        "sales" if t.side == "sales" else "touch",
        text,
        note,
        "touch",
        t.pk,
        t.by_id,
        t.lead_id,
        others=[other.pk for other in (visit or [])[1:]],
    )


def _before(place: tuple[datetime, int, int] | None, column: str, rank: int) -> Q:
    """Older than a place in the merged order, which is (moment, entries above touches, id)."""
    if place is None:
        return Q()
    at, place_rank, pk = place
    older = Q(**{f"{column}__lt": at})
    if rank < place_rank:
        return older | Q(**{column: at})
    return older | Q(**{column: at}, id__lt=pk) if rank == place_rank else older


def _read(cursor: str) -> tuple[datetime, int, int]:
    try:
        at, rank, pk = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        when = datetime.fromisoformat(at)
        if when.tzinfo is not None and rank in (ENTRY, TOUCH) and type(pk) is int and 0 <= pk < 2**63:
            return when, rank, pk
    except (binascii.Error, ValueError, TypeError, UnicodeError, RecursionError):
        pass
    raise Invalid(
        "This place in the timeline no longer exists; start at its top.", code="invalid_cursor", field="before"
    )
