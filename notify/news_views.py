"""News for an open tab: what a browser is to say aloud now, asked every few seconds, taken back once it was said."""

import hashlib
import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from notify import preferences
from notify.models import Delivery, State
from notify.outbox import NOT_LATER
from notify.said import Said, said
from revops.lib import bulk

MOST = 3  # more at once are said as one
READ_AT_ONCE = 100


@login_required
@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """{"after": id, "news": [{"ids", "text", "href", "tag", "toast"}]} of what waits after `after`; 304 when it is what
    the tab knows already."""
    preferences.listening(request.user, at=request.now)
    after = request.GET.get("after", "")
    waiting = list(
        Delivery.objects.filter(user=request.user, channel="browser", state=State.WAITING, not_before__lte=request.now,
                                not_before__gt=request.now - NOT_LATER, notice__read_at=None,
                                pk__gt=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0)
        .select_related("notice").order_by("id")[:READ_AT_ONCE]
    )  # fmt: skip
    body = {"after": waiting[-1].pk if waiting else None, "news": _told(waiting)}
    tag = f'"{hashlib.sha256(bulk.dumps(body).encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    return JsonResponse(body, headers={"ETag": tag, "Cache-Control": "no-store"})


@login_required
@require_POST
def heard(request: HttpRequest) -> HttpResponse:
    """These were shown; only one's own, and once."""
    try:
        ids = [int(pk) for pk in json.loads(request.body)["ids"]][:READ_AT_ONCE]
    except (ValueError, KeyError, TypeError, OverflowError):
        return JsonResponse({"detail": 'Send {"ids": [1, 2]}.'}, status=400)
    mine = Delivery.objects.filter(user=request.user, channel="browser", state=State.WAITING, pk__in=ids)
    mine.update(state=State.SENT, sent_at=request.now, attempts=1)
    return HttpResponse(status=204)


def _told(waiting: list[Delivery]) -> list[dict[str, Any]]:
    words = said([one.notice for one in waiting]) if waiting else {}
    if len(waiting) > MOST:
        last = waiting[-1]
        text = f"{len(waiting)} notices. The latest: {words[last.notice_id].text}"
        return [_one(waiting, Said(text, "/notices/"), toast=any(map(_urgent, waiting)))]
    return [_one([one], words[one.notice_id], toast=_urgent(one)) for one in waiting]


def _one(told: list[Delivery], words: Said, *, toast: bool) -> dict[str, Any]:
    return {"ids": [one.pk for one in told], "text": words.text, "href": words.href or "/notices/",
            "tag": str(told[-1].message_id), "toast": toast}  # fmt: skip


def _urgent(one: Delivery) -> bool:
    """A lead given to me, a hot one that waits, and a test are said on the page too."""
    return one.notice.kind in {"lead.assigned", "test"} or one.notice.data.get("tier") == "hot"
