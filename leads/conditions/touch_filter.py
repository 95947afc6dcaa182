"""Which touches count: the filter that conditions and scoring rules share, checked, as SQL and in words.

The SQL is a boolean over one alias of leads_touch and never NULL-sensitive: a touch without a campaign simply is not of
that campaign.
"""

from collections.abc import Callable, Mapping
from typing import Any

Problem = Callable[[str, str, str], None]  # (path, code, detail)

# field -> (SQL of the touch's value, lower-cased when people type it)
LISTS = {
    "kind": "{t}.kind",
    "channel": "{t}.channel_id",
    "campaign": "(SELECT lower(m.code) FROM marketing_campaign m WHERE m.id = {t}.campaign_id)",
    "asset": "lower({t}.asset)",
    "side": "{t}.side",
    "outcome": "{t}.outcome",
}
TYPED = {"campaign", "asset"}
CHOICES = {"side": {"marketing", "sales", "product"}, "outcome": {"attempt", "two_way"}, "direction": {"in", "out"}}
FIELDS = frozenset([*LISTS, "url_contains", "url_matches", "direction", "automatic"])
# The address as patterns see it: lower case, neither scheme nor query nor fragment. A path has one / in front and none
# behind; with the host, /pricing of https://www.x.example/pricing is www.x.example/pricing.
PATH = r"('/' || btrim(substring(lower({t}.url) from '^(?:[a-z][a-z0-9+.-]*://[^/?#]*)?([^?#]*)'), '/'))"
WHOLE = r"rtrim(substring(lower({t}.url) from '^(?:[a-z][a-z0-9+.-]*://)?([^?#]*)'), '/')"

# What two touches must not share to count twice.
DISTINCT = {
    "asset": "NULLIF(lower(trim({t}.asset)), '')",
    "url": "NULLIF(split_part({t}.url, '?', 1), '')",
    "kind": "{t}.kind",
    "channel": "{t}.channel_id",
    "campaign": "{t}.campaign_id::text",
    "by": "{t}.by_id::text",
    "day": "({t}.occurred_at AT TIME ZONE 'UTC')::date::text",
    # Invitations carry the invited address as their asset; inviting oneself or one of us does not count.
    "invitee": (
        "CASE WHEN lower(trim({t}.asset)) NOT IN ('', lower(trim(p.email))) AND NOT EXISTS "
        "(SELECT 1 FROM teams_user u WHERE u.email = lower(trim({t}.asset))) THEN lower(trim({t}.asset)) END"
    ),
}
SESSION = "interval '30 minutes'"


def check(data: Any, path: str, problem: Problem) -> None:
    """Reports each flaw of a touch filter found at `path`."""
    if not isinstance(data, dict):
        return problem(path, "not_an_object", "Say which touches count, as an object.")
    for name in data.keys() - FIELDS:
        problem(f"{path}.{name}", "unknown_field", f"Touches are chosen by {', '.join(sorted(FIELDS))}.")
    for name in LISTS:
        if name in data:
            _check_list(name, data[name], f"{path}.{name}", problem)
    if "url_contains" in data and not is_text(data["url_contains"]):
        problem(f"{path}.url_contains", "not_a_text", "Give a part of an address, like /pricing.")
    if "url_matches" in data:
        _check_list("url_matches", data["url_matches"], f"{path}.url_matches", problem)
        if any("?" in text or "#" in text for text in _texts(data["url_matches"])):
            detail = "Leave out ? and #: pages are compared without what follows them."
            problem(f"{path}.url_matches", "not_a_pattern", detail)
    if "direction" in data and not (isinstance(data["direction"], str) and data["direction"] in CHOICES["direction"]):
        problem(f"{path}.direction", "not_a_choice", "Choose in or out.")
    if "automatic" in data and not isinstance(data["automatic"], bool):
        problem(f"{path}.automatic", "not_yes_or_no", "Give true or false.")


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _check_list(name: str, value: Any, path: str, problem: Problem) -> None:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not 1 <= len(values) <= 100 or not all(is_text(one) for one in values):
        return problem(path, "not_a_list", "Give one to a hundred texts.")
    if name in CHOICES and not set(values) <= CHOICES[name]:
        problem(path, "not_a_choice", f"Choose among {', '.join(sorted(CHOICES[name]))}.")


def is_text(value: Any) -> bool:
    """A text PostgreSQL can keep and a rule may hold: 1 to 500 characters, no NUL, no lone surrogate."""
    if not isinstance(value, str) or not 1 <= len(value) <= 500 or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def listed(data: Mapping[str, Any], name: str) -> list[str]:
    value = data.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def matches(data: Mapping[str, Any], bind: Callable[[Any], str], t: str = "t") -> str:
    """The filter as SQL over the alias `t`; `bind(value)` gives back the placeholder of a bound parameter."""
    parts = []
    for name, value in LISTS.items():
        if name in data:
            one = "lower({})" if name in TYPED else "{}"
            choices = [one.format(bind(text)) for text in listed(data, name)]
            parts.append(f"COALESCE({value.format(t=t)}, '') IN ({', '.join(choices)})")
    if "url_contains" in data:
        parts.append(f"strpos(lower({t}.url), lower({bind(data['url_contains'])})) > 0")
    if "url_matches" in data:
        patterns = [_like(text, bind, t) for text in listed(data, "url_matches")]
        parts.append(f"({t}.url <> '' AND ({' OR '.join(patterns)}))")
    if "direction" in data:
        parts.append(f"{t}.direction = {bind(data['direction'])}")
    if "automatic" in data:
        parts.append(f"{t}.automatic" if data["automatic"] else f"NOT {t}.automatic")
    return " AND ".join(parts) or "TRUE"


def _like(pattern: str, bind: Callable[[Any], str], t: str) -> str:
    """`/pricing*` by the path, `docs.x.example/*` by host and path; * stands for anything, all else for itself."""
    wanted = pattern.lower()
    by_path = wanted.startswith(("/", "*"))
    wanted = (wanted.rstrip("/") or "/") if by_path else wanted.rstrip("/")
    if "*" not in wanted:
        return f"{(PATH if by_path else WHOLE).format(t=t)} = {bind(wanted)}"
    for special in "\\%_":
        wanted = wanted.replace(special, f"\\{special}")
    return f"{(PATH if by_path else WHOLE).format(t=t)} LIKE {bind(wanted.replace('*', '%'))}"


def counts_reloads(data: Mapping[str, Any]) -> bool:
    """Whether page views may match, so that reloads within a session must be left out."""
    return "kind" not in data or "page_view" in listed(data, "kind")


def of_person(*, known_then: bool, reloads: bool, t: str = "t") -> str:
    """`(SELECT …) t`: all touches of `p` up to `%(as_of)s`; with `reloads` a column `fresh` is false for a page seen
    again within 30 minutes. `known_then` leaves out what was recorded later than `as_of`, but for what came as history:
    when that became known was kept nowhere."""
    fresh = (
        f", (x.kind = 'page_view' AND x.occurred_at - lag(x.occurred_at) OVER (PARTITION BY x.kind, "
        f"split_part(x.url, '?', 1) ORDER BY x.occurred_at, x.id) < {SESSION}) IS NOT TRUE AS fresh"
    )
    known = " AND (x.recorded_at <= %(as_of)s OR COALESCE(l.history, FALSE))" if known_then else ""
    return (
        f"(SELECT x.*{fresh if reloads else ''} FROM leads_touch x "
        f"WHERE x.person_id = p.id AND x.occurred_at <= %(as_of)s{known}) {t}"
    )
