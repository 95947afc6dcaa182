"""/intake/: did it arrive, and what became of it? One submission with all that was kept of it, and Replay."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from leads.intake_tabs import tabs
from leads.models import Outcome, Submission
from leads.models.hook import Delivery
from leads.submissions import failing, listing, replaying
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams.doors import for_roles

HERE = "/intake/"
keepers = for_roles("marketing")
WORDS = {
    "created": "It is a new lead now.",
    "existing": "It joined the open lead.",
    "touched": "It is kept with the person.",
    "duplicate": "The same had arrived by another way; nothing was added.",
}  # fmt: skip


@keepers
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip() for name in ("outcome", "source", "q")}
    edges = {name: _id(request.GET.get(name, "")) for name in ("before", "after")}
    etag = f'"{listing.newest_id()}-{request.now:%H%M}-{hash(request.get_full_path()) & 0xFFFF}"'
    if request.headers.get("X-Live") and request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    found = listing.page(
        listing.chosen(outcome=asked["outcome"], source=asked["source"], search=asked["q"]), **edges
    )  # fmt: skip
    context = {
        "found": found, "etag": etag, "asked": asked, "here": request.get_full_path(),
        "newer": _address(asked, after=found.newer), "older": _address(asked, before=found.older),
        "filtered": any(asked.values()),
    }  # fmt: skip
    if request.headers.get("X-Live"):
        answer = render(request, "leads/submissions/_list.html", context)
    else:
        answer = render(request, "leads/submissions/page.html", context | _frame(request, asked))
    answer["ETag"] = etag
    return answer


def _frame(request: HttpRequest, asked: dict[str, str]) -> dict[str, Any]:
    chosen = asked["outcome"]
    return {
        "tabs": tabs("submissions", request.user),
        "groups": [
            {"href": _address({**asked, "outcome": code}), "label": label, "count": None, "current": code == chosen}
            for code, (label, _) in listing.GROUPS.items()
        ],
        "outcomes": [(code, label, code == chosen) for code, label in Outcome.choices if code != Outcome.DUPLICATE],
        "sources": [(code, name, code == asked["source"]) for code, name in listing.sources()],
        "failing": failing.sources(now=request.now),
    }


@keepers
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    found = Submission.objects.select_related("person__company", "lead__owner", "by", "judged_by", "replay_of")
    submission = get_object_or_404(found, pk=pk)
    events = list(submission.hook_events.select_related("connection").order_by("id")[:100])
    context = {
        "one": submission, "row": listing.row(submission), "reasons": listing.why(submission),
        "door": listing.door_name(submission), "payload": listing.flat_payload(submission.payload), "events": events,
        "replays": submission.replays.order_by("id")[:20], "cannot": replaying.cannot(submission),
        "replayable": submission.outcome in replaying.AGAIN,
        "held": submission.outcome == Outcome.SUSPECT and submission.judged_at is None,
        "connection": events[0].connection if events else None, "tabs": tabs("submissions", request.user),
    }  # fmt: skip
    panel = request.headers.get("HX-Target") == "panel"
    return render(request, f"leads/submissions/{'_one' if panel else 'one'}.html", context)


@keepers
@require_POST
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    submission = get_object_or_404(Submission, pk=pk)
    try:
        replayed = replaying.replay(submission, by=request.user, at=request.now)
    except DomainError as refusal:
        field = f"{listing.field_name(refusal.field)}: " if refusal.field else ""
        return done(request, f"Still not taken in. {field}{refusal.detail}", to=f"{HERE}{pk}/", reload=True)
    if replayed.outcome is None:
        return done(request, "The provider is being asked again.", to=f"{HERE}{pk}/", reload=True)
    to = f"/leads/{replayed.outcome.lead_id}/" if replayed.outcome.lead_id else f"{HERE}{pk}/"
    return done(request, WORDS[replayed.outcome.status], to=to, reload=True)


@keepers
@require_safe
def raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The delivery's body byte by byte, as a file: nothing in it is ever run or shown as a page."""
    delivery = Delivery.objects.filter(pk=pk).first()
    if delivery is None:
        raise Http404
    answer = HttpResponse(bytes(delivery.body), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="delivery-{pk}.json"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _address(asked: dict[str, str], **edge: int | None) -> str:
    if edge and not any(edge.values()):
        return ""
    said = {name: value for name, value in {**asked, **edge}.items() if value}
    return f"{HERE}?{urlencode(said)}" if said else HERE
