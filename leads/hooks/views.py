"""/hooks/<token>/: where providers post. Strangers learn nothing here: not which addresses there are, and no stack."""

import logging
from typing import Any

from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from leads.hooks import connections, signatures, taking
from leads.models import Door
from leads.models import Outcome as Became
from leads.models.hook import Connection, Provider
from leads.submissions.keeping import Kept, keep_one
from revops.lib import callers, rates
from revops.lib.errors import DomainError
from revops.lib.json_body import read, take_chunked
from revops.lib.problems import CONTENT_TYPE, problem

log = logging.getLogger("revops.hooks")
BODY_LIMIT = 1024 * 1024  # batches of a hundred changes with their histories come near it
MOST_POSTS = "600 per minute"  # of one connection


@csrf_exempt
def hook(request: HttpRequest, token: str) -> HttpResponse:
    # Not every sign that an address may have can be asked the database for.
    found = Connection.objects.filter(token=token, is_active=True) if token.isprintable() else Connection.objects.none()
    connection = found.first()
    if connection is None:
        return _no(404, "There is nothing at this address.", "not_found")
    if request.method == "GET" and connection.provider == Provider.META:
        return _handshake(request, connection)
    if request.method != "POST":
        return _no(405, "Send a POST.", "method_not_allowed", Allow="POST")
    if not rates.hit("hook", str(connection.pk), MOST_POSTS):
        return _no(429, "Too many posts at once. Send it again in a minute.", "too_many", **{"Retry-After": "60"})
    try:
        take_chunked(request)
        body = read(request, BODY_LIMIT)
        headers = {name.lower(): value for name, value in request.headers.items()}
        post = signatures.Post(body, headers, uri=request.build_absolute_uri())
        signatures.verify(
            connection.provider, post, secrets=connections.secrets_of(connection, now=request.now), now=request.now
        )
        taken = taking.take(connection, body, headers, now=request.now)
    except DomainError as refusal:
        _note(connection, refusal, request)
        return _no(refusal.status, refusal.detail, refusal.code)
    except DataError:
        log.exception("PostgreSQL refused a value that our checks let through")
        return _no(400, "One of the values cannot be kept.", "unkeepable")
    except DatabaseError:
        log.exception("A post could not be kept")
        return _no(503, "Send it again.", "unavailable", **{"Retry-After": "5"})
    return JsonResponse({"events": taken.events, "new": taken.fresh})


def _handshake(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Meta asks once whether the address is ours, by the word it was told: the last part of the address."""
    given = request.GET.get("hub.verify_token", "")
    if request.GET.get("hub.mode") != "subscribe" or not constant_time_compare(given, connection.token):
        return _no(403, "This is not the word agreed on.", "forbidden")
    return HttpResponse(request.GET.get("hub.challenge", "")[:200], content_type="text/plain; charset=utf-8")


def _note(connection: Connection, refusal: DomainError, request: HttpRequest) -> None:
    """A refused post is counted and its reason kept, not its body: anybody may have sent that."""
    if not rates.hit("hook-refused", str(connection.pk), connections.MOST_REFUSALS):
        return
    error = {"field": refusal.field, "code": refusal.code, "detail": refusal.detail}
    context: dict[str, Any] = {
        "connection": connection.pk, "ip": callers.address(request),
        "agent": request.headers.get("User-Agent", "")[:200].replace("\0", ""),
    }  # fmt: skip
    keep_one(
        Kept(source=connection.provider, door=Door.HOOK, outcome=Became.REFUSED, payload={}, errors=[error],
             context=context),
        now=request.now,
    )  # fmt: skip
    connections.failed(connection, refusal.detail, now=request.now)


def _no(status: int, detail: str, code: str, **headers: str) -> JsonResponse:
    return JsonResponse(problem(status, detail, code), status=status, content_type=CONTENT_TYPE, headers=headers)
