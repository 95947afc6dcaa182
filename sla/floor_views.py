"""Team floor: who needs help in the next 15 minutes?"""

from hashlib import blake2b
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from journal.models import Entry
from revops.lib import words
from revops.lib.errors import Invalid
from revops.lib.frame import reader_zone
from sla import floor, floor_access, floor_beside, floor_month, floor_rows, limbo, state
from sla.floor_access import Standing
from sla.models import Clock, Target
from teams.models import User


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The whole page, or for the live list its inside; 304 while nothing concerns it."""
    standing = floor_access.of(request)
    looked_at = floor_access.floor(standing, request)
    summary = floor.summary(looked_at)
    lost = sum(limbo.counts(standing.people).values())
    clocks = floor.clocks([pk for group in floor.SHOWN for pk in summary.rows.get(group, [])])
    tag = etag(request, summary, clocks, lost)
    live = "X-Live" in request.headers
    if live and request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    context = {
        "standing": standing, "etag": tag, "summary": summary,
        "tabs": tabs(standing, "floor"), "promises": Target.choices, "query": standing.query(),
        "here": f"/floor/{standing.query()}", "to": _to(standing),
        **listed(request, summary, clocks), **floor_beside.of(request, standing, summary, lost),
    }  # fmt: skip
    answer = render(request, "sla/_floor.html" if live else "sla/floor.html", context)
    answer["ETag"] = tag
    return answer


def etag(request: HttpRequest, summary: floor.Summary, clocks: list[Clock], lost: int) -> str:
    """Changes with what is counted, who is shown and any news of them, who takes no turns, and every minute, since
    words age. Two queries."""
    leads = [clock.lead_id for clock in clocks if clock.lead_id]
    deals = [clock.deal_id for clock in clocks if clock.deal_id]
    about = Q(subject_kind="lead", subject_id__in=leads) | Q(subject_kind="deal", subject_id__in=deals)
    newest = Entry.objects.filter(about).aggregate(id=Max("id"))["id"] if clocks else None
    benched = User.objects.exclude(benched_at=None).aggregate(n=Count("id"), last=Max("benched_at"))
    counted = (summary.groups, summary.rows, summary.late_of, lost)
    seen = (benched, counted, newest, request.user.pk, request.GET.urlencode())
    which = blake2b(repr(seen).encode(), digest_size=8).hexdigest()
    return f'"{which}-{int(request.now.timestamp()) // 60}"'


def listed(request: HttpRequest, summary: floor.Summary, clocks: list[Clock]) -> dict[str, Any]:
    """The rows in their groups."""
    zone, now = reader_zone(request), request.now
    rows = {row["id"]: row for row in floor_rows.of(clocks, request.user, now=now, zone=zone)}
    groups = []
    for key in floor.SHOWN:
        ids = [pk for pk in summary.rows.get(key, []) if pk in rows]
        if ids:
            note = words.number(summary.groups[key])
            if key == "late" and summary.oldest:
                note += f" · oldest {floor_beside.age(summary, now)}"
            elif summary.groups[key] > len(ids):
                note += f" · {len(ids)} shown"
            groups.append({"key": key, "title": floor.GROUPS[key], "note": note, "rows": [rows[pk] for pk in ids]})
    more = {key: summary.groups[key] - len(summary.rows.get(key, [])) for key in floor.GROUPS}
    return {"groups": groups, "more": more}


def _to(standing: Standing) -> dict[str, str]:
    """Where each number opens its rows."""
    groups = {key: f"/floor/clocks/{standing.query(group=key)}" for key in floor.GROUPS}
    return groups | {
        "clocks": f"/floor/clocks/{standing.query()}",
        "due": f"/floor/clocks/{standing.query(group=floor.DUE)}",
        "kept": f"/floor/answers/{standing.query(of='owners')}",
        "answers": f"/floor/answers/{standing.query()}",
        "limbo": f"/limbo/{standing.query(promise='')}",
        "breaches": f"/breaches/{standing.query()}",
    }


def tabs(standing: Standing, current: str) -> list[dict[str, Any]]:
    named = [("floor", "Floor"), ("limbo", "Limbo"), ("breaches", "Breaches")]
    query = standing.query()
    return [{"href": f"/{key}/{query}", "label": label, "current": key == current} for key, label in named]


@login_required
@require_GET
def clocks_page(request: HttpRequest) -> HttpResponse:
    """Every open clock of the floor, or of one group, by pages."""
    standing = floor_access.of(request)
    group = request.GET.get("group", "")
    if group and group not in floor.GROUPS and group != floor.DUE:
        raise Http404
    looked_at = floor_access.floor(standing, request)
    try:
        found = floor.page(looked_at, group=group, cursor=request.GET.get("cursor", ""))
    except Invalid:
        return redirect(f"/floor/clocks/{standing.query(group=group)}")
    summary = floor.summary(looked_at)
    rows = floor_rows.of(floor.clocks(found.ids), request.user, now=request.now, zone=reader_zone(request))
    named = [("", "All"), *floor.GROUPS.items()]
    counts = {"": sum(summary.groups.values()), floor.DUE: summary.today, **summary.groups}
    titles = {floor.DUE: "Late or due today", **floor.GROUPS}
    context = {
        "standing": standing, "rows": rows, "promises": Target.choices, "group": group,
        "title": f"{titles[group]}: open clocks" if group else "Open clocks",
        "total": words.plural(counts[group], "open clock"),
        "tabs": [{"href": f"/floor/clocks/{standing.query(group=key)}", "label": label, "current": key == group,
                  "count": counts[key]} for key, label in named],
        "next": f"/floor/clocks/{standing.query(group=group, cursor=found.next)}" if found.next else "",
        "here": f"/floor/clocks/{standing.query(group=group)}",
    }  # fmt: skip
    return render(request, "sla/floor_clocks.html", context)


@login_required
@require_GET
def answers(request: HttpRequest) -> HttpResponse:
    """The first responses of this month: those that were answered, or `?of=owners` the owners' own that fell due."""
    standing = floor_access.of(request)
    since, now = floor_access.month_of(request), request.now
    of = "owners" if request.GET.get("of") == "owners" else ""
    cursor = request.GET.get("cursor", "")
    try:
        found = floor_month.page(standing.people, since=since, now=now, own=bool(of), cursor=cursor)
    except Invalid:
        return redirect(f"/floor/answers/{standing.query(of=of)}")
    rows = [
        {"clock": clock, "took": took, "state": state.of(clock, now), "name": floor_rows.name_of(clock),
         "href": floor_rows.href_of(clock), "company": floor_rows.company_of(clock)}
        for clock, took in found.rows
    ]  # fmt: skip
    context = {
        "standing": standing, "since": since, "own": bool(of), "rows": rows,
        "speed": floor_month.speed(standing.people, since=since, now=now),
        "next": f"/floor/answers/{standing.query(of=of, cursor=found.next)}" if found.next else "",
    }  # fmt: skip
    return render(request, "sla/floor_answers.html", context)
