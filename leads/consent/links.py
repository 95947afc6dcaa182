"""The link in a mail that takes a yes back: signed, without a log-in, by one click or by the mail program itself."""

from django.conf import settings
from django.core import signing

SALT = "leads.consent.unsubscribe"


def token(person_id: int, purpose: str, channel: str = "email") -> str:
    return signing.dumps([person_id, purpose, channel], salt=SALT, compress=False)


def address(person_id: int, purpose: str, channel: str = "email") -> str:
    return f"{settings.PUBLIC_URL}/u/{token(person_id, purpose, channel)}/"


def headers(person_id: int, purpose: str) -> dict[str, str]:
    """Of a mail, so that mail programs show their own button (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{address(person_id, purpose)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read(given: str) -> tuple[int, str, str] | None:
    """None for one that we never wrote."""
    try:
        person, purpose, channel = signing.loads(given, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return person, purpose, channel
