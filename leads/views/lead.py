"""The lead page: why this person, why now, why then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from leads import clock_words, offers, packet, paging, timeline, upward
from leads.bant import ITEMS
from leads.duplicates import reviewing, unmerging
from leads.models import Lead, Person, Submission
from leads.models.stage import Reason
from leads.routing.why import why_sentence
from leads.submissions.listing import source_name
from leads.views.choosing import Asked
from leads.views.doors import find, said_no
from leads.views.verbs import suggestion
from leads.webforms import forms
from revops.lib.errors import Invalid
from revops.lib.frame import reader_zone
from teams import access

FIRST, MORE = 20, 50
COLLEAGUES = 6
NO_CLOCK = {
    "inquiry": "No clock runs: not handed over yet.",
    "sal": "No clock runs: accepted and answered.",
    "sql": "No clock runs: qualified.",
    "opportunity": "No clock runs: it is a deal now.",
    "won": "No clock runs: won.",
    "lost": "No clock runs: lost.",
    "rejected": "No clock runs: rejected.",
    "disqualified": "No clock runs: disqualified.",
    "merged": "No clock runs: merged.",
}


@dataclass(frozen=True, slots=True)
class Way:
    """How the reader came here: a link back, where they are in it, and the neighbours' addresses ("" at an end)."""

    name: str
    href: str
    place: str
    previous: str
    following: str


@login_required
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    lead, now, zone = find(pk), request.now, reader_zone(request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in timeline.TABS else ""
    before = request.GET.get("before", "")
    if lead.person.erased_at is not None:
        counts = [("Touches", lead.touches.count()), ("Enquiries", lead.submissions.count()),
                  ("Owners", lead.ownerships.count())]  # fmt: skip
        return render(request, "leads/rights/erased.html", {"lead": lead, "counts": counts})
    try:
        items = timeline.of(lead, limit=(MORE if before else FIRST) + 1, before=before, tab=tab, visits_as_one=True)
    except Invalid as wrong:
        return said_no(request, wrong, back=f"/leads/{pk}/")
    clocks = [clock_words.face(clock, lead, request.user) for clock in upward.panel("clocks")([pk], now=now)[pk]]
    head = clock_words.leading(clocks)
    explained = head or clock_words.latest_response(clocks)
    card = upward.card("deadline")(explained["id"], now=now, zone=zone) if explained else None
    bant = _bant(lead)
    cycles = list(Lead.objects.filter(person_id=lead.person_id).exclude(pk=pk).order_by("-cycle"))
    confirmed = {row["item"] for row in bant if row["confirmed"]}
    context = {
        "lead": lead,
        "here": request.get_full_path(),
        "consent": _consent(lead.person),
        "way": _way(request, lead),
        "clock": head,
        "clocks": clocks,
        "others": [clock for clock in clocks if not explained or clock["id"] != explained["id"]][:6],
        "no_clock": _no_clock(lead) if head is None else "",
        "offers": offers.of(lead, request.user, clocks),
        "may_pause": access.can_work(request.user, lead, "pause"),
        "survivor": lead.merged_into,
        "merge": unmerging.of(lead.person) if lead.merged_into_id else None,
        "double": None if lead.merged_into_id else reviewing.of_person(lead.person),
        "deadline": card,
        "packet": packet.of(lead, now=now, confirmed=confirmed, cycles=cycles),
        "bant": bant,
        "confirmed": len(confirmed),
        "may_qualify": lead.stage in ("sal", "sql") and access.can_work(request.user, lead, "qualify"),
        "sql_definition": import_string(settings.STAGE_DEFINITION)("sql", at=now),
        "score": _score(lead, items[: MORE if before else FIRST], now=now, zone=zone) if lead.is_open else None,
        "base": f"/leads/{pk}/",
        "step": upward.panel("next_step")([pk], now=now).get(pk),
        "may_plan": lead.stage in ("mql", "sal", "sql") and access.can_work(request.user, lead, "plan"),
        "touches": upward.card("touches")(pk, now=now) if lead.sal_at else None,
        "deal": upward.panel("deals")([pk], now=now).get(pk) if "deals" in settings.LEAD_PANELS else None,
        "cycles": cycles,
        "submissions": _enquiries(lead),
        "colleagues": _colleagues(lead),
        "news_from": timeline.latest(lead),
        **_timeline(request, lead, items, tab, before),
    }
    if context["score"]:
        context["score_line"] = context["score"]["line"]
    return render(request, "leads/lead.html", context)


@login_required
@require_GET
def news(request: HttpRequest, pk: int) -> HttpResponse:
    """What is new since the page was drawn: asked every ten seconds, said in a line on top; nothing moves."""
    lead = find(pk)
    newest = timeline.latest(lead)
    tag = f'"{pk}-{newest}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    since = request.GET.get("since", "")
    since_id = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else newest
    items = timeline.since(lead, since_id) if newest > since_id else []
    answer = render(request, "leads/_news.html", {"lead": lead, "fresh": items, "since": since_id, "etag": tag})
    answer["ETag"] = tag
    return answer


@login_required
@require_GET
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """Why this rep has it, and who had it before."""
    lead = find(pk)
    ownerships = lead.ownerships.select_related("owner", "by").order_by("-from_at", "-id")
    rows = [
        {"who": o.owner, "from_at": o.from_at, "to_at": o.to_at, "why": why_sentence(o), "by": o.by} for o in ownerships
    ]
    return render(request, "leads/why.html", {"lead": lead, "rows": rows, "back": f"/leads/{pk}/"})


def _score(lead: Lead, items: list, *, now: datetime, zone: Any) -> dict[str, Any] | None:
    shown = {pk for item in items if item.source == "touch" for pk in (item.id, *item.others)}
    return upward.card("score")(lead.person_id, as_of=now, zone=zone, lead=lead.pk, shown=shown)


def _timeline(request: HttpRequest, lead: Lead, items: list, tab: str, before: str) -> dict[str, Any]:
    shown = items[: MORE if before else FIRST]
    counts = timeline.counts(lead)
    undoable = lead.undoable(at=request.now) if access.can_work(request.user, lead, "undo") else None
    for item in shown:
        if undoable is not None and item.source == "entry" and item.id == undoable.pk and not item.struck:
            item.undo = f"/leads/{lead.pk}/undo/?next={request.path}"
    query = request.GET.copy()
    query.pop("before", None)
    tabs = []
    for code, name in timeline.TABS.items():
        query["tab"] = code
        if not code:
            query.pop("tab")
        tabs.append(
            {"href": f"?{query.urlencode()}#timeline", "label": name, "count": counts[code], "current": code == tab}
        )
    more = ""
    if len(items) > len(shown):
        query = request.GET.copy()
        query["before"] = shown[-1].cursor
        more = f"?{query.urlencode()}#timeline"
    left = counts[tab] - len(shown)
    words = f"{left} more" if more and not before else "Earlier"
    return {"items": shown, "tabs": tabs, "more": more, "more_words": words, "before": before}


def _bant(lead: Lead) -> list[dict[str, Any]]:
    have = {q.item: q for q in lead.qualifications.select_related("confirmed_by")}
    return [
        {"item": item, "name": item.title(), "confirmed": have.get(item), "suggested": suggestion(lead, item)}
        for item in ITEMS
    ]


def _enquiries(lead: Lead) -> list[tuple[Submission, str]]:
    """The last five, each with the name of what it came by."""
    rows = list(lead.submissions.select_related("by").order_by("-received_at")[:5])
    names = forms.names() if any(one.source.startswith("form:") for one in rows) else {}
    return [(one, source_name(one.source, names)) for one in rows]


def _colleagues(lead: Lead) -> dict[str, Any]:
    """People of the same company with their newest lead; two queries."""
    if lead.company_id is None:
        return {"rows": [], "known": 0}
    people = Person.objects.filter(company_id=lead.company_id).exclude(pk=lead.person_id)
    rows = list(people.order_by("-engagement", "id")[:COLLEAGUES])
    leads = dict(Lead.objects.filter(person__in=rows).order_by("cycle").values_list("person_id", "id"))
    for person in rows:
        person.lead_id = leads.get(person.pk)
    return {"rows": rows, "known": people.count() if len(rows) == COLLEAGUES else len(rows)}


def _consent(person: Person) -> str:
    """What they agreed to, in words; what was said of consent comes as true, false or {state, at, text}."""
    given = []
    for name, value in person.consent.items():
        state = value.get("state") if isinstance(value, dict) else value
        if state is True or str(state).lower() in ("granted", "given", "yes"):
            given.append("e-mail" if name == "email" else name.replace("_", " "))
    return ", ".join(given) or ("none given" if person.consent else "")


def _no_clock(lead: Lead) -> str:
    if lead.stage == "recycled":
        back = f" until {lead.revisit_on.day} {lead.revisit_on:%b %Y}" if lead.revisit_on else ""
        reason = f" for {Reason(lead.reason).label.lower()}" if lead.reason in Reason.values else ""
        return f"No clock runs: recycled{reason}{back}."
    return NO_CLOCK.get(lead.stage, "No clock runs.")


def _way(request: HttpRequest, lead: Lead) -> Way:
    """From the queue or from a list; else plainly under Leads."""
    if request.GET.get("from") == "queue" and (trail := upward.card("trail")(request.user, lead.pk, now=request.now)):
        around = [f"/leads/{pk}/?from=queue" if pk else "" for pk in (trail.previous, trail.following)]
        return Way("My queue", f"/queue/{lead.pk}/", f"{trail.place} of {trail.total}", *around)
    if request.GET.get("from") == "queue":
        return Way("My queue", "/queue/", "", "", "")
    if "list" not in request.GET:
        return Way("Leads", "/leads/", "", "", "")
    text = request.GET["list"][:2000]
    asked = Asked.of(request, QueryDict(text))
    around = ["", ""]
    if asked.problem == "":
        found = paging.neighbours(asked.queryset, lead, sort=asked.sort)
        back = QueryDict(mutable=True)
        back["list"] = text
        around = [f"/leads/{pk}/?{back.urlencode()}" if pk else "" for pk in found]
    return Way("Leads", f"/leads/?{text}", "", *around)
