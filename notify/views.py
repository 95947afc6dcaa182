"""What I was told: unread first, then the newest."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from notify import notice
from notify.models import Notice
from notify.said import said
from revops.lib.answers import done

SIZE = 50
TONES = {"clock.breached": "late", "clock.escalated": "late", "clock.warned": "warn"}


@login_required
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    unread, after = _place(request.GET.get("after", ""))
    rows = _rows(request.user, unread, after, SIZE + 1)
    shown = rows[:SIZE]
    told = said(shown)
    for one in shown:
        one.text, one.href = told[one.pk].text, told[one.pk].href
        one.tone = TONES.get(one.kind, "")
    last = shown[-1] if shown else None
    following = f"?after={'r' if last.read_at else 'u'}{last.pk}" if last and len(rows) > SIZE else ""
    context = {"unread": [n for n in shown if n.read_at is None], "read": [n for n in shown if n.read_at],
               "next": following, "first_page": after is None}  # fmt: skip
    return render(request, "notify/notices.html", context)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    many = notice.read(request.user, at=request.now)
    return done(request, f"{many} marked as read." if many else "All was read already.", to="/notices/", reload=True)


@login_required
@require_POST
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks it read and goes where it leads. Somebody else's is not there."""
    one = get_object_or_404(Notice, pk=pk, user=request.user)
    notice.read(request.user, at=request.now, ids=[pk])
    return redirect(said([one])[pk].href or "/notices/")


def _place(text: str) -> tuple[bool, int | None]:
    """`u123`: after unread notice 123; `r123`: after read notice 123; anything else: the beginning."""
    kind, number = text[:1], text[1:]
    if kind in ("u", "r") and number.isascii() and number.isdigit() and len(number) < 19:
        return kind == "u", int(number)
    return True, None


def _rows(user: Any, unread: bool, after: int | None, wanted: int) -> list[Notice]:
    rows: list[Notice] = []
    for part in (True, False) if unread else (False,):
        found = Notice.objects.filter(user=user, read_at__isnull=part).order_by("-id")
        if after is not None and part == unread:
            found = found.filter(pk__lt=after)
        rows += found[: wanted - len(rows)]
        if len(rows) >= wanted:
            break
    return rows
