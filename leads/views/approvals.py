"""/approvals/: touches typed in long after they happened, for the manager to approve or decline."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from leads import touch_words, touches
from leads.models import Touch
from leads.views.doors import said_no
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError

HERE = "/approvals/"
MOST = 100


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    waiting = touches.waiting_for(request.user)
    shown = list(waiting[: MOST + 1])
    rows = [
        {
            "touch": touch,
            "what": touch_words.sentence(touch, touch.by.name if touch.by else ""),
            "late": words.span((touch.recorded_at - touch.occurred_at).total_seconds()),
        }
        for touch in shown[:MOST]
    ]
    return render(request, "leads/approvals.html", {"rows": rows, "more": len(shown) > MOST})


@login_required
@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _judge(request, pk, touches.approve, "Approved: it counts as of when it happened.")


@login_required
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    return _judge(request, pk, touches.decline, "Declined: it stays on the timeline and doesn’t count.")


def _judge(request: HttpRequest, pk: int, verb: Callable, said: str) -> HttpResponse:
    touch = Touch.objects.select_related("lead__owner__team", "by").filter(pk=pk).exclude(standing="").first()
    if touch is None:
        raise Http404
    try:
        verb(touch, by=request.user, at=request.now)
    except DomainError as refusal:
        return said_no(request, refusal, back=HERE)
    return done(request, said, to=HERE, reload=True)
