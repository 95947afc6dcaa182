"""How often one form may be sent: by one address, for one mail, by everybody, and in a day."""

from limits import parse

DEFAULTS = {"ip": "30 per minute", "email": "10 per hour", "form": "50 per 10 seconds", "day": "10000 per day"}
WORDS = {
    "ip": "From one address", "email": "For one e-mail", "form": "By everybody together", "day": "By everybody, a day",
}  # fmt: skip
# What nobody may set for a form: looking at it, a wrong address, and how many refused ones are kept.
LOOKS, UNKNOWN, KEPT_REFUSALS = "240 per minute", "60 per minute", "60 per minute"
# One look at the form, and one solved sum, are good for a few submissions (a retry is none of its own).
SAME_TOKEN, SAME_PROOF = "5 per hour", "10 per hour"


def flaw(text: str) -> str:
    """What is wrong with a limit as typed; "" when nothing is."""
    try:
        item = parse(text)
    except ValueError:
        return "Write it like “50 per 10 seconds”."
    return "" if item.amount > 0 else "Let at least one pass."
