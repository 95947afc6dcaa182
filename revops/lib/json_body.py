"""Request bodies: JSON only, of a bounded size and depth, with nothing in it that PostgreSQL could not keep.

Refused here, before anybody looks at fields: too large (413, without reading on), not UTF-8, not JSON, NaN and
infinities, nested deeper than 100, NUL and lone surrogates (naming the field). Of a doubled key the last one counts.
"""

import json
import math
import re
from typing import Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from revops.lib.errors import DomainError, Invalid

DEEPEST = 100
# How much of a body that is refused anyway is read and dropped, piece by piece.
DRAINED, PIECE = 16 * 1024 * 1024, 64 * 1024
# What these escapes stand for survives JSON but not a text column; only their presence makes us look closer.
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class TooLarge(DomainError):
    """The body exceeds what this call takes."""

    status = 413


class StrictJSONParser(BaseParser):
    """A view may set `body_limit` (bytes), and `checks_texts = True` when it looks at texts itself, item by item."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        view = (parser_context or {}).get("view")
        limit = getattr(view, "body_limit", settings.API_BODY_LIMIT)
        return loads(read(stream, limit), check_texts=not getattr(view, "checks_texts", False))


def read(stream: Any, limit: int) -> bytes:
    """At most `limit` bytes; one more raises TooLarge, and so does a length announced above it, without keeping any."""
    announced = getattr(stream, "META", {}).get("CONTENT_LENGTH") or "0"
    too_large = announced.isdigit() and int(announced) > limit
    body = b"" if too_large else stream.read(limit + 1)
    if too_large or len(body) > limit:
        # Many clients read no answer before they have sent everything: answered early, they see a broken pipe, no 413.
        for _ in range(DRAINED // PIECE):
            if not stream.read(PIECE):
                break
        size = f"{limit // 1024} KiB" if limit < 1024 * 1024 else f"{limit // (1024 * 1024)} MB"
        raise TooLarge(f"The body is larger than {size}.", code="too_large")
    return body


def take_chunked(request: Any) -> None:
    """Let a body without Content-Length (chunked) be read: Django would take it for an empty one.

    Only where the server ends such a stream itself; the parser still stops at its limit.
    """
    meta = request.META
    if "chunked" in meta.get("HTTP_TRANSFER_ENCODING", "").lower() and not meta.get("CONTENT_LENGTH"):
        request._stream = meta["wsgi.input"]
        meta["CONTENT_LENGTH"] = "1"  # "there is one"; how long it is shows when it is read


def loads(body: bytes, *, check_texts: bool = True) -> Any:
    """The value of a JSON body; raises Invalid, whatever the bytes are."""
    if not body.strip():
        return {}
    try:
        text = body.decode("utf-8-sig")
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise Invalid(f"The body is not UTF-8 (byte {error.start}).", code="not_utf8") from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Invalid(f"The body is not JSON: {error.msg} at {where}.", code="not_json") from None
    except ValueError as error:
        raise Invalid(f"The body is not JSON: {str(error)[:200]}.", code="not_json") from None
    if text.count("[") + text.count("{") > DEEPEST and _deeper_than(value, DEEPEST):
        raise _too_deep()
    if check_texts and _SUSPECT.search(text) and (errors := unkeepable(value)):
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors)
    return value


def unkeepable(value: Any, path: str = "") -> list[dict[str, str]]:
    """[{field, code, detail}] for every text, or name of a field, with a NUL or half a character in it."""
    if isinstance(value, str):
        if "\0" in value:
            return [{"field": path, "code": "nul", "detail": "The NUL character cannot be kept in a text."}]
        if not value.isascii() and any("\ud800" <= ch <= "\udfff" for ch in value):
            detail = "This text holds half of a character (a lone surrogate)."
            return [{"field": path, "code": "surrogate", "detail": detail}]
        return []
    if isinstance(value, dict):
        found = []
        for name, part in value.items():
            safe = name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")[:100]
            here = f"{path}.{safe}" if path else safe
            found += unkeepable(name, here) + unkeepable(part, here)
        return found
    if isinstance(value, list):
        return [error for i, part in enumerate(value) for error in unkeepable(part, f"{path}.{i}" if path else str(i))]
    return []


def _deeper_than(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [
            part
            for holder in level
            for part in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(part, (dict, list))
        ]
        if not level:
            return False
    return True


def _too_deep() -> Invalid:
    return Invalid(f"The body is nested deeper than {DEEPEST} levels.", code="too_deep")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
