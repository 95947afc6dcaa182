"""What looks like a machine or an advertiser: pure, text in, codes out. Linear however long and odd the text is.

Some signs are enough alone; the others add up. Held means: kept for review, no lead, no clock, and the same answer.
"""

import re
from collections.abc import Mapping

from leads import identity

ENOUGH = 3
# code: (weight, what the reviewer reads)
SIGNS: dict[str, tuple[int, str]] = {
    "honeypot": (3, "A box that people cannot see was filled in"),
    "too_fast": (3, "Sent faster than anybody types"),
    "bad_token": (3, "Its signature is not one of ours"),
    "token_reused": (3, "Sent many times from one look at the form"),
    "no_proof": (3, "The sum was not solved, or scripts are off"),
    "disposable_mail": (3, "A throw-away mail address"),
    "too_many_by_mail": (3, "Too often with this mail address"),
    "many_links": (3, "Four links or more"),
    "links_in_name": (3, "A link where a name belongs"),
    "markup": (3, "HTML or forum code"),
    "advertising": (3, "Three or more words of advertising"),
    "no_origin": (2, "Not sent by a browser, or it hides the page"),
    "some_links": (1, "Two or three links"),
    "advertising_words": (1, "Words of advertising"),
    "no_token": (1, "Sent without asking for the form first"),
    "old_token": (1, "The page was open for more than a day"),
}
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
MARKUP = re.compile(r"<a\s|</|\[url|\[link|<script|<iframe|<img", re.IGNORECASE)
NAMES = ("first_name", "last_name", "title", "company", "phone", "region")
ADVERTISING = (
    "seo service", "seo package", "backlink", "guest post", "link building", "first page of google", "buy followers",
    "rank your website", "web traffic", "casino", "betting", "jackpot", "viagra", "cialis", "pharmacy", "forex",
    "crypto investment", "bitcoin profit", "binary options", "payday loan", "quick loan", "make money online",
    "work from home", "adult dating", "escort", "porn", "replica watches", "weight loss", "unclaimed inheritance",
    "lottery winner",
)  # fmt: skip
READ_AT_MOST = 20_000


def in_text(fields: Mapping[str, str]) -> list[str]:
    """Signs in what was typed."""
    found = []
    if any(LINK.search(fields.get(name, "")[:500]) for name in NAMES):
        found.append("links_in_name")
    said = " ".join(value[:READ_AT_MOST] for value in fields.values())[: 3 * READ_AT_MOST]
    links = sum(1 for _ in LINK.finditer(fields.get("message", "")[:READ_AT_MOST]))
    if links >= 4:
        found.append("many_links")
    elif links >= 2:
        found.append("some_links")
    if MARKUP.search(said):
        found.append("markup")
    lower = said.lower()
    words = sum(1 for word in ADVERTISING if word in lower)
    if words:
        found.append("advertising" if words >= 3 else "advertising_words")
    if (email := fields.get("email", "")[:300]) and identity.is_disposable(email):
        found.append("disposable_mail")
    return found


def is_enough(codes: list[str]) -> bool:
    return sum(SIGNS[code][0] for code in codes) >= ENOUGH


def words(codes: list[str]) -> list[str]:
    return [SIGNS[code][1] if code in SIGNS else code for code in codes]
