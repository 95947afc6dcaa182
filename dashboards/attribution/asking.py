"""What an attribution is asked for, read from an address and written back; the same for pages and REST."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboards.attribution.crediting import HALF_LIFE, LEVELS, LOOK_BACK
from dashboards.attribution.models_of import Shares
from dashboards.attribution.reading import MAPPINGS, TEAMS
from revops.lib.errors import Invalid

KEYS = ("mapping", "teams", "look_back", "half_life", "own", "level")
LONGEST = 730


@dataclass(frozen=True, slots=True)
class Asked:
    mapping: str = "account"
    teams: str = "marketing"
    look_back: int = LOOK_BACK
    half_life: int = HALF_LIFE
    own: Shares | None = None
    level: str = "channel"

    def of(self) -> dict[str, Any]:
        """For `attribution.of`."""
        return asdict(self)

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """What differs from the defaults, for an address."""
        found = {**asdict(self), "own": own_text(self.own), **changes}
        usual = {**asdict(Asked()), "own": ""}
        return [(key, str(found[key])) for key in KEYS if found[key] != usual[key]]


def own_text(own: Shares | None) -> str:
    return "-".join(map(str, own)) if own else ""


def read(query: Mapping[str, str]) -> Asked:
    """Raises Invalid naming each key that cannot be read; empty values count as not given."""
    wrong: list[dict[str, str]] = []
    usual = Asked()

    def one_of(key: str, allowed: Mapping[str, Any]) -> str:
        text = query.get(key) or getattr(usual, key)
        if text not in allowed:
            wrong.append({"field": key, "code": "invalid", "detail": f"One of {', '.join(allowed)}."})
        return text

    def days(key: str) -> int:
        text = query.get(key) or str(getattr(usual, key))
        if not (text.isascii() and text.isdigit() and len(text) < 4 and 0 < int(text) <= LONGEST):
            wrong.append({"field": key, "code": "invalid", "detail": f"Days, a whole number from 1 to {LONGEST}."})
            return 1
        return int(text)

    own: Shares | None = None
    if query.get("own"):
        found = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})", query["own"], re.ASCII)
        own = (int(found[1]), int(found[2]), int(found[3])) if found else None
        if own is None or not any(own):
            detail = "Parts of the first touch, of all between and of the last, such as 40-20-40."
            wrong.append({"field": "own", "code": "invalid", "detail": detail})
    asked = Asked(
        one_of("mapping", MAPPINGS), one_of("teams", TEAMS), days("look_back"), days("half_life"), own,
        one_of("level", LEVELS),
    )  # fmt: skip
    if wrong:
        raise Invalid("The attribution asked for cannot be read.", errors=wrong)
    return asked
