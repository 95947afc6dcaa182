"""The base of every REST view: strict JSON in, JSON or a problem out."""

from typing import Any

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


def known_parameters(request: Any, *names: str) -> None:
    """A misspelt query parameter would silently answer another question, so it is refused by name."""
    errors = [
        {"field": name[:100], "code": "unknown_parameter", "detail": "There is no such parameter."}
        for name in request.query_params
        if name not in names and name != "format"
    ]
    if errors:
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors)
