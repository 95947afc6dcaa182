"""Why a deal was really won or lost, told afterwards, and what it asks to be changed (M42)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from deals import competitors
from deals.models import Deal, LossReason, Retrospective
from journal.record import Fact, record
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access

# Why we won: what a buyer says, in our codes. A loss has the reasons of LossReason.
WON = {
    "fit": "The product fits", "price": "Price and terms", "proof": "Proof it works", "speed": "Speed of answer",
    "people": "The people", "partner": "A partner or referral", "timing": "Timing", "other": "Other",
}  # fmt: skip
# What it asks to be changed, and where that is done.
POINTS_AT = {
    "content": ("Content that was missing", "/content/new/"),
    "definition": ("A definition", "/definitions/"),
    "scoring": ("Scoring", "/scoring/"),
    "routing": ("Routing", "/routing/"),
    "product": ("The product", ""),
    "price": ("Price", "/deals/products/"),
}


def reasons_of(deal: Deal) -> dict[str, str]:
    return dict(WON) if deal.stage == "won" else {str(code): str(label) for code, label in LossReason.choices}


def of_now(deal: Deal, told: Retrospective | None) -> bool:
    """Whether it is of the decision that stands: one from before a deal was reopened is of another."""
    return told is not None and deal.closed_at is not None and told.at >= deal.closed_at


def write(
    deal: Deal, *, reason: str, competitor: str = "", happened: str = "", lesson: str = "", points_at: str = "",
    buyer_said: bool = False, by: Any, at: datetime, via: str = "page",
) -> Retrospective:  # fmt: skip
    """Tell it, or tell it better; the same again changes nothing. Raises Forbidden, Invalid, Refused while open."""
    if points_at and points_at not in POINTS_AT:
        raise Invalid(f"Choose one of: {', '.join(POINTS_AT)}.", code="unknown_target", field="points_at")
    with transaction.atomic():
        held = Deal.objects.select_for_update(of=("self",)).select_related("owner__team").get(pk=deal.pk)
        access.require_work(by, held, "edit")
        if held.stage == "open":
            raise Refused("Not written: this deal is open. A retrospective is of a deal that was decided.", code="open")
        known = reasons_of(held)
        if reason not in known and reason != held.reason:
            raise Invalid(f"Choose one of: {', '.join(known)}.", code="unknown_reason", field="reason")
        firm = competitors.named(competitor) if competitor.strip() else None
        told = {
            "reason": reason, "competitor": firm, "happened": happened.strip()[:4000], "lesson": lesson.strip()[:2000],
            "points_at": points_at, "buyer_said": buyer_said,
        }  # fmt: skip
        had = Retrospective.objects.filter(deal=held).first()
        if had is not None and of_now(held, had) and all(getattr(had, name) == value for name, value in told.items()):
            return had
        made, _ = Retrospective.objects.update_or_create(deal=held, defaults={**told, "at": at, "by_id": by.pk})
        data = {"reason": reason, "points_at": points_at, "buyer_said": buyer_said, "stage": held.stage}
        record([Fact("deal.retrospective", "deal", held.pk, at, by=by.pk, via=via, data=data)], now=at)
    return made


def missing(since: datetime, until: datetime) -> QuerySet[Deal]:
    """Deals decided in the period that nobody told the story of, newest first; imported ones are not asked for."""
    rows = Deal.objects.filter(
        Q(retrospective=None) | Q(retrospective__at__lt=F("closed_at")),
        stage__in=["won", "lost"], closed_at__gte=since, closed_at__lt=until, history=False,
    )  # fmt: skip
    return rows.with_names().order_by("-closed_at", "-id")


# The key of a firm, of a column with its name; as `competitors.named` makes it.
KEY = "lower(regexp_replace(btrim({}), '\\s+', ' ', 'g'))"
SUMMARY = f"""
SELECT d.id, d.name, d.stage, coalesce(nullif(r.reason, ''), d.reason), coalesce(k.name, n.name, d.competitor),
       r.lesson, r.points_at, r.buyer_said, r.id IS NOT NULL, d.amount, d.currency
  FROM deals_deal d LEFT JOIN deals_retrospective r ON r.deal_id = d.id AND r.at >= d.closed_at
  LEFT JOIN deals_competitor k ON k.id = r.competitor_id
  LEFT JOIN deals_competitor n ON n.key = {KEY.format("d.competitor")}
 WHERE d.stage IN ('won', 'lost') AND d.closed_at >= %(since)s AND d.closed_at < %(until)s
   AND (r.id IS NOT NULL OR NOT d.history)
 ORDER BY d.closed_at, d.id"""


def summary(since: datetime, until: datetime) -> dict[str, Any]:
    """For a quarterly review, of deals decided in [since, until):
    {won, lost, told, buyer_said, reasons: [(stage, code, words, n)], competitors: [(name, won, lost)],
    points_at: [(code, words, href, n)], lessons: [{deal, name, stage, reason, lesson, points_at, href}]}; one query."""
    counted = {"won": 0, "lost": 0, "told": 0, "buyer_said": 0}
    reasons: dict[tuple[str, str], int] = {}
    firms: dict[str, dict[str, int]] = {}
    points: dict[str, int] = {}
    lessons: list[dict[str, Any]] = []
    for pk, name, stage, reason, firm, lesson, point, asked, told, *_ in bulk.query(
        SUMMARY, {"since": since, "until": until}
    ):
        counted[stage] += 1
        counted["told"] += told
        counted["buyer_said"] += bool(asked)
        if reason:
            reasons[stage, reason] = reasons.get((stage, reason), 0) + 1
        if firm:
            firms.setdefault(firm, {"won": 0, "lost": 0})[stage] += 1
        if point:
            points[point] = points.get(point, 0) + 1
        if lesson:
            lessons.append({
                "deal": pk, "name": name, "stage": stage, "reason": reason_words(stage, reason), "lesson": lesson,
                "points_at": POINTS_AT[point][0] if point in POINTS_AT else "",
                "href": POINTS_AT[point][1] if point in POINTS_AT else "",
            })  # fmt: skip
    return {
        **counted,
        "reasons": [
            (stage, code, reason_words(stage, code), n)
            for (stage, code), n in sorted(reasons.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
        ],
        "competitors": [(name, n["won"], n["lost"]) for name, n in sorted(firms.items(), key=_most)],
        "points_at": [
            (code, POINTS_AT[code][0], POINTS_AT[code][1], n)
            for code, n in sorted(points.items(), key=lambda one: (-one[1], one[0])) if code in POINTS_AT
        ],
        "lessons": lessons,
    }  # fmt: skip


def reason_words(stage: str, code: str) -> str:
    if stage == "won":
        return WON.get(code, code.replace("_", " ").capitalize())
    return LossReason(code).label if code in LossReason.values else code.replace("_", " ").capitalize()


def _most(pair: tuple[str, dict[str, int]]) -> tuple[int, str]:
    return -sum(pair[1].values()), pair[0]
