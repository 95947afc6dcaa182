"""What sales asks marketing for: asked over a deal or on its own, taken, answered, made or declined.

The promise is a first answer; a clock of another room keeps it by what is told here. Each verb is once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet

from journal import erasing as journal
from journal.record import Fact, record
from marketing.models import ContentRequest
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access

State = ContentRequest.State


def ask(
    title: str, *, why: str = "", about: tuple[str, int] | None = None, stage: str = "", segment: str = "", by: Any,
    at: datetime, via: str = "page",
) -> ContentRequest:  # fmt: skip
    """`about`: (kind, id) of what it is asked over, a deal. The same asked again by the same person while it waits is
    the same request. Raises Forbidden, Invalid."""
    access.require(by, "ask_for_content")
    if not title.strip():
        raise Invalid("Say what is needed.", code="required", field="title")
    kind, subject = about or ("", None)
    said = title.strip()[:160]
    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"content:{by.pk}"])
        waits = ContentRequest.objects.filter(asked_by=by.pk, title=said, about_kind=kind, about_id=subject)
        if (same := waits.filter(closed_at=None).first()) is not None:
            return same
        made = ContentRequest.objects.create(
            title=said, why=why.strip()[:400], about_kind=kind, about_id=subject, stage=stage[:60],
            segment=segment[:60], asked_at=at, asked_by_id=by.pk,
        )  # fmt: skip
        _tell("content.asked", made, by=by, at=at, via=via, about=subject)
    return made


def take(request: ContentRequest, *, by: Any, at: datetime, via: str = "page") -> ContentRequest:
    """Somebody of marketing makes it; another one may take it over."""
    with transaction.atomic():
        locked = _locked(request, by)
        if locked.state == State.TAKEN and locked.owner_id == by.pk:
            return locked
        _open(locked)
        locked.state, locked.owner = State.TAKEN, by
        locked.save(update_fields=["state", "owner"])
        _tell("content.taken", locked, by=by, at=at, via=via)
    return locked


def answer(request: ContentRequest, *, text: str, by: Any, at: datetime, via: str = "page") -> ContentRequest:
    """What whoever asked can do now, or when there will be something. The first one keeps the promise."""
    if not text.strip():
        raise Invalid("Say something they can use.", code="required", field="answer")
    with transaction.atomic():
        locked = _locked(request, by)
        if locked.answer == text.strip()[:400]:
            return locked
        _open(locked)
        locked.answer = text.strip()[:400]
        _answered(locked, by=by, at=at, via=via)
        locked.save(update_fields=["answer", "answered_at", "owner", "state"])
    return locked


def finish(request: ContentRequest, *, url: str, by: Any, at: datetime, via: str = "page") -> ContentRequest:
    """There is something to use, at this address."""
    url = url.strip()
    if len(url) > 500 or not _is_address(url):
        raise Invalid("Give the address of what can be used, like https://…", code="invalid_url", field="url")
    with transaction.atomic():
        locked = _locked(request, by)
        if locked.state == State.DONE and locked.url == url:
            return locked
        _open(locked)
        _answered(locked, by=by, at=at, via=via)
        locked.url, locked.state, locked.closed_at = url, State.DONE, at
        locked.save(update_fields=["url", "state", "closed_at", "answered_at", "owner"])
        _tell("content.done", locked, by=by, at=at, via=via, asked_by=locked.asked_by_id)
    return locked


def decline(request: ContentRequest, *, why: str, by: Any, at: datetime, via: str = "page") -> ContentRequest:
    """Not made, and why; also an answer."""
    if not why.strip():
        raise Invalid("Say why not, in a few words.", code="required", field="why")
    with transaction.atomic():
        locked = _locked(request, by)
        if locked.state == State.DECLINED:
            return locked
        _open(locked)
        _answered(locked, by=by, at=at, via=via)
        locked.answer, locked.state, locked.closed_at = why.strip()[:400], State.DECLINED, at
        locked.save(update_fields=["answer", "state", "closed_at", "answered_at", "owner"])
        _tell("content.declined", locked, by=by, at=at, via=via, asked_by=locked.asked_by_id)
    return locked


def waiting() -> QuerySet[ContentRequest]:
    """Not closed: first those nobody answered, then by when they were asked."""
    return ContentRequest.objects.filter(closed_at=None).order_by("-answered_at", "asked_at", "id")


def owed_count(user: Any) -> int:
    """How many requests wait for an answer of marketing: unanswered, this marketer's or nobody's."""
    if getattr(user, "role", "") != "marketing":
        return 0
    rows = ContentRequest.objects.filter(closed_at=None, answered_at=None)
    return rows.exclude(owner__isnull=False).count() + rows.filter(owner=user).count()


def names(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """{id: (its title, its address)}; one query."""
    rows = ContentRequest.objects.filter(pk__in=list(ids)).values_list("pk", "title")
    return {pk: (title, f"/content/{pk}/") for pk, title in rows}


def of(kind: str, ids: Sequence[int]) -> dict[int, ContentRequest]:
    """Requests by id, of those asked over a subject of `kind`."""
    return ContentRequest.objects.filter(about_kind=kind, pk__in=ids).in_bulk() if ids else {}


def erase_about(kind: str, ids: Sequence[int]) -> None:
    """What people wrote in requests over these subjects goes; that something was asked, and when, stays."""
    rows = bulk.query(
        """UPDATE marketing_contentrequest SET title = 'Content request ' || id, why = '', answer = '', url = ''
            WHERE about_kind = %s AND about_id = ANY (%s) RETURNING id""",
        [kind, list(ids)],
    )
    journal.clean("content_request", [pk for (pk,) in rows])


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as http://[
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _locked(request: ContentRequest, by: Any) -> ContentRequest:
    access.require(by, "make_content")
    return ContentRequest.objects.select_for_update().get(pk=request.pk)


def _open(request: ContentRequest) -> None:
    if request.closed_at is not None:
        raise Refused(f"Not changed: this request is {request.get_state_display().lower()} already.", code="closed")


def _answered(request: ContentRequest, *, by: Any, at: datetime, via: str) -> None:
    if request.owner_id is None:
        request.owner = by
        request.state = State.TAKEN
    if request.answered_at is None:
        request.answered_at = at
        _tell("content.answered", request, by=by, at=at, via=via, asked_by=request.asked_by_id)


def _tell(kind: str, request: ContentRequest, *, by: Any, at: datetime, via: str, **data: Any) -> None:
    said = {name: value for name, value in data.items() if value is not None}
    record([Fact(kind, "content_request", request.pk, at, by=by.pk, via=via, data=said)], now=at)
