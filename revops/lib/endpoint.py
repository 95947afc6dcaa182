"""The base of every REST view: strict JSON in, JSON or a problem out."""

from typing import Any

from django.db.models import Manager, Model, QuerySet
from django.http import Http404
from rest_framework.views import APIView

from revops.lib import openapi  # noqa: F401  registers the ways to sign in
from revops.lib.errors import Invalid
from revops.lib.json_body import take_chunked


class Endpoint(APIView):
    """`scopes`: {method: scope} a key needs (teams.api_keys). `body_limit`: bytes, when not the usual 256 KiB."""

    scopes: dict[str, str] = {"GET": "read"}

    def initialize_request(self, request, *args, **kwargs):
        take_chunked(request)
        return super().initialize_request(request, *args, **kwargs)


def found(rows: Manager | QuerySet, **ids: int) -> Model:
    """The row with these ids, else 404; ids of an address may be larger than any there can be."""
    row = rows.filter(**ids).first() if max(ids.values()) < 2**63 else None
    if row is None:
        raise Http404
    return row


def known_parameters(request: Any, *names: str) -> None:
    """A misspelt or empty query parameter would silently answer another question, so it is refused by name."""
    errors = []
    for name, value in request.query_params.items():
        if name not in (*names, "format"):
            errors.append({"field": name[:100], "code": "unknown_parameter", "detail": "There is no such parameter."})
        elif not value.strip():
            errors.append({"field": name, "code": "empty", "detail": "Give a value, or leave the parameter out."})
    if errors:
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors)
