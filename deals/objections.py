"""What the buyer holds against it, in their words, logged where the call is; what is missing is asked of marketing in
the same breath."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from deals.models import Deal, Objection
from journal.record import Fact, record
from leads.company_size import NAMES, segment
from marketing import requests
from revops.lib import bulk
from revops.lib.errors import Invalid
from teams import access

Kind = Objection.Kind


def log(
    deal: Deal, *, kind: str, words: str, wish: str = "", by: Any, at: datetime, via: str = "page"
) -> Objection:  # fmt: skip
    """`wish`: what would answer it and isn't there: a request for content over this deal. The same words again while
    they are unanswered are the same objection. Raises Forbidden, Invalid."""
    if kind not in Kind.values:
        raise Invalid(f"Choose one of: {', '.join(Kind.values)}.", code="unknown_kind", field="kind")
    if not words.strip():
        raise Invalid("Say it in their words.", code="required", field="words")
    said = words.strip()[:400]
    with transaction.atomic():
        locked = Deal.objects.select_for_update(of=("self",)).select_related("owner__team", "company", "pipeline_stage")
        held = locked.get(pk=deal.pk)
        access.require_work(by, held, "touch")
        same = held.objections.filter(kind=kind, words=said, answered_at=None).first()
        if same is not None:
            return same
        wanted = None
        if wish.strip():
            size = segment(held.company.employees if held.company else None)
            wanted = requests.ask(
                wish, why=said, about=("deal", held.pk), stage=str(held.pipeline_stage or ""), segment=NAMES[size],
                by=by, at=at, via=via,
            )  # fmt: skip
        made = Objection.objects.create(deal=held, kind=kind, words=said, at=at, by_id=by.pk, request=wanted)
        data = {"objection": made.pk, "kind": kind, "request": wanted.pk if wanted else None}
        record([Fact("deal.objection", "deal", held.pk, at, by=by.pk, via=via, data=data)], now=at)
    return made


def answer(objection: Objection, *, text: str, by: Any, at: datetime, via: str = "page") -> Objection:
    """What was said to it. Raises Forbidden, Invalid."""
    if not text.strip():
        raise Invalid("Say what the answer was.", code="required", field="answer")
    with transaction.atomic():
        deal = Deal.objects.select_for_update(of=("self",)).select_related("owner__team").get(pk=objection.deal_id)
        access.require_work(by, deal, "touch")
        locked = Objection.objects.get(pk=objection.pk)
        if locked.answered_at is None:
            locked.answered_at, locked.answered_by, locked.answer = at, by, text.strip()[:400]
            locked.save(update_fields=["answered_at", "answered_by", "answer"])
            data = {"objection": locked.pk, "kind": locked.kind}
            record([Fact("deal.objection_answered", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
    return locked


COUNTED = """
SELECT o.kind, count(*), count(o.answered_at), count(DISTINCT o.deal_id),
       count(DISTINCT o.deal_id) FILTER (WHERE d.stage = 'won'),
       count(DISTINCT o.deal_id) FILTER (WHERE d.stage = 'lost'), count(o.request_id)
  FROM deals_objection o JOIN deals_deal d ON d.id = o.deal_id
 WHERE o.at >= %(since)s AND o.at < %(until)s GROUP BY o.kind ORDER BY 2 DESC, 1"""


def by_kind(since: datetime, until: datetime) -> list[dict[str, Any]]:
    """A row a kind, the most frequent first: {kind, label, heard, answered, deals, won, lost, asked}; won and lost are
    deals decided since. One query."""
    columns = ("kind", "heard", "answered", "deals", "won", "lost", "asked")
    rows = [dict(zip(columns, row, strict=True)) for row in bulk.query(COUNTED, {"since": since, "until": until})]
    return [{**row, "label": Kind(row["kind"]).label} for row in rows]


def listed(since: datetime, until: datetime, *, kind: str = "") -> Any:
    """Of one kind or of all, newest first."""
    rows = Objection.objects.filter(at__gte=since, at__lt=until)
    rows = rows.filter(kind=kind) if kind in Kind.values else rows
    return rows.select_related("deal__company", "by", "request").order_by("-at", "-id")


def of_deals(deal_ids: Sequence[int]) -> dict[int, list[Objection]]:
    """{deal: its objections, oldest first}; one query."""
    found: dict[int, list[Objection]] = {pk: [] for pk in deal_ids}
    for row in Objection.objects.filter(deal__in=deal_ids).select_related("request", "by"):
        found[row.deal_id].append(row)
    return found
