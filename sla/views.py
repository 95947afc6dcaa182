"""My queue: what do I do next? Due first, with the reason beside it and the verbs under the hand."""

from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_GET

from customers import owed
from journal.models import Entry
from leads import clock_words, offers, timeline
from leads.models import Lead
from leads.routing import picking
from leads.views.doors import find
from revops.lib.frame import reader_zone
from scoring import card
from sla import panels, questions, queue, queue_rows
from sla.models import Clock
from teams import access, shifts
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
    groups = queue_rows.of(queue.of(request.user, now=request.now, limit=LENGTH), request)
    rows = [row for group in groups for row in group["rows"]]
    mine = [row["lead"].pk for row in rows if row["lead"]]
    current = pk if pk else mine[0] if mine else None
    context: dict[str, Any] = {"groups": groups, "current": current, "etag": tag, "total": len(rows)}
    if not rows:
        context |= _nothing(request)
    if len(mine) >= LENGTH:
        context["all"] = queue.leads_of(request.user).count()
    if live:
        answer = render(request, "sla/_list.html", context)
        answer["ETag"] = tag
        return answer
    if current:
        context |= panel(request, find(current))
    context |= {"late": sum(1 for row in rows if _late(row)),
                "kept": _kept(request)}  # fmt: skip
    return render(request, "sla/queue.html", context)


def etag(user: User, *, now: datetime) -> str:
    """Changes when a lead or promise comes, goes or has news, and every minute, since words like "6 min late" age.
    Three queries, five for who looks after customers."""
    ids = list(queue.leads_of(user).values_list("id", flat=True)[:LENGTH])
    others = list(queue.promised_elsewhere(user).values_list("id", "phase", "lead_id", "deal_id")[:LENGTH])
    leads, deals = {*ids, *(row[2] for row in others if row[2])}, {row[3] for row in others if row[3]}
    about = Q(subject_kind="lead", subject_id__in=leads) | Q(subject_kind="deal", subject_id__in=deals)
    newest = Entry.objects.filter(about).aggregate(id=Max("id"))["id"] if leads or deals else None
    beside = [(one.kind, one.id, one.note) for one in owed.of(user, now=now, limit=LENGTH)]
    which = blake2b(repr((ids, others, beside)).encode(), digest_size=6).hexdigest()
    return f'"{which}-{newest or 0}-{int(now.timestamp()) // 60}"'


def panel(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    """Who, the clock, the verbs, why now, in their words, what happened."""
    now = request.now
    zone = reader_zone(request)
    shown = panels.clocks([lead.pk], now=now)[lead.pk]
    clocks = [queue_rows.faced(clock, lead, request.user, now=now, zone=zone) for clock in shown]
    items = timeline.of(lead, limit=EVENTS)
    offered = [offer for offer in offers.of(lead, request.user, clocks) if offer.label in IN_PANEL]
    score = card.of(lead.person_id, as_of=now, zone=zone, lead=lead.pk) if lead.is_open else None
    return {
        **({"score_line": score["line"]} if score else {}),
        "lead": lead,
        "clock": clock_words.leading(clocks),
        "pauses": pauses_of(clocks, lead, request.user),
        "offers": offered,
        "score": score,
        "items": items,
        "here": "/queue/",
    }


def pauses_of(clocks: list[dict[str, Any]], lead: Lead, user: Any) -> list[dict[str, str]]:
    """[{href, label, verb}]: the open clocks that may be paused or resumed, each promise once; at most one query."""
    open_ones = [clock for clock in clocks if not clock["closed"]]
    if not open_ones or not access.can_work(user, lead, "pause"):
        return []
    lines = Clock.objects.filter(pk__in=[clock["id"] for clock in open_ones]).exclude(policy__pause_reasons=[])
    allowed = set(lines.values_list("id", flat=True))
    found: dict[str, dict[str, str]] = {}
    for clock in open_ones:
        if clock["state"] == "paused":
            resume = {"href": f"/clocks/{clock['id']}/resumption/", "label": clock["label"], "verb": "Resume"}
            found.setdefault(clock["target"], resume)
        elif clock["id"] in allowed and clock["state"] == "running":
            pause = {"href": f"/clocks/{clock['id']}/pause/", "label": clock["label"], "verb": "Pause…"}
            found.setdefault(clock["target"], pause)
    return list(found.values())


def _nothing(request: HttpRequest) -> dict[str, Any]:
    """Why the queue is empty."""
    shift = shifts.on_shift([request.user], at=request.now).get(request.user.pk)
    opens = shift.next_start if shift and not shift.on else None
    queues = picking.queues(request.user, at=request.now)
    return {
        "off_shift": opens, "open_leads": Lead.objects.open().filter(owner=request.user).count(),
        "to_pick": sum(queue.waiting for queue in queues if not queue.why_not),
    }  # fmt: skip


def _kept(request: HttpRequest) -> tuple[int, int]:
    """(kept, judged) of this month so far."""
    user = request.user.pk
    return questions.kept_by_owner([user], since=_month(request), now=request.now).get(user, (0, 0))


def _late(row: dict[str, Any]) -> bool:
    return row["owed"].late if row.get("owed") else bool(row["clock"] and row["clock"]["state"] == "overdue")


def _month(request: HttpRequest) -> datetime:
    local = request.now.astimezone(reader_zone(request))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None
