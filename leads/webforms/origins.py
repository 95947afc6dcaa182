"""Which pages may post a form: a list of origins, with `*.` for all names below one."""

import re

ORIGIN = re.compile(r"https?://(?:\*\.)?[a-z0-9.\-]{1,253}(?::\d{1,5})?")


def cleaned(text: str) -> str | None:
    """An origin as browsers write it; None when it is none. A whole address is cut down to its origin."""
    text = text.strip().rstrip("/").lower()
    if not text.startswith(("http://", "https://")):
        text = f"https://{text}"
    scheme, _, rest = text.partition("://")
    text = f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}"
    return text if len(text) <= 300 and ORIGIN.fullmatch(text) else None


def allowed(origin: str, origins: tuple[str, ...] | list[str], host: str) -> bool:
    """Whether a page of `origin` may post: ours (`host`), one of the list, or any when there is no list.

    "" (no browser, or an old one) and "null" (a page that hides where it is) are not refused here: they are suspicious.
    """
    if origin in ("", "null") or not origins or origin in origins:
        return True
    scheme, _, site = origin.partition("://")
    if site == host:
        return True
    below = [one.split("://*", 1) for one in origins if "://*." in one]
    return any(scheme == wanted and site.endswith(rest) for wanted, rest in below)
