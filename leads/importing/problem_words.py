"""What is wrong with lines, in words: a title by kind, a sentence that says why and what now. Pure."""

from collections.abc import Sequence

from revops.lib import words

TITLES = {
    "no_identity": ("Nobody can tell who this is", "No e-mail, phone or id in the line. It is kept in the error file."),
    "bad_email": ("E-mail is not an address", ""),
    "bad_phone": ("Phone number without its country", ""),
    "two_people": ("Two people in one line", "Its e-mail and its id belong to different people; we don’t guess."),
    "unknown_stage": ("Unknown stage", ""),
    "unknown_reason": ("Unknown reason", ""),
    "unknown_channel": ("Unknown source", "Choose a channel, or they become “Unknown”."),
    "unknown_owner": ("Owner is not a user here", "The lead comes in without an owner."),
    "future_date": ("Date in the future", ""),
    "date_too_early": ("Date before 1990", ""),
    "wrong_date": ("Date cannot be read", ""),
    "wrong_number": ("Not a whole number", ""),
    "wrong_amount": ("Not an amount", ""),
    "wrong_currency": ("Not a currency", ""),
    "wrong_value": ("Value does not fit its attribute", ""),
    "too_long": ("Text is too long", ""),
    "wrong_columns": ("Line has too many or too few cells", ""),
    "bad_characters": ("Characters that are no text", ""),
    "unreadable": ("Line cannot be read", ""),
    "folded": ("Same person twice in the file", "Joined: the earliest date of each kind is kept."),
    "same_person": ("Same person twice in the file", "Joined: the earliest date of each kind is kept."),
    "erased": ("Erased on request", "This person asked to be erased, so the line is not taken."),
}


def title(code: str) -> str:
    return TITLES[code][0] if code in TITLES else code.replace("_", " ").capitalize()


def detail(code: str, sample: str) -> str:
    """The sentence of the kind, or what the first such line says."""
    return (TITLES[code][1] if code in TITLES else "") or sample


def lines(first: Sequence[int], count: int) -> str:
    """`line 18` · `lines 18, 44` · `lines 18, 44, 131 …`."""
    if count == 1:
        return f"line {words.number(first[0])}"
    shown = first[: 2 if first[-1] >= 1000 else 3]
    return f"lines {', '.join(words.number(n) for n in shown)}{' …' if count > len(shown) else ''}"
