"""Every refusal of the REST API as application/problem+json (RFC 9457), whoever raised it.

{"type": "about:blank", "title": "Conflict", "status": 409, "detail": "…", "code": "refused",
 "errors": [{"field": "", "code": "refused", "detail": "…"}]}: `detail` is for people, `code` for programs,
`field` a dotted path into the body, a query parameter's or a header's name, or "".
"""

import logging
from http import HTTPStatus
from typing import Any

import psycopg2
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import get_urlconf, is_valid_path, resolve
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from revops.lib.errors import DomainError

CONTENT_TYPE = "application/problem+json"
log = logging.getLogger("revops.api")


def problem(status: int, detail: str, code: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [{"field": "", "code": code, "detail": detail}],
    }


def handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None (a real fault of ours) goes on to `server_error`."""
    found = _read(exc)
    if found is None:
        return None
    status, detail, code, errors, headers = found
    set_rollback()
    return Response(problem(status, detail, code, errors), status=status, headers=headers, content_type=CONTENT_TYPE)


def _read(exc: Exception) -> tuple[int, str, str, list[dict[str, str]] | None, dict[str, str]] | None:
    if isinstance(exc, DomainError):
        errors = getattr(exc, "errors", None) or [{"field": exc.field, "code": exc.code, "detail": exc.detail}]
        return exc.status, exc.detail, exc.code, errors, dict(getattr(exc, "headers", {}))
    if isinstance(exc, Http404):
        return 404, "There is nothing at this address.", "not_found", None, {}
    if isinstance(exc, PermissionDenied):
        return 403, str(exc) or "You may not do this.", "forbidden", None, {}
    if isinstance(exc, exceptions.APIException):
        return _of_drf(exc)
    if isinstance(exc, RequestDataTooBig):
        return 413, "The body is too large.", "too_large", None, {}
    if isinstance(exc, SuspiciousOperation):
        return 400, "This request cannot be read.", "bad_request", None, {}
    if isinstance(exc, DataError):
        # Checks in front should have caught it. The sender's value is still what is wrong, and a retry won't help.
        log.exception("PostgreSQL refused a value that our checks let through")
        return 400, "One of the values cannot be kept.", "unkeepable", None, {}
    if isinstance(exc, (OperationalError, InterfaceError)) or _cut_off(exc):
        log.exception("The database did not answer")
        return 503, "The database did not answer. Try again.", "unavailable", None, {"Retry-After": "1"}
    return None


def _cut_off(exc: Exception) -> bool:
    """A connection that breaks in the middle of an answer has an error of the database's without a code of its own."""
    cause = exc.__cause__
    return isinstance(exc, DatabaseError) and isinstance(cause, psycopg2.Error) and cause.pgcode is None


def _of_drf(exc: exceptions.APIException) -> tuple[int, str, str, list[dict[str, str]] | None, dict[str, str]]:
    headers = {}
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(exc, exceptions.ValidationError):
        errors = _flat(exc.get_full_details(), "")
        return exc.status_code, errors[0]["detail"], errors[0]["code"], errors, headers
    return exc.status_code, str(exc.detail), str(exc.get_codes()), None, headers


def _flat(details: Any, path: str) -> list[dict[str, str]]:
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        return [{"field": path, "code": str(details["code"]), "detail": str(details["message"])}]
    parts = details.items() if isinstance(details, dict) else enumerate(details)
    single = isinstance(details, list) and all(isinstance(d, dict) and set(d) == {"message", "code"} for d in details)
    found = []
    for name, part in parts:
        own = "" if single or name == "non_field_errors" else str(name)
        found += _flat(part, f"{path}.{own}" if path and own else own or path)
    return found or [{"field": path, "code": "invalid", "detail": "Invalid input."}]


# --- what Django itself answers, outside any view ---------------------------------------
def _plain(status: int, detail: str, code: str) -> JsonResponse:
    return JsonResponse(problem(status, detail, code), status=status, content_type=CONTENT_TYPE)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return _plain(400, "This request cannot be read.", "bad_request")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return _plain(403, str(exception) or "You may not do this.", "forbidden")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        slash = "" if request.path_info.endswith("/") else " Addresses end with a slash."
        return _plain(404, f"There is nothing at this address.{slash}", "not_found")
    return defaults.page_not_found(request, exception)


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """Whatever below /api/ is no call. Without its slash, 308: Django's own 301 would turn a POST into a GET."""
    if not request.path_info.endswith("/") and is_valid_path(f"{request.path_info}/", get_urlconf()):
        target = resolve(f"{request.path_info}/").func
        if target is not unknown_address:
            return HttpResponse(status=308, headers={"Location": request.get_full_path(force_append_slash=True)})
    raise Http404


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return _plain(500, "Something broke on our side. It has been logged.", "server_error")
    return defaults.server_error(request)
