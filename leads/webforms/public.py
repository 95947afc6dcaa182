"""/f/<key>/: what strangers reach. No session, no cookie, no sign of who is believed; the only cross-origin doors."""

import json
import logging
from collections.abc import Callable
from functools import cache, wraps
from hashlib import blake2s
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from leads.webforms import known, limits, markup, origins, reading, taking, tokens
from leads.webforms.known import Shown
from revops.lib import callers, json_body, rates
from revops.lib.errors import DomainError, Invalid
from revops.lib.problems import CONTENT_TYPE, problem

MOST_BYTES = 64 * 1024
AGAIN_SECONDS = "10"
log = logging.getLogger("revops.forms")
CLOSED = "This form is closed."
BUSY = "Too many are being sent at once. Wait a minute and send it again; nothing you typed is lost."
ELSEWHERE = "This form does not take entries from that page."


def door(view: Callable) -> Callable:
    """Finds the form of the key; answers preflights, unknown keys, closed forms and foreign pages by itself."""

    @csrf_exempt
    @wraps(view)
    def inside(request: HttpRequest, key: str) -> HttpResponse:
        form = known.by_key(key, now=request.now)
        if form is None:
            over = not rates.hit("form-unknown", callers.group(callers.address(request)), limits.UNKNOWN)
            return _no(request, 429 if over else 404, "There is no form at this address.", "not_found")
        origin = request.headers.get("Origin", "")
        if not origins.allowed(origin, form.origins, request.get_host()):
            return _no(request, 403, ELSEWHERE, "foreign_page")
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, POST"
            response["Access-Control-Allow-Headers"] = "Content-Type"
            response["Access-Control-Max-Age"] = "600"
        elif not form.is_active:
            response = _no(request, 403, CLOSED, "closed")
        else:
            response = view(request, form)
        if origin:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = "Retry-After"
        response["Vary"] = "Origin, Accept"
        return response

    return inside


@door
def form(request: HttpRequest, form: Shown) -> HttpResponse:
    """GET: the form's own page. POST: from that page, from plain HTML anywhere, from the script, or JSON."""
    if request.method == "POST":
        return _take(request, form)
    if request.method not in ("GET", "HEAD"):
        return _no(request, 405, "This address knows GET and POST.", "method_not_allowed")
    if not _may_look(request, form):
        return _no(request, 429, BUSY, "too_many")
    address = request.build_absolute_uri()
    return _page(request, form, {"page_url": address, "referrer": request.headers.get("Referer", "")})


@door
def thanks(request: HttpRequest, form: Shown) -> HttpResponse:
    return _html("leads/forms/thanks.html", request, {"form": form})


@door
def script(request: HttpRequest, form: Shown) -> HttpResponse:
    """The small script with this form's fields in it; browsers ask again after five minutes."""
    body = f"{_source()}({_settings(form)});".encode()
    tag = f'"{blake2s(body, digest_size=12).hexdigest()}"'
    fresh = request.headers.get("If-None-Match") == tag
    response = HttpResponseNotModified() if fresh else HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["ETag"], response["Cache-Control"] = tag, "public, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@door
def challenge(request: HttpRequest, form: Shown) -> HttpResponse:
    """{form_token, seconds to wait before sending, altcha: a sum to solve or null}."""
    if not _may_look(request, form):
        return _no(request, 429, BUSY, "too_many")
    asked = tokens.challenge(form.pk, now=request.now) if form.proof_of_work else None
    told = {"token": tokens.issue(form.pk, now=request.now), "seconds": form.min_seconds, "altcha": asked}
    return JsonResponse(told, headers={"Cache-Control": "no-store"})


# --- a post ------------------------------------------------------------------------------------
def _take(request: HttpRequest, form: Shown) -> HttpResponse:
    try:
        posted = _posted(request)
    except RequestDataTooBig:
        return _no(request, 413, f"This is larger than {MOST_BYTES // 1024} KiB.", "too_large")
    except (DomainError, SuspiciousOperation, MultiPartParserError, ValueError):
        return _no(request, 400, "This cannot be read.", "unreadable")
    try:
        answer = taking.take(form, posted, context=_context(request, posted), now=request.now)
    except (DatabaseError, InterfaceError):
        log.exception("A form could not be taken in")
        return _no(request, 503, "We cannot take this right now. Send it again in a moment.", "unavailable")
    if answer.status == "over":
        if _wants_json(request):
            return _no(request, 429, BUSY, "too_many")
        return _page(request, form, posted, problem=BUSY, status=429)
    if answer.errors:
        if _wants_json(request):
            told = problem(422, answer.errors[0]["detail"], answer.errors[0]["code"], answer.errors)
            return JsonResponse(told, status=422, content_type=CONTENT_TYPE)
        return _page(request, form, posted, errors=answer.errors, status=422)
    if _wants_json(request):
        return JsonResponse({"ok": True, "thanks": form.thanks, "redirect": form.redirect_url or None})
    return HttpResponse(status=303, headers={"Location": form.redirect_url or f"/f/{form.key}/thanks/"})


def _posted(request: HttpRequest) -> dict[str, Any]:
    length = request.headers.get("Content-Length") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise RequestDataTooBig
    if request.content_type == "application/json":
        data = json_body.loads(json_body.read(request, MOST_BYTES), check_texts=False)
        if not isinstance(data, dict):
            raise Invalid("Give an object.")
        return {name: _flat(value) for name, value in data.items()}
    # Several of one name (a list of boxes) are one text with commas.
    return {name: ", ".join(values) for name, values in request.POST.lists()}


def _flat(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in value if not isinstance(one, (list, dict)))
    return value if isinstance(value, str) else json.dumps(value)


def _context(request: HttpRequest, posted: dict[str, Any]) -> dict[str, Any]:
    """Where it came from. A page that sends no address of its own in the form is known by the Referer header."""
    page = request.headers.get("Referer", "")
    if not posted.get("page_url") and page.startswith(("https://", "http://")):
        posted["page_url"] = page
    return {
        "ip": callers.address(request),
        "agent": reading.storable(request.headers.get("User-Agent", "")[:300]),
        "origin": reading.storable(request.headers.get("Origin", "")[:300]),
        "page": reading.storable(str(posted.get("page_url") or page)[:1_000]),
    }


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "") or request.content_type == "application/json"


def _may_look(request: HttpRequest, form: Shown) -> bool:
    return rates.hit("form-look", f"{form.pk} {callers.group(callers.address(request))}", limits.LOOKS)


# --- answers -------------------------------------------------------------------------------------
def _page(
    request: HttpRequest, form: Shown, values: dict[str, Any], *, errors: list[dict[str, str]] | None = None,
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The form's page. After a refusal the first look goes on: whoever corrects a typing error is not too fast."""
    wrong = {error["field"]: error["detail"] for error in reversed(errors or [])}
    names = {one.name: one.label for one in form.fields} | {one.name: one.text for one in form.consents}
    token = str(values.get(taking.TOKEN) or "")
    if tokens.read(token, form.pk, now=request.now) is None:
        token = tokens.issue(form.pk, now=request.now)
    carried = [(name, values.get(name, "")) for name in (*reading.UTM, *reading.HIDDEN) if values.get(name)]
    context = {
        "form": form, "inside": markup.inside(form, values=values, errors=wrong), "token": token,
        "token_name": taking.TOKEN, "carried": carried, "problem": problem, "action": f"/f/{form.key}/",
        "wrong": [(f"f-{name.replace('.', '-')}", names.get(name, ""), text) for name, text in wrong.items()],
    }  # fmt: skip
    response = _html("leads/forms/hosted.html", request, context, status=status)
    response["Cache-Control"] = "no-store"
    if form.redirect_url:
        # A browser holds our form-action against where the post is led on to as well.
        to = urlsplit(form.redirect_url)
        response._csp_update = {"form-action": [f"{to.scheme}://{to.netloc}"]}
    return response


def _no(request: HttpRequest, status: int, detail: str, code: str) -> HttpResponse:
    later = {"Retry-After": AGAIN_SECONDS} if status in (429, 503) else {}
    if _wants_json(request) or request.path.endswith(("/challenge/", "form.js")):
        return JsonResponse(problem(status, detail, code), status=status, content_type=CONTENT_TYPE, headers=later)
    return _html("leads/forms/no.html", request, {"detail": detail}, status=status, headers=later)


def _html(template: str, request: HttpRequest, context: dict[str, Any], **more: Any) -> HttpResponse:
    """Rendered without the request: nothing of the frame is asked, and no session with it."""
    return HttpResponse(render_to_string(template, {**context, "csp_nonce": str(request.csp_nonce)}), **more)


@cache
def _source() -> str:
    return (Path(settings.BASE_DIR) / "revops" / "static" / "js" / "form.js").read_text(encoding="utf-8").strip()


def _settings(form: Shown) -> str:
    """What the script has to know, as JSON; only ASCII, so that no sign in a label can end a line of code."""
    told = {
        "key": form.key, "title": form.title, "intro": form.intro, "button": form.button, "trap": taking.TRAP,
        "fields": [
            {"name": one.name, "label": one.label, "kind": one.kind, "required": one.required,
             "options": list(one.options), "fill": one.autocomplete, "most": one.longest}
            for one in form.fields
        ],
        "consents": [{"name": one.name, "label": one.text, "required": one.required} for one in form.consents],
    }  # fmt: skip
    return json.dumps(told, separators=(",", ":"))
