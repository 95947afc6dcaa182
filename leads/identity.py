"""Who is the same person, which firm a mail belongs to (DOMAIN 7.1). Pure: text in, text out, no database, no clock.

Linear work only: nothing here backtracks, however long and odd the text is.
"""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

# Dot-atom of RFC 5322; letters beyond ASCII are allowed (RFC 6531), quoted local parts are not.
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*"
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?")

GMAIL = {"gmail.com", "googlemail.com"}
YAHOO = re.compile(r"(?:yahoo\.[a-z.]{2,6}|ymail\.com|rocketmail\.com)")
PLUS_TAGS = re.compile(r"(?:outlook|hotmail|live)\.[a-z.]{2,6}|msn\.com|icloud\.com|me\.com|mac\.com|passport\.com")
YANDEX = {"yandex.ru", "yandex.ua", "yandex.kz", "yandex.com", "yandex.by", "ya.ru"}

# Mailboxes anybody can have: they say nothing about the firm. The big ones, which are nearly all of them in practice.
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.it hotmail.es hotmail.de
    live.com live.co.uk live.fr live.nl msn.com passport.com yahoo.com yahoo.co.uk yahoo.co.in yahoo.in yahoo.fr
    yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.com.br yahoo.com.au yahoo.co.jp yahoo.com.mx ymail.com rocketmail.com
    aol.com aim.com icloud.com me.com mac.com mail.com email.com usa.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
    t-online.de freenet.de arcor.de proton.me protonmail.com pm.me protonmail.ch tutanota.com tuta.io tutamail.com
    tuta.com zoho.com zohomail.com fastmail.com fastmail.fm hey.com hushmail.com inbox.com lycos.com yandex.ru
    yandex.com yandex.ua yandex.kz yandex.by ya.ru mail.ru bk.ru inbox.ru list.ru rambler.ru ukr.net seznam.cz
    centrum.cz wp.pl o2.pl onet.pl interia.pl op.pl orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr
    libero.it virgilio.it tiscali.it alice.it tin.it telefonica.net terra.es uol.com.br bol.com.br terra.com.br
    ig.com.br globo.com qq.com 163.com 126.com sina.com sohu.com foxmail.com yeah.net naver.com daum.net hanmail.net
    nate.com rediffmail.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
    earthlink.net optonline.net shaw.ca rogers.com sympatico.ca bigpond.com optusnet.com.au btinternet.com
    virginmedia.com sky.com talktalk.net ntlworld.com blueyonder.co.uk bluewin.ch skynet.be telenet.be ziggo.nl
    kpnmail.nl planet.nl xs4all.nl home.nl online.no telia.com walla.com walla.co.il sapo.pt abv.bg azet.sk post.cz
    citromail.hu freemail.hu duck.com mailbox.org posteo.de runbox.com
    """.split()
)
# Under a country's own domain these second labels belong to everybody: acme.co.uk is the firm, co.uk is not.
_SHARED_SECOND = frozenset(
    "ac asn co com ed edu firm gen go gob gouv gov govt gub gv id idv ind info int k12 ltd me med mil my name ne net "
    "nhs nic nom or org plc police priv pro res sch school sld tm web".split()
)

LONGEST_NAME_KEY = 200
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
    labels = name.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_SECOND
    if (
        len(labels) == 2
        and len(labels[1]) == 2
        and labels[0] in _SHARED_SECOND
        and len(labels[0]) < 4
        and labels[0] != "me"
    ):
        return None
    return ".".join(labels[-3:] if shared else labels[-2:])


def company_domain(email: str) -> str | None:
    """The firm's domain behind a mail address; None for free mailboxes and for what is not an address."""
    parts = email_parts(email)
    domain = registrable(parts[1]) if parts else None
    return None if domain is None or parts is None or is_free_mail(parts[1]) else domain


def is_free_mail(domain: str) -> bool:
    return domain in FREE_MAIL or registrable(domain) in FREE_MAIL


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str:
    """A firm's name for comparing: NFKC, no case, no accents, acronyms joined, legal form at the end dropped.

    Idempotent. A name that is nothing but a legal form keeps it.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    text = "".join(ch for ch in text if not unicodedata.combining(ch))
    text = text.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("œ", "oe").replace("ł", "l")
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
