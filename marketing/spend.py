"""Keep what was spent: by month, channel and campaign; the same (source, key) once, corrected by the next one told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from journal import drafting
from journal.models import Entry as JournalEntry
from journal.record import Fact, record
from marketing.models import Spend
from marketing.spend_rights import require_spend
from revops.lib import bulk
from revops.lib.errors import Refused

HAND = "hand"
KEPT, REMOVED = "spend.kept", "spend.removed"
ONE_AT_A_TIME = "spend"  # two files with the same keys in another order would wait for each other
TYPES = {
    "source": "text", "key": "text", "month": "date", "channel_id": "text", "campaign_id": "bigint", "kind": "text",
    "amount": "bigint", "currency": "text", "note": "text", "recorded_at": "timestamptz", "by_id": "bigint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Amount:
    """One thing spent. `amount` in minor units, None to take it out. `key` names it within its source; typed by hand it
    is the cell: one amount a month, channel and campaign."""

    month: date
    channel: str | None
    campaign: int | None = None
    kind: str = Spend.Kind.PROGRAMME
    amount: int | None = 0
    currency: str = "USD"
    note: str = ""
    source: str = HAND
    key: str = ""

    @property
    def name(self) -> tuple[str, str]:
        return self.source, self.key or cell(self.month, self.channel, self.campaign)


@dataclass(slots=True)
class Done:
    """How many were new, changed, the same as before, and taken out. `batch` names them for `take_back`."""

    batch: str
    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    ids: dict[tuple[str, str], int] = field(default_factory=dict)


def cell(month: date, channel: str | None, campaign: int | None) -> str:
    """2026-11 webinar · 2026-11 webinar 12 · 2026-11 tools"""
    return " ".join(str(part) for part in (f"{month:%Y-%m}", channel or "tools", campaign) if part)


def keep(amounts: Iterable[Amount], *, by: Any, at: datetime, via: str = "page") -> Done:
    """All of them or none; of one name given twice the last one counts. Three statements for any number.

    Raises Forbidden. Telling the same again changes nothing.
    """
    require_spend(by)
    wanted = {amount.name: amount for amount in amounts}
    done = Done(batch=uuid4().hex)
    with transaction.atomic():
        drafting.hold(ONE_AT_A_TIME)
        known = _known(list(wanted))
        write: list[Amount] = []
        gone: list[Spend] = []
        for name, amount in wanted.items():
            row = known.get(name)
            if amount.amount is None:
                gone += [row] if row else []
            elif row and _said(row) == _told(amount):
                done.same += 1
                done.ids[name] = row.pk
            else:
                write.append(amount)
                done.changed += row is not None
                done.new += row is None
        done.ids |= _write(write, by=by, at=at)
        facts = [
            Fact(KEPT, "spend", done.ids[a.name], at, by.pk, via,
                 {"batch": done.batch, "now": a.amount, "place": _place_of(a)} | _had(known.get(a.name)))
            for a in write
        ]  # fmt: skip
        facts += [_removed(row, done.batch, by=by, at=at, via=via) for row in gone]
        Spend.objects.filter(pk__in=[row.pk for row in gone]).delete()
        done.removed = len(gone)
        record(facts, now=at)
    return done


def take_back(batch: str, *, by: Any, at: datetime, via: str = "page") -> Done:
    """What `keep` did under this name is as it was before, its month, channel and currency too; what somebody changed
    since stays. Twice does nothing more.

    Raises Forbidden, and Refused for a batch nobody knows.
    """
    require_spend(by)
    done = Done(batch=uuid4().hex)
    with transaction.atomic():
        drafting.hold(ONE_AT_A_TIME)
        facts = list(JournalEntry.objects.filter(kind__in=[KEPT, REMOVED], data__batch=batch).order_by("id"))
        if not facts:
            raise Refused("Nothing was kept under this name.", code="unknown_batch")
        rows = Spend.objects.select_for_update().in_bulk([fact.subject_id for fact in facts])
        told: list[Fact] = []
        for fact in facts:
            row, was, now = rows.get(fact.subject_id), fact.data["was"], fact.data.get("now")
            if fact.kind == KEPT and row and row.amount == now and fact.data["place"] == _place(row):
                if was is None:
                    told.append(_removed(row, done.batch, by=by, at=at, via=via))
                    row.delete()
                    done.removed += 1
                elif (was, fact.data["had"]) != (now, fact.data["place"]):
                    told.append(_restored(row, fact, done, by=by, at=at, via=via))
            elif fact.kind == REMOVED and row is None:
                told += _put_back(fact, done, by=by, at=at, via=via)
        record(told, now=at)
    return done


def _known(names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Spend]:
    if not names:
        return {}
    sources, keys = zip(*names, strict=True)
    rows = Spend.objects.select_for_update().filter(source__in=set(sources), key__in=set(keys))
    return {(row.source, row.key): row for row in rows if row.key is not None}


def _write(amounts: Sequence[Amount], *, by: Any, at: datetime) -> dict[tuple[str, str], int]:
    if not amounts:
        return {}
    rows = [(*a.name, a.month, a.channel, a.campaign, a.kind, a.amount, a.currency, a.note, at, by.pk) for a in amounts]
    changed = ", ".join(f"{name} = excluded.{name}" for name in TYPES if name not in {"source", "key", "recorded_at"})
    text, params = bulk.insert(
        "marketing_spend", TYPES, rows,
        f"ON CONFLICT (source, key) WHERE key IS NOT NULL DO UPDATE SET {changed} RETURNING source, key, id",
    )  # fmt: skip
    return {(source, key): pk for source, key, pk in bulk.query(text, params)}


def _said(row: Spend) -> tuple:
    return row.month, row.channel_id, row.campaign_id, row.kind, row.amount, row.currency, row.note


def _told(a: Amount) -> tuple:
    return a.month, a.channel, a.campaign, str(a.kind), a.amount, a.currency, a.note


def _place(row: Spend) -> dict[str, Any]:
    """What an amount is of, in codes and ids alone."""
    return {"month": row.month.isoformat(), "channel": row.channel_id, "campaign": row.campaign_id, "kind": row.kind,
            "currency": row.currency}  # fmt: skip


def _place_of(a: Amount) -> dict[str, Any]:
    return {"month": a.month.isoformat(), "channel": a.channel, "campaign": a.campaign, "kind": str(a.kind),
            "currency": a.currency}  # fmt: skip


def _had(row: Spend | None) -> dict[str, Any]:
    return {"was": row.amount, "had": _place(row)} if row else {"was": None}


def _restored(row: Spend, fact: JournalEntry, done: Done, *, by: Any, at: datetime, via: str) -> Fact:
    said = {"batch": done.batch, "was": row.amount, "had": _place(row), "now": fact.data["was"],
            "place": fact.data["had"]}  # fmt: skip
    had = fact.data["had"]
    row.amount, row.by, row.month = fact.data["was"], by, date.fromisoformat(had["month"])
    row.channel_id, row.campaign_id, row.kind, row.currency = (
        had[name] for name in ("channel", "campaign", "kind", "currency")
    )
    row.save(update_fields=["amount", "by", "month", "channel", "campaign", "kind", "currency"])
    done.changed += 1
    return Fact(KEPT, "spend", row.pk, at, by.pk, via, said)


def _removed(row: Spend, batch: str, *, by: Any, at: datetime, via: str) -> Fact:
    """Enough to put it back; its note is gone."""
    said = {"batch": batch, "was": row.amount, "now": None, **_place(row), "source": row.source, "key": row.key}
    return Fact(REMOVED, "spend", row.pk, at, by.pk, via, said)


def _put_back(fact: JournalEntry, done: Done, *, by: Any, at: datetime, via: str) -> list[Fact]:
    said = fact.data
    if Spend.objects.filter(source=said["source"], key=said["key"]).exists():
        return []
    row = Spend.objects.create(
        month=date.fromisoformat(said["month"]), channel_id=said["channel"], campaign_id=said["campaign"],
        kind=said["kind"], amount=said["was"], currency=said["currency"], source=said["source"], key=said["key"],
        recorded_at=at, by=by,
    )  # fmt: skip
    done.new += 1
    told = {"batch": done.batch, "was": None, "now": row.amount, "place": _place(row)}
    return [Fact(KEPT, "spend", row.pk, at, by.pk, via, told)]
