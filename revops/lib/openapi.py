"""What every call of the REST API has in common, said once for the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers

PROBLEM_TYPE = "application/problem+json"
# A text PostgreSQL can keep: no NUL. (JSON that carries half a character is refused too; a pattern can't say so.)
TEXT = r"^[^\u0000]*$"
# The same, with something in it.
SAID = r"^[^\u0000]*[A-Za-z0-9][^\u0000]*$"
SENTENCES = {
    400: "Something in the request is wrong; `errors` names each field.",
    401: "Nobody is signed in, or the key is unknown, revoked or expired.",
    403: "The key lacks the scope, or this person may not; `detail` says who may.",
    404: "There is nothing at this address.",
    405: "This address takes no such request.",
    409: "The state does not allow it, or the first request with this key still runs (Retry-After).",
    413: "The body is too large.",
    415: "Send application/json.",
    422: "This Idempotency-Key was used with another body.",
    503: "The database did not answer; try again.",
}
READS = (400, 401, 403, 404)
WRITES = (400, 401, 403, 404, 409, 413, 415, 422)


def shaped(schema: dict[str, Any], *, required: bool = False, **more: Any) -> serializers.Field:
    """A field that is just this JSON schema."""
    # A class of its own: an annotation on the instance would not survive the copies serializers make of fields.
    own = extend_schema_field(schema)(type("Shaped", (serializers.JSONField,), {}))
    return own(required=required, **more)


def text(longest: int, **more: Any) -> serializers.Field:
    """An optional text; null and "" say nothing."""
    return shaped({"type": "string", "maxLength": longest, "pattern": TEXT, "nullable": True}, **more)


class Strict(serializers.Serializer):
    """A body whose unknown fields are refused by name."""


class NoBody(Strict):
    """Send an empty object, or no body at all."""


def needed_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of the generator: a body of optional fields is still needed, unless it may be nothing at all."""
    for calls in result["paths"].values():
        for call in calls.values():
            if "requestBody" in call:
                [body] = call["requestBody"]["content"].values()
                call["requestBody"]["required"] = not body["schema"].get("$ref", "").endswith("/NoBody")
    return result


class StrictExtension(OpenApiSerializerExtension):
    target_class = "revops.lib.openapi.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


class FieldError(serializers.Serializer):
    field = serializers.CharField(
        help_text="A dotted path into the body, a parameter or header, or empty.", allow_blank=True
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldError(many=True)


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!-~]([ -~]*[!-~])?$"},
    OpenApiParameter.HEADER,
    description="Send the same key to repeat a request safely: the first answer comes back, for at least 24 hours.",
)


def reads(summary: str, answer: Any, *, parameters: list | None = None, codes: tuple = READS, **more: Any) -> Any:
    """A GET that answers 200."""
    return _call(summary, {200: answer}, codes, parameters=parameters or [], **more)


def files(summary: str, types: dict[str, Any], *, codes: tuple = READS, **more: Any) -> Any:
    """A GET that answers 200 with a file; `types`: {media type: its schema}."""
    return _call(summary, {(200, kind): schema for kind, schema in types.items()}, codes, **more)


def writes(summary: str, body: Any, answers: dict[int, Any], *, codes: tuple = WRITES, **more: Any) -> Any:
    """A POST that may be repeated under an Idempotency-Key."""
    return _call(summary, answers, codes, request=body, parameters=[IDEMPOTENCY_KEY], **more)


def asks(summary: str, body: Any, answer: Any, *, codes: tuple = (400, 401, 403, 404, 413, 415), **more: Any) -> Any:
    """A POST whose body is a question: nothing is written, so it needs no key to be repeated."""
    return _call(summary, {200: answer}, codes, request=body, **more)


def _call(summary: str, answers: dict[Any, Any], codes: tuple, **more: Any) -> Any:
    problems = {(code, PROBLEM_TYPE): _described(code) for code in codes}
    return extend_schema(summary=summary, responses={**answers, **problems}, **more)


def _described(code: int) -> Any:
    return OpenApiResponse(Problem, description=SENTENCES[code])


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "teams.api_keys.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict:
        return {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "`Api-Key <key>`; `manage.py create_api_key NAME` prints one.",
        }  # fmt: skip


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "teams.api_keys.SessionAuthentication"
    name = "Session"

    def get_security_definition(self, auto_schema: Any) -> dict:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A signed-in browser; POST needs X-CSRFToken.",
        }
