"""A deal's screen as it is shown: what was frozen, with the names and words that were kept by id."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.meetings.models import Decision, Meeting, Slide
from deals.models import Deal, Objection
from leads.models import Person
from revops.lib import words
from sla.models import NextStep
from teams.models import User

MOST = 12


def of(slide: Slide) -> dict[str, Any]:
    """{deal, title, owner, champion, rows, …}; at most five queries. Empty for a slide that is of no deal."""
    detail = slide.detail
    if not detail:
        return {}
    deal = Deal.objects.select_related("company").filter(pk=slide.deal_id).first() if slide.deal_id else None
    objections = {row["objection"] for row in detail["diff"] if "objection" in row}
    steps = {row["step"] for row in detail["diff"] if "step" in row}
    said = dict(Objection.objects.filter(pk__in=objections).values_list("pk", "words")) if objections else {}
    what = dict(NextStep.objects.filter(pk__in=steps).values_list("pk", "what")) if steps else {}
    rows = [
        row | {"quote": said.get(row.get("objection"), "") or ("an objection" if "objection" in row else ""),
               "what": what.get(row.get("step"), "")}
        for row in detail["diff"]
    ]  # fmt: skip
    champion = Person.objects.filter(pk=detail["champion"]).first() if detail.get("champion") else None
    return {
        "deal": deal, "rows": rows, "why": detail["why"], "proposal": detail["proposal"], "stalled": detail["stalled"],
        "title": deal.company.name if deal and deal.company else deal.name if deal else slide.title,
        "name": deal.name if deal and deal.company else "",
        "owner": User.objects.filter(pk=detail["owner"]).first() if detail.get("owner") else None,
        "champion": str(champion) if champion else "", "source": detail["source"], "began": detail["began"],
        "by": date.fromisoformat(detail["proposal"]["by"]) if detail["proposal"] else None,
    }  # fmt: skip


def history(slide: Slide, meeting: Meeting, zone: ZoneInfo) -> list[dict[str, Any]]:
    """How the deal stood at earlier reviews, newest first: [{day, facts: {name: value}, decided: [Decision]}]."""
    if slide.deal_id is None:
        return []
    before = Slide.objects.filter(deal=slide.deal_id, meeting__frozen_at__lt=meeting.frozen_at)
    found = []
    decided: dict[int, list[Decision]] = {}
    for one in Decision.objects.filter(deal=slide.deal_id).select_related("owner"):
        decided.setdefault(one.meeting_id, []).append(one)
    for one in before.select_related("meeting").order_by("-meeting__frozen_at")[:MOST]:
        facts = {fact["key"]: fact["value"] for fact in one.facts}
        found.append({
            "day": one.meeting.frozen_at.astimezone(zone).date(), "amount": facts.get("amount", ""),
            "stage": facts.get("stage", ""), "close_on": facts.get("close_on", ""),
            "decided": decided.get(one.meeting_id, []),
        })  # fmt: skip
    return found


def since_words(slide: Slide, frozen_at: datetime, zone: ZoneInfo) -> str:
    """Monday 23 Nov"""
    day = datetime.fromisoformat(slide.detail["since"]).astimezone(zone)
    return f"{day:%A} {day.day} {day:%b}"


def last_words(last: Meeting | None, frozen_at: datetime, zone: ZoneInfo) -> str:
    """Decided last Monday · Decided on 12 Nov"""
    if last is None:
        return "Decided before"
    day, today = last.frozen_at.astimezone(zone).date(), frozen_at.astimezone(zone).date()
    if 0 < (today - day).days <= 8:
        return f"Decided last {day:%A}"
    return f"Decided on {words.day_of(day, today)}" if day != today else "Decided earlier today"
