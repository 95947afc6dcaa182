"""Posts as each provider signs them."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from leads.hooks import mapping
from leads.models.hook import Connection

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SECRET = "test-secret-of-ours"


def connect(provider: str, **more: Any) -> Connection:
    given = {"name": f"Our {provider}", "token": f"token-{provider}", "secret": SECRET, "made_at": NOW, "edited_at": NOW,
             "mapping": mapping.first(provider)}  # fmt: skip
    return Connection.objects.create(provider=provider, **(given | more))


def signed(connection: Connection, body: bytes, at: datetime = NOW) -> dict[str, str]:
    key, t = connection.secret.encode(), int(at.timestamp())

    def hex_of(text: bytes, how: Any = hashlib.sha256) -> str:
        return hmac.new(key, text, how).hexdigest()

    def b64(text: bytes) -> str:
        return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()

    uri = f"http://testserver/hooks/{connection.token}/"
    return {
        "hubspot": {"X-HubSpot-Signature-v3": b64(f"POST{uri}".encode() + body + f"{t}000".encode()),
                    "X-HubSpot-Request-Timestamp": f"{t}000"},
        "typeform": {"Typeform-Signature": f"sha256={b64(body)}"},
        "meta": {"X-Hub-Signature-256": f"sha256={hex_of(body)}"},
        "calendly": {"Calendly-Webhook-Signature": f"t={t},v1={hex_of(f'{t}.'.encode() + body)}"},
        "segment": {"X-Signature": hex_of(body, hashlib.sha1)},
        "stripe": {"Stripe-Signature": f"t={t},v1={hex_of(f'{t}.'.encode() + body)}"},
    }[connection.provider]  # fmt: skip


def post(
    client: Any, connection: Connection, body: Any, *, headers: dict[str, str] | None = None, at: datetime = NOW
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    said = signed(connection, raw, at) if headers is None else headers
    return client.post(
        f"/hooks/{connection.token}/", raw, content_type="application/json", headers={**said, "User-Agent": "provider"}
    )
