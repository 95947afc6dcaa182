"""What a form carries when it is shown: when that was, signed, and a sum to solve in the ALTCHA manner if it asks.

A token is `<milliseconds>.<nonce>.<signature>` for one form. It is no secret and no proof of a person: it makes sending
without looking, sending at once and sending one look again and again show.
"""

import json
import secrets
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

OLDEST = timedelta(hours=24)
SKEW = timedelta(seconds=5)
PROOF_LASTS = timedelta(hours=1)
HARDEST = 50_000  # sums to try at most: about a tenth of a second in a browser
LONGEST_PROOF = 2_000


@dataclass(frozen=True, slots=True)
class Look:
    """A token that is ours. `nonce`: the same for everything sent from one look at the form."""

    at: datetime
    nonce: str


def issue(form_id: int, *, now: datetime) -> str:
    value = f"{int(now.timestamp() * 1000)}.{secrets.token_urlsafe(9)}"
    return f"{value}.{_signature(form_id, value)}"


def read(token: str, form_id: int, *, now: datetime) -> Look | None:
    """None for what we never signed for this form, and for a moment that is still to come."""
    value, _, signature = token.rpartition(".")
    if len(token) > 120 or not token.isascii() or not constant_time_compare(signature, _signature(form_id, value)):
        return None
    milliseconds, _, nonce = value.partition(".")
    at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return Look(at, nonce) if at <= now + SKEW else None


def _signature(form_id: int, value: str) -> str:
    return salted_hmac("leads.webforms.token", f"{form_id}.{value}", algorithm="sha256").hexdigest()[:32]


def challenge(form_id: int, *, now: datetime) -> dict[str, Any]:
    """{algorithm, challenge, maxNumber, salt, signature}, as an ALTCHA widget or our own script reads it."""
    return altcha.create_challenge_v1(
        hmac_key=_proof_key(), max_number=HARDEST, expires=now + PROOF_LASTS, params={"form": str(form_id)}
    ).to_dict()


def proved(proof: str, form_id: int, *, now: datetime) -> str:
    """The salt of a right solution made for this form and in time, by which it is known when used again; else ""."""
    if not proof or len(proof) > LONGEST_PROOF:
        return ""
    try:
        payload = json.loads(b64decode(proof, validate=True))
        right, _ = altcha.verify_solution_v1(payload, _proof_key(), check_expires=False)
        asked = altcha.extract_params_v1(payload) if right else {}
        expires = int(asked.get("expires", ["0"])[0])
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return ""
    mine = right and asked.get("form") == [str(form_id)] and now.timestamp() < expires
    return str(payload["salt"]) if mine else ""


def _proof_key() -> str:
    return salted_hmac("leads.webforms.proof", settings.SECRET_KEY, algorithm="sha256").hexdigest()
