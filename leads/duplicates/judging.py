"""Whether two people are likely one, and by what. Pure: what is known of both goes in, strength and reasons come out.

A name never says it alone (DOMAIN 7.1): close names need a support, and a number shared by two names is a switchboard.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from leads import identity

CLOSE = 0.92
EACH_NAME = 0.85
SHORTEST_MAILBOX = 4
REASONS = {
    "gmail": "the same Gmail mailbox",
    "mailbox": "the same mailbox by their provider’s rules",
    "phone": "the same phone number",
    "same_name": "the same name",
    "close_name": "names that are close",
    "company": "the same company",
    "mailbox_name": "the same name before the @",
}


@dataclass(slots=True)
class Known:
    """What likeness is judged by. `mails`: exact keys; `phones`: digits; `name`: identity.person_name_key."""

    id: int
    name: str = ""
    company_id: int | None = None
    country: str = ""
    mails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)

    @property
    def mailboxes(self) -> set[str]:
        return {identity.dedupe_key(mail) or mail for mail in self.mails}

    @property
    def locals(self) -> set[str]:
        """The parts before the @, without dots and tags, where they are long enough to mean somebody."""
        found = {mail.partition("@")[0].partition("+")[0].replace(".", "").replace("_", "") for mail in self.mails}
        return {local for local in found if len(local) >= SHORTEST_MAILBOX and local not in SHARED_BOXES}


SHARED_BOXES = frozenset("info sales office contact mail admin support hello team marketing kontakt accounting".split())


def likenesses(person: Known) -> set[int]:
    """The numbers this person shares with whoever may be their double."""
    return {_number(text) for text in _texts(person)}


def judge(one: Known, other: Known) -> tuple[int, list[str]]:
    """(strength 1–100, reasons), or (0, []) when nothing but a name, or not even that, speaks for it."""
    close = _closeness(one.name, other.name)
    nameless = not one.name or not other.name
    named = ["same_name"] if close == 1 else ["close_name"] if close >= CLOSE else []
    reasons, best = [], 0
    if shared := one.mailboxes & other.mailboxes:
        gmail = any(box.endswith("@gmail.com") for box in shared)
        reasons.append("gmail" if gmail else "mailbox")
        best = 97 if gmail else 88 if named or nameless else 72
    if set(one.phones) & set(other.phones) and (named or nameless):
        reasons.append("phone")
        best = max(best, 90 if close == 1 else 84 if named else 66)
    if named and one.company_id is not None and one.company_id == other.company_id:
        reasons.append("company")
        best = max(best, 82 if close == 1 else 70)
    apart = one.country and other.country and one.country != other.country
    if close == 1 and one.locals & other.locals and not apart:
        reasons.append("mailbox_name")
        best = max(best, 62)
    return (min(best + 3 * (len(reasons) - 1), 99), named + reasons) if reasons else (0, [])


def names_are_close(one: str, other: str) -> bool:
    """Of two person_name_keys: a slip apart at most. It proves nothing by itself."""
    return _closeness(one, other) >= CLOSE


def _texts(person: Known) -> Iterator[str]:
    for box in person.mailboxes:
        yield f"m:{box}"
    for phone in person.phones:
        yield f"p:{phone}"
    words = person.name.split()
    if words and person.company_id is not None:
        # A name with a slip in it still has its other word, or the beginning of its last, at the same firm.
        yield f"n:{person.company_id}:{person.name}"
        yield f"b:{person.company_id}:{words[-1][:3]}"
        if len(words) > 1:
            yield f"b:{person.company_id}:{words[0][:3]}"
    if len(words) > 1:
        for local in person.locals:
            yield f"l:{local}:{person.name}"


def _closeness(one: str, other: str) -> float:
    """1.0 for the same words in any order; 0 when a name is missing or is one word only and differs."""
    if not one or not other:
        return 0.0
    if one == other or sorted(one.split()) == sorted(other.split()):
        return 1.0
    if " " not in one or " " not in other:
        return 0.0
    # A first name they share, of two families, is no slip: the likeness of the whole favours how it begins.
    if identity.name_likeness(one.split()[-1], other.split()[-1]) < EACH_NAME or (
        identity.name_likeness(one.split()[0], other.split()[0]) < EACH_NAME
    ):
        return 0.0
    return min(identity.name_likeness(one, other), 0.999)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
