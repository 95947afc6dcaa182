"""Which channel a visit, a form or an export row came from (DOMAIN 7.4). Pure: no database, no clock.

A named source wins, because somebody said so; then UTM tags, given or found in the page's address; then the click ids
that advertisers add; then the referrer; then nothing, which is `direct`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Kind(NamedTuple):
    """What a fresh installation starts with; afterwards the table of channels is the company's own."""

    code: str
    name: str
    side: str
    paid: bool
    aliases: tuple[str, ...]


DEFAULTS = (
    Kind("organic_search", "Organic search", "marketing", False, ("organic", "seo", "search")),
    Kind("paid_search", "Paid search", "marketing", True, ("ppc", "cpc", "sem", "adwords", "google ads", "bing ads")),
    Kind("webinar", "Webinar", "marketing", False, ("webinars", "web seminar")),
    Kind("event", "Event", "marketing", False, ("events", "trade show", "tradeshow", "conference", "seminar")),
    Kind("referral", "Referral", "marketing", False, ("referrals", "referral sites", "reference", "word of mouth")),
    Kind("partner", "Partner", "marketing", False, ("partners", "affiliate", "affiliates", "reseller")),
    Kind("paid_social", "Paid social", "marketing", True, ("social ads", "facebook ads", "linkedin ads")),
    Kind("organic_social", "Organic social", "marketing", False, ("social", "social media")),
    Kind("email", "E-mail", "marketing", False, ("e-mail", "mail", "newsletter", "email marketing")),
    Kind("product", "Product", "product", False, ("in-app", "trial", "in-product", "plg")),
    Kind("display", "Display", "marketing", True, ("banner", "banners", "display ads", "programmatic")),
    Kind("direct", "Direct", "marketing", False, ("(direct)", "direct traffic", "none", "(none)", "typed")),
    Kind("other", "Other", "marketing", False, ("unknown", "other publicities", "(not set)")),
)
PAID = re.compile(r"(?:.*cp.*|ppc|retargeting|paid.*)")
DISPLAY = {"display", "banner", "expandable", "interstitial"}
SEARCH = {"google", "bing", "duckduckgo", "yahoo", "ecosia", "baidu", "yandex", "qwant", "startpage", "brave"}
SOCIAL = {
    "linkedin", "lnkd", "facebook", "fb", "instagram", "ig", "twitter", "x", "t", "youtube", "reddit", "tiktok",
    "xing", "mastodon", "threads", "pinterest", "quora",
}  # fmt: skip
# A one-letter name is a brand only with its own ending: t.co is a short link of X, t.me is a chat.
SHORT_HOSTS = {"t.co", "x.com", "fb.com", "lnkd.in"}
MEDIUMS = {
    "organic": "organic_search",
    "email": "email", "e-mail": "email", "e_mail": "email", "newsletter": "email",
    "social": "organic_social", "social-network": "organic_social", "social-media": "organic_social",
    "social_media": "organic_social", "sm": "organic_social",
    "affiliate": "partner", "partner": "partner",
    "referral": "referral", "link": "referral",
    "webinar": "webinar", "event": "event", "tradeshow": "event", "conference": "event",
    "product": "product", "in-app": "product",
}  # fmt: skip
CLICK_IDS = {"gclid": "paid_search", "msclkid": "paid_search", "fbclid": "paid_social"}
KEYS = ("source", "medium", "campaign", "term", "content")


def resolve(
    utm: Mapping[str, str] | None = None,
    referrer: str = "",
    page_url: str = "",
    source: str = "",
    *,
    aliases: Mapping[str, str] | None = None,
) -> str:
    """The code of a channel; always one of the known ones.

    `aliases`: normalised alias or code → code, as `known()` makes it; left out: those of a fresh installation.
    """
    names = DEFAULT_ALIASES if aliases is None else aliases
    named = names.get(normal(source))
    if named:
        return named
    found = tags(utm, page_url)
    if found.get("source") or found.get("medium"):
        return _of_tags(found.get("source", ""), found.get("medium", ""), names)
    for name, _ in _parameters(page_url):
        if name in CLICK_IDS:
            return CLICK_IDS[name]
    if _brand(normal(source)) in SEARCH | SOCIAL:
        return _of_host(normal(source))
    host, own = _host(referrer), _host(page_url)
    if host and host != own:
        return _of_host(host)
    # A source nobody has defined, with nothing else known, is not a visit that was typed by hand.
    return "other" if source.strip() and not page_url else "direct"


def tags(utm: Mapping[str, str] | None, page_url: str = "") -> dict[str, str]:
    """UTM values for grouping: trimmed, lower case, by their short names; those given win over the page's address.

    Names are read without regard to case and with or without `utm_`; the first occurrence counts.
    """
    found: dict[str, str] = {}
    given = [(str(name).lower().removeprefix("utm_"), str(value)) for name, value in (utm or {}).items()]
    carried = [(name.removeprefix("utm_"), value) for name, value in _parameters(page_url) if name.startswith("utm_")]
    for name, value in [*given, *carried]:
        if name in KEYS and normal(value):
            found.setdefault(name, normal(value))
    return found


def campaign_code(utm: Mapping[str, str] | None, page_url: str = "") -> str:
    """The normalised utm_campaign, at most 120 characters; "" when there is none."""
    return tags(utm, page_url).get("campaign", "")[:120]


def normal(text: str) -> str:
    """Trimmed, lower case, inner spaces single: what is compared, never what is kept."""
    return " ".join(str(text or "").lower().split())


def known(channels: Mapping[str, tuple[str, ...] | list[str]]) -> dict[str, str]:
    """{alias or code: code} for `resolve`, out of {code: aliases}. A code is never shadowed by an alias."""
    found = {normal(alias): code for code, aliases in channels.items() for alias in aliases}
    for code in channels:
        found |= {code: code, code.replace("_", " "): code}
    found.pop("", None)
    return found


def _of_tags(source: str, medium: str, names: Mapping[str, str]) -> str:
    brand = _brand(source)
    if PAID.fullmatch(medium):
        if brand in SEARCH:
            return "paid_search"
        if brand in SOCIAL:
            return "paid_social"
        return "display" if medium == "cpm" else "other"
    if medium in DISPLAY:
        return "display"
    if medium in MEDIUMS:
        # "organic" from a social network is its feed, not a search.
        return "organic_social" if medium == "organic" and brand in SOCIAL else MEDIUMS[medium]
    if brand in SEARCH:
        return "organic_search"
    if brand in SOCIAL:
        return "organic_social"
    return names.get(source) or names.get(medium) or "other"


def _of_host(host: str) -> str:
    brand = _brand(host)
    if brand in SEARCH:
        return "organic_search"
    return "organic_social" if brand in SOCIAL else "referral"


def _brand(name: str) -> str:
    """linkedin for linkedin, linkedin.com and www.linkedin.co.uk: the host's label that names the firm."""
    if "." not in name:
        return name
    if name in SHORT_HOSTS:
        return name.split(".")[0]
    return next((label for label in name.split(".") if len(label) > 1 and label in SEARCH | SOCIAL), name)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _parameters(address: str) -> Iterator[tuple[str, str]]:
    """The query's parameters in order, names in lower case, decoded once; a broken address has none."""
    try:
        query = urlsplit(address).query
        yield from ((name.lower(), value) for name, value in parse_qsl(query, max_num_fields=200))
    except ValueError:
        return


DEFAULT_ALIASES = known({kind.code: kind.aliases for kind in DEFAULTS})
