"""What a touch is called: a sentence for the timeline, two words for a list. Pure."""

from typing import Any
from urllib.parse import urlsplit

HAND_RAISES = {"demo": "Demo request", "contact": "Contact request", "trial": "Trial request", "call": "Call request"}
PLAIN = {
    "page_view": "Visited", "form": "Form", "demo_request": "Demo request", "contact_request": "Contact request",
    "email_click": "E-mail click", "email_open": "E-mail opened", "webinar": "Webinar", "download": "Download",
    "event": "Event", "ad_click": "Ad click", "chat": "Chat", "intent": "Intent signal",
    "invite": "Invited somebody", "feature_use": "Used",
    "trial_start": "Trial started", "call": "Call", "email": "E-mail", "sms": "Text message", "linkedin": "LinkedIn",
    "meeting": "Meeting", "note": "Note", "other": "Touch",
}  # fmt: skip
DONE = {
    ("call", "out"): "called", ("call", "in"): "was called by them", ("email", "out"): "wrote an e-mail",
    ("email", "in"): "got an e-mail", ("sms", "out"): "sent a text message", ("sms", "in"): "got a text message",
    ("linkedin", "out"): "wrote on LinkedIn", ("linkedin", "in"): "was written to on LinkedIn",
    ("meeting", "out"): "met them", ("meeting", "in"): "met them", ("note", "out"): "left a note",
}  # fmt: skip
OUTCOMES = {"attempt": "no answer", "two_way": "spoke"}


def page_name(url: str) -> str:
    """`/pricing?x=1` → pricing; the front page has no name."""
    try:
        path = urlsplit(url).path.strip("/")
    except ValueError:
        return ""
    return path.rpartition("/")[2].replace("-", " ").replace("_", " ")[:60]


def title(kind: str, asset: str = "", url: str = "") -> str:
    """Of what a buyer did: `Pricing page` · `Webinar “Cost of misalignment”` · `Demo request`."""
    if kind == "page_view":
        name = asset or page_name(url)
        return f"{name[:1].upper()}{name[1:]} page" if name else "Website visit"
    if kind == "feature_use":
        return f"Used {asset}" if asset else "Used the product"
    word = PLAIN.get(kind, kind.replace("_", " ").capitalize())
    return f"{word} “{asset}”" if asset else word


def short(kind: str, asset: str = "", url: str = "", outcome: str = "") -> str:
    """For a list: `pricing` · `webinar` · `call, no answer`."""
    if kind == "page_view":
        return asset or page_name(url) or "website"
    word = PLAIN.get(kind, kind.replace("_", " "))
    word = word if word.startswith("LinkedIn") else word[:1].lower() + word[1:]
    if kind == "call" and outcome in OUTCOMES:
        return f"{word}, {OUTCOMES[outcome]}"
    return f"{word}, answered" if outcome == "two_way" and kind != "meeting" else word


def sentence(touch: Any, who: str = "") -> str:
    """Of any touch; a person's is `Jonah Reyes called, no answer`."""
    done = DONE.get((touch.kind, touch.direction))
    if touch.side == "sales" and who and done:
        outcome = {"attempt": ", no answer" if touch.kind == "call" else "", "two_way": ", spoke"}.get(
            touch.outcome, ""
        )
        if touch.outcome == "two_way" and touch.kind in {"email", "sms", "linkedin"}:
            outcome = ", answered"
        return f"{who} {done}{'' if touch.kind == 'meeting' else outcome}"
    return title(touch.kind, touch.asset, touch.url)


def hand_raise(code: str) -> str:
    return HAND_RAISES.get(code, f"{code.replace('_', ' ').capitalize()} request") if code else ""
