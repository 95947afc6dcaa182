"""Campaigns by the code a UTM tag or an export gives them."""

from collections.abc import Iterable

from marketing.models import Campaign
from revops.lib import bulk


def code_of(name: str) -> str:
    """Trimmed lower case: how campaigns are told apart (DOMAIN 7.4)."""
    return name.strip().lower()[:120]


def ids(names: Iterable[str]) -> dict[str, int]:
    """{code: id} of campaigns, making those nobody has named before."""
    codes = sorted({code for name in names if name and (code := code_of(name))})
    if not codes:
        return {}
    found = known(codes)
    if missing := [(code, code) for code in codes if code not in found]:
        # The conflict clause writes, so that a row another transaction just made comes back too.
        text, params = bulk.insert(
            "marketing_campaign", {"code": "text", "name": "text"}, missing,
            "ON CONFLICT (code) DO UPDATE SET code = excluded.code RETURNING code, id",
        )  # fmt: skip
        found |= dict(bulk.query(text, params))
    return found


def known(codes: Iterable[str]) -> dict[str, int]:
    """{code: id} of those there are."""
    return dict(Campaign.objects.filter(code__in=list(codes)).values_list("code", "id"))


def codes(ids: Iterable[int]) -> dict[str, int]:
    """{code: id} of these; no query for none."""
    ids = list(ids)
    return dict(Campaign.objects.filter(pk__in=ids).values_list("code", "id")) if ids else {}
