"""Search or jump: people, companies, deals, pages and verbs by a few letters."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from leads import upward
from revops.lib.found import Hit
from revops.lib.frame import GROUPS, NOTICES

MOST = 8
LONGEST = 200
# Verbs by what people call them. Those that need a lead say where to press their key.
VERBS = (
    (
        Hit("New lead", "/leads/new/", "type one in"),
        "new lead create add make",
        {"sales", "marketing", "success", "admin"},
    ),
    (Hit("Leads as CSV", "/leads/export.csv", "all open ones"), "csv export download leads", None),
    (Hit("Call…", "/queue/", "choose a lead in My queue, then P"), "call phone", {"sales", "success", "admin"}),
    (Hit("Accept", "/queue/", "choose a lead in My queue, then A"), "accept take", {"sales", "success", "admin"}),
    (Hit("Reject…", "/queue/", "choose a lead in My queue, then R"), "reject refuse", {"sales", "success", "admin"}),
    (
        Hit("Recycle…", "/queue/", "choose a lead in My queue, then C"),
        "recycle nurture back",
        {"sales", "success", "admin"},
    ),
    (Hit("Reassign…", "/leads/", "tick leads in the list, then Reassign"), "reassign give owner", {"sales", "admin"}),
    (Hit("Pick a lead…", "/routing/claims/", "from a claim queue"), "pick claim queue", {"sales", "admin"}),
    (Hit("Who would get it?", "/routing/dry-run/", "dry run of routing"), "dry run routing who would get", None),
    (Hit("Invite somebody", "/people/new/", ""), "invite person user colleague", {"admin"}),
    (Hit("Your settings", "/me/", "zone, hours, keys, leave"), "settings profile theme zone leave keys", None),
    (Hit("API", "/api/v1/docs/", "what programs may send and ask"), "api rest docs", None),
)


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    groups: list[dict[str, Any]] = []
    if text:
        groups += [{"name": name, "hits": find(text, limit=MOST)} for name, find in upward.finders()]
    groups += [
        {"name": "Pages", "hits": pages(request.user, text)},
        {"name": "Verbs", "hits": verbs(request.user, text)},
    ]
    groups = [group for group in groups if group["hits"]]
    return render(request, "leads/search.html", {"text": text, "groups": groups, "found": any(groups)})


def pages(user: Any, text: str) -> list[Hit]:
    entries = [entry for _, group in GROUPS for entry in group if user.role in entry.roles] + [NOTICES]
    return [Hit(e.label, e.href) for e in entries if _begins(text, e.label)]


def verbs(user: Any, text: str) -> list[Hit]:
    return [
        hit
        for hit, also, roles in VERBS
        if (roles is None or user.role in roles) and _begins(text, f"{hit.name} {also}")
    ]


def _begins(text: str, words: str) -> bool:
    """Every typed word begins one of the words."""
    known = words.lower().split()
    return all(any(word.startswith(typed) for word in known) for typed in text.lower().split())
