"""My queue: what do I do next? Due first, with the reason beside it and the verbs under the hand."""

from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_GET

from journal.models import Entry
from leads import clock_words, offers, timeline, why_now
from leads.models import Lead
from leads.views.doors import find
from revops.lib.frame import reader_zone
from scoring import card
from sla import panels, questions, queue
from teams import shifts
from teams.models import User

LENGTH = 50
EVENTS = 6
IN_PANEL = ("Call", "Accept", "Qualify…", "Open a deal…", "Reject…", "Recycle…", "E-mail", "Log touch", "Reopen")


@login_required
@require_GET
def page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The whole page; its list alone for the live list, its panel alone when a row is chosen."""
    pk = pk or _number(request.GET.get("lead", ""))
    if request.headers.get("HX-Target") == "panel":
        return render(request, "sla/_panel.html", panel(request, find(pk)) if pk else {})
    tag = etag(request.user, now=request.now)
    live = "X-Live" in request.headers
    if live and request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    groups = listed(request)
    rows = [row for group in groups for row in group["rows"]]
    current = pk if pk else rows[0]["lead"].pk if rows else None
    context: dict[str, Any] = {"groups": groups, "current": current, "etag": tag, "total": len(rows)}
    if not rows:
        context |= _nothing(request)
    if len(rows) == LENGTH:
        context["all"] = queue.leads_of(request.user).count()
    if live:
        answer = render(request, "sla/_list.html", context)
        answer["ETag"] = tag
        return answer
    if current:
        context |= panel(request, find(current))
    context |= {"late": sum(1 for row in rows if row["clock"] and row["clock"]["state"] == "overdue"),
                "kept": _kept(request)}  # fmt: skip
    return render(request, "sla/queue.html", context)


def etag(user: User, *, now: datetime) -> str:
    """Changes when a lead comes, goes or has news, and every minute, since words like "6 min late" age. Two queries."""
    ids = list(queue.leads_of(user).values_list("id", flat=True)[:LENGTH])
    newest = Entry.objects.about("lead", ids).aggregate(id=Max("id"))["id"] if ids else None
    which = blake2b(repr(ids).encode(), digest_size=6).hexdigest()
    return f'"{which}-{newest or 0}-{int(now.timestamp()) // 60}"'


def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with the words of each row. Four queries."""
    groups = queue.of(request.user, now=request.now, limit=LENGTH)
    leads = [row.lead for group in groups for row in group.rows]
    reasons = why_now.reasons(leads, now=request.now) if leads else {}
    tried = why_now.attempts([lead.pk for lead in leads]) if leads else {}
    return [
        {
            "key": group.key,
            "title": group.title,
            "rows": [
                {
                    "lead": row.lead,
                    "clock": clock_words.face(row.clock, row.lead, request.user) if row.clock else None,
                    "why": reasons.get(row.lead.pk) or "No touch in 30 days",
                    "note": " · ".join(part for part in (row.note, tried.get(row.lead.pk, "")) if part),
                }
                for row in group.rows
            ],
        }
        for group in groups
    ]


def panel(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    """Who, the clock, the verbs, why now, in their words, what happened."""
    now = request.now
    clocks = [clock_words.face(clock, lead, request.user) for clock in panels.clocks([lead.pk], now=now)[lead.pk]]
    items = timeline.of(lead, limit=EVENTS)
    offered = [offer for offer in offers.of(lead, request.user, clocks) if offer.label in IN_PANEL]
    return {
        "lead": lead,
        "clock": clock_words.leading(clocks),
        "offers": offered,
        "score": card.of(lead.person_id, as_of=now, zone=reader_zone(request)) if lead.is_open else None,
        "items": items,
        "here": "/queue/",
    }


def _nothing(request: HttpRequest) -> dict[str, Any]:
    """Why the queue is empty."""
    shift = shifts.on_shift([request.user], at=request.now).get(request.user.pk)
    opens = shift.next_start if shift and not shift.on else None
    return {"off_shift": opens, "open_leads": Lead.objects.open().filter(owner=request.user).count()}


def _kept(request: HttpRequest) -> tuple[int, int]:
    """(kept, judged) of this month so far."""
    user = request.user.pk
    return questions.kept_by_owner([user], since=_month(request), now=request.now).get(user, (0, 0))


def _month(request: HttpRequest) -> datetime:
    local = request.now.astimezone(reader_zone(request))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None
