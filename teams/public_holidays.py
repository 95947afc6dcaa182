"""Public holidays by country and region, from the `holidays` library: names in English where it has them."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

import holidays
from holidays.registry import COUNTRIES

from revops.lib.errors import Invalid

AHEAD = 2  # years after the present one that a list covers


@cache
def countries() -> list[tuple[str, str]]:
    """[(two-letter code, name)] by name."""
    found = []
    for classes in COUNTRIES.values():
        code = next((name for name in classes[1:] if len(name) == 2), None)
        if code is not None:
            found.append((code, _spaced(classes[0])))
    return sorted(found, key=lambda pair: pair[1])


@cache
def regions(country: str) -> list[tuple[str, str]]:
    """[(code, name)] of a country's regions; the code alone where nothing better is known."""
    if country not in dict(countries()):
        return []
    source = _source(country)
    names = {code: name for name, code in getattr(source, "subdivisions_aliases", {}).items()}
    return sorted(((code, names.get(code, code)) for code in source.subdivisions), key=lambda pair: pair[1])


def dates(country: str, region: str, years: Iterable[int]) -> dict[date, str]:
    """{date: name}, in order; empty without a country. Raises Invalid for one that is not known."""
    if not country:
        return {}
    if country not in dict(countries()):
        raise Invalid(f"There is no country {country}.", field="country", code="unknown")
    if region and region not in dict(regions(country)):
        raise Invalid(f"{country} has no region {region}.", field="region", code="unknown")
    source = _source(country)
    language = next((name for name in ("en_US", "en_GB", "en") if name in source.supported_languages), None)
    found = holidays.country_holidays(country, subdiv=region or None, years=sorted(years), language=language)
    return dict(sorted(found.items()))


def covered(today: date) -> range:
    """The years a list is made for: last year's, since clocks may have begun in it, to two years ahead."""
    return range(today.year - 1, today.year + AHEAD + 1)


def _source(country: str) -> Any:
    return getattr(holidays, country)


def _spaced(name: str) -> str:
    """UnitedStates → United States."""
    return "".join(f" {c}" if c.isupper() and i and not name[i - 1].isupper() else c for i, c in enumerate(name))
