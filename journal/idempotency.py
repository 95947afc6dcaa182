"""The first answer to a request that may be repeated (`Idempotency-Key`), committed with the work it describes.

- The key's row is written in the work's own transaction: a crash in between leaves neither, so no key hangs for ever.
- While the first request runs, a transaction-long advisory lock answers the second with 409 and Retry-After.
- The same key with another body is 422. Only answers of work that was done are kept, so a refused body may be
  corrected and sent again under its key.
- One key belongs to one caller, method and path; it is kept for at least 24 hours (revops/tidy.py takes it away).
"""

import json
from collections.abc import Callable
from hashlib import blake2b, sha256
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.utils.encoders import JSONEncoder

from revops.lib import bulk
from revops.lib.errors import DomainError, Invalid

LONGEST_KEY = 255
# Two statements in one round trip: the second sees what the holder of the lock has committed meanwhile.
LOOK = """
SELECT set_config('revops.key_is_ours', pg_try_advisory_xact_lock(%s)::text, true);
SELECT current_setting('revops.key_is_ours'), k.body_hash, k.status, k.body
  FROM (VALUES (1)) AS one(x) LEFT JOIN journal_idempotencykey k ON k.scope = %s AND k.key = %s"""
KEEP = "INSERT INTO journal_idempotencykey (scope, key, body_hash, status, body, created_at) VALUES (%s,%s,%s,%s,%s,%s)"


class InProgress(DomainError):
    """The first request under this key has not finished."""

    status = 409
    headers = {"Retry-After": "1"}


class KeyReused(DomainError):
    """The key stands for another body."""

    status = 422


def digest(body: Any, *, prefix: str = "") -> bytes:
    """SHA-256 of a parsed JSON body, the same however its keys are ordered and its white space is laid out."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return sha256(f"{prefix}\n{canonical}".encode()).digest()


def key_of(request: Any) -> str:
    """The request's Idempotency-Key, or "" without one; raises Invalid for one that cannot be kept."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return ""
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        detail = f"Use 1 to {LONGEST_KEY} printable ASCII characters."
        raise Invalid(detail, code="invalid_key", field="Idempotency-Key")
    return key


def answer(request: Any, body: Any, work: Callable[[], tuple[int, Any]]) -> HttpResponse:
    """Do `work` once in a transaction of its own and answer with its (status, data) as JSON; a repeat gets the same.

    `request`: of DRF, with `.user` and `.now`. `body`: the parsed body, after it was found valid.
    """
    key = key_of(request)
    with transaction.atomic():
        if not key:
            status, text = _done(work)
            return _response(status, text)
        scope = f"user:{request.user.pk} {request.method} {request.path}"[:80]
        body_hash = digest(body)
        [(ours, known_hash, status, text)] = bulk.query(LOOK, [_lock(scope, key), scope, key])
        if status is not None:
            if bytes(known_hash) != body_hash:
                raise KeyReused("This key was used with another body.", code="key_reused", field="Idempotency-Key")
            return _response(status, text, replayed=True)
        if ours != "true":
            raise InProgress(
                "The first request with this key is still running.", code="in_progress", field="Idempotency-Key"
            )
        status, text = _done(work)
        bulk.run([(KEEP, [scope, key, body_hash, status, text, request.now])])
    return _response(status, text)


def dumps(data: Any) -> str:
    return json.dumps(data, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))


def _done(work: Callable[[], tuple[int, Any]]) -> tuple[int, str]:
    status, data = work()
    return status, dumps(data)


def _response(status: int, text: str, *, replayed: bool = False) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="application/json")
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def _lock(scope: str, key: str) -> int:
    return int.from_bytes(blake2b(f"{scope}\n{key}".encode(), digest_size=8).digest(), "big", signed=True)
