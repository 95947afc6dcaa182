"""Whether a post is from who it says: each provider's own way over the raw body (DOMAIN 7.5). Pure.

Every check takes all secrets that count at the moment (two while one is being changed) and compares in constant time.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

from revops.lib.errors import DomainError

WINDOW = timedelta(minutes=5)


class BadSignature(DomainError):
    """`code`: no_signature, bad_signature or stale."""

    status = 401


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it came: `uri` with scheme and host, headers by lower-case name."""

    body: bytes
    headers: Mapping[str, str]
    uri: str = ""
    method: str = "POST"


def verify(provider: str, post: Post, *, secrets: Iterable[str], now: datetime) -> None:
    """Raises BadSignature unless one of `secrets` signed this post, within five minutes where it says when."""
    keys = [secret.encode() for secret in secrets if secret]
    CHECKS[provider](post, keys, now)


def _typeform(post: Post, keys: list[bytes], now: datetime) -> None:
    _same(_header(post, "typeform-signature"), ["sha256=" + _b64(_sha256(key, post.body)) for key in keys])


def _meta(post: Post, keys: list[bytes], now: datetime) -> None:
    _same(_header(post, "x-hub-signature-256"), ["sha256=" + _sha256(key, post.body).hex() for key in keys])


def _segment(post: Post, keys: list[bytes], now: datetime) -> None:
    digests = [hmac.new(key, post.body, hashlib.sha1).hexdigest() for key in keys]
    _same(_header(post, "x-signature").removeprefix("sha1="), digests)


def _hubspot(post: Post, keys: list[bytes], now: datetime) -> None:
    """v3 where it is sent, else v2 or v1, which name no moment: there the event's own key alone forbids a replay."""
    if "x-hubspot-signature-v3" in post.headers:
        stamp = _header(post, "x-hubspot-request-timestamp")
        _same(_header(post, "x-hubspot-signature-v3"), [hubspot_v3(key, post, stamp) for key in keys])
        _recent(stamp, 1_000, now)
        return
    said = _header(post, "x-hubspot-signature")
    _same(said, [way(key, post) for key in keys for way in (hubspot_v2, hubspot_v1)])


def hubspot_v3(key: bytes, post: Post, stamp: str) -> str:
    signed = post.method.encode() + unquote(post.uri).encode("utf-8", "replace") + post.body + stamp.encode()
    return _b64(_sha256(key, signed))


def hubspot_v2(key: bytes, post: Post) -> str:
    return hashlib.sha256(key + post.method.encode() + post.uri.encode("utf-8", "replace") + post.body).hexdigest()


def hubspot_v1(key: bytes, post: Post) -> str:
    return hashlib.sha256(key + post.body).hexdigest()


def _calendly(post: Post, keys: list[bytes], now: datetime) -> None:
    _stamped(_header(post, "calendly-webhook-signature"), post, keys, now)


def _stripe(post: Post, keys: list[bytes], now: datetime) -> None:
    _stamped(_header(post, "stripe-signature"), post, keys, now)


def _stamped(header: str, post: Post, keys: list[bytes], now: datetime) -> None:
    """`t=<seconds>,v1=<hex>[,v1=<hex>…]` over `<t>.<body>`, as Stripe and Calendly do."""
    parts = [part.strip().partition("=") for part in header.split(",")[:20]]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    said = [value for name, _, value in parts if name == "v1"]
    good = [_sha256(key, stamp.encode() + b"." + post.body).hex() for key in keys]
    # All of them are compared, whichever fits, so that the time taken tells nothing.
    if not sum(_equal(one, other) for one in said for other in good):
        raise BadSignature("The signature does not fit the body.", code="bad_signature")
    _recent(stamp, 1, now)


def _recent(stamp: str, per_second: int, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 16):
        raise BadSignature("The signature does not say when it was made.", code="bad_signature")
    if abs(now.timestamp() - int(stamp) / per_second) > WINDOW.total_seconds():
        raise BadSignature("The signature is more than five minutes old.", code="stale")


def _header(post: Post, name: str) -> str:
    value = post.headers.get(name, "").encode("utf-8", "backslashreplace").decode().strip()
    if not value:
        raise BadSignature(f"The header {name} is missing.", code="no_signature")
    return value


def _same(said: str, good: list[str]) -> None:
    if not sum(_equal(said, one) for one in good):
        raise BadSignature("The signature does not fit the body.", code="bad_signature")


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _sha256(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()


def _b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


CHECKS = {
    "hubspot": _hubspot, "typeform": _typeform, "meta": _meta, "calendly": _calendly, "segment": _segment,
    "stripe": _stripe,
}  # fmt: skip
