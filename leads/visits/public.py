"""What sites and servers reach: /t/visits.js and /t/ for browsers, /v1/… in Segment's shape for servers.

No session and no cookie of ours. Only /t/ answers other origins, and without credentials.
"""

import base64
import binascii
from collections.abc import Callable
from functools import cache, wraps
from hashlib import blake2s
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from leads.models.visit import WriteKey
from leads.visits import events, keys
from leads.visits.keys import Known
from leads.webforms import origins
from revops.lib import callers, json_body, rates
from revops.lib.errors import DomainError, Invalid
from revops.lib.problems import CONTENT_TYPE, problem

BROWSER_BYTES, BROWSER_EVENTS = 64 * 1024, 50
SERVER_BYTES, SERVER_EVENTS = 500 * 1024, 1_000
PER_BROWSER, PER_SERVER, UNKNOWN = "240 per minute", "6000 per minute", "60 per minute"
BOTS = ("bot", "crawl", "spider", "slurp", "preview", "lighthouse")


def script(request: HttpRequest) -> HttpResponse:
    """The tracking script; browsers ask again after an hour."""
    body = _source()
    tag = f'"{blake2s(body, digest_size=12).hexdigest()}"'
    fresh = request.headers.get("If-None-Match") == tag
    response = HttpResponseNotModified() if fresh else HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["ETag"], response["Cache-Control"] = tag, "public, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cache
def _source() -> bytes:
    return Path(__file__).with_name("visits.js").read_bytes()


def _answering(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whatever is wrong is said as a problem; nothing of ours is in it."""

    @csrf_exempt
    @wraps(view)
    def inside(request: HttpRequest, *args: Any) -> HttpResponse:
        try:
            return view(request, *args)
        except DomainError as wrong:
            return _no(wrong.status, wrong.detail, wrong.code, getattr(wrong, "errors", None))
        except (DatabaseError, InterfaceError):
            return _no(503, "We cannot take this right now. Send it again in a moment.", "unavailable")

    return inside


# --- browsers ---------------------------------------------------------------------------------
@csrf_exempt
def collect(request: HttpRequest) -> HttpResponse:
    """{batch: [page or identify, …], sentAt}, as the script sends it. 204, whatever became of each."""
    response = _collected(request)
    if origin := request.headers.get("Origin", ""):
        response["Access-Control-Allow-Origin"] = origin
    response["Vary"] = "Origin"
    return response


@_answering
def _collected(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={
            "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": "600"})  # fmt: skip
    if request.method != "POST":
        return _no(405, "This address takes POST.", "method_not_allowed")
    known, refusal = _by_key(request, request.GET.get("key", ""), WriteKey.Kind.SITE)
    if known is None:
        return refusal
    if not origins.allowed(request.headers.get("Origin", ""), known.origins, request.get_host()):
        return _no(403, "This key takes nothing from that page.", "foreign_page")
    if not rates.hit("visits", callers.group(callers.address(request)), PER_BROWSER):
        return _no(429, "Too many are being sent at once.", "too_many")
    batch = _batch(_body(request, BROWSER_BYTES), most=BROWSER_EVENTS)
    agent = request.headers.get("User-Agent", "").lower()
    if not _objects_to(request) and not any(word in agent for word in BOTS):
        events.take(batch, source=known.source, by=None, now=request.now, via="api", forwarded=False, public=True)
    return HttpResponse(status=204)


def _objects_to(request: HttpRequest) -> bool:
    """The browser says that it wants not to be followed; the script asks before it sends, this is for other senders."""
    return request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"


# --- servers ----------------------------------------------------------------------------------
@_answering
def segment(request: HttpRequest, call: str) -> HttpResponse:
    """One report, or `batch`. {success: true}; of a batch also which were refused and why."""
    if request.method != "POST":
        return _no(405, "This address takes POST.", "method_not_allowed")
    known, refusal = _by_key(request, _basic(request), WriteKey.Kind.SERVER)
    if known is None:
        return refusal
    if not rates.hit("visits-server", known.source, PER_SERVER):
        return _no(429, "Too many are being sent at once.", "too_many")
    body = _body(request, SERVER_BYTES)
    many = call in ("batch", "import")
    batch = _batch(body, most=SERVER_EVENTS) if many else [{**_object(body), "type": call}]
    taken = events.take(batch, source=known.source, by=None, now=request.now, via="api", forwarded=False)
    refused = [{"index": i, "errors": one.errors} for i, one in enumerate(taken) if one.status == "refused"]
    if refused and not many:
        errors = taken[0].errors
        raise Invalid(errors[0]["detail"], code="invalid", errors=errors)
    return JsonResponse({"success": True, "refused": refused} if refused else {"success": True})


def _basic(request: HttpRequest) -> str:
    """The write key is the user name, the password is empty."""
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(coded) > 400:
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


# --- both -------------------------------------------------------------------------------------
def _by_key(request: HttpRequest, key: str, kind: str) -> tuple[Known | None, HttpResponse]:
    known = keys.by_key(key, kind=kind, now=request.now) if 0 < len(key) <= 100 else None
    if known is None:
        if not rates.hit("visits-unknown", callers.group(callers.address(request)), UNKNOWN):
            return None, _no(429, "Too many are being sent at once.", "too_many")
        return None, _no(401, "There is no such write key.", "unknown_key")
    return known, HttpResponse()


def _body(request: HttpRequest, limit: int) -> Any:
    json_body.take_chunked(request)
    return json_body.loads(json_body.read(request, limit), check_texts=False)


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Invalid("Give a JSON object.", code="not_an_object")
    return body


def _batch(body: Any, *, most: int) -> list[Any]:
    """The reports; what is said once for all of them (sentAt, context) is said of each that does not say it itself."""
    batch = _object(body).get("batch")
    if not isinstance(batch, list) or len(batch) > most:
        raise Invalid(f"Give a batch: a list of at most {most:,} reports.", code="not_a_list", field="batch")
    shared = {name: body[name] for name in ("sentAt", "context") if body.get(name)}
    return [{**shared, **one} if isinstance(one, dict) else one for one in batch]


def _no(status: int, detail: str, code: str, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    later = {"Retry-After": "10"} if status in (429, 503) else {}
    if status == 401:
        later = {"WWW-Authenticate": 'Basic realm="write key"'}
    return JsonResponse(problem(status, detail, code, errors), status=status, content_type=CONTENT_TYPE, headers=later)
