"""Territories: kept in order by administrators, read by conditions as `lead.territory`.

The first territory that covers the place wins: the company's place, and where that is unknown or nobody's, the
person's. A territory that a rule names cannot be removed. Every change is a fact, and the newest can be taken back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.module_loading import import_string
from django.utils.text import slugify

from journal import record
from journal.models import Entry
from journal.record import Fact
from leads.models import Territory, TerritoryArea
from revops.lib.errors import Invalid, Refused
from teams import access

Area = tuple[str, str]  # country, region ("" = the whole country)
MOST_AREAS = 300
STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio",
    "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "DC": "District of Columbia",
}  # fmt: skip
# What a sales organisation on both sides of the ocean begins with; a company changes it as it likes.
DEFAULTS: list[tuple[str, str]] = [
    ("Mountain West", "US: CO, UT, WY, MT, ID, NV, West"),
    ("Midwest", "US: IL, IN, IA, KS, MI, MN, MO, NE, ND, OH, SD, WI, Midwest"),
    ("East", "US: NY, NJ, PA, MA, CT, RI, NH, VT, ME, MD, VA, NC, SC, GA, FL, Northeast, South\nCA"),
    ("Germany, Austria, Switzerland", "DE\nAT\nCH"),
]


def read_areas(text: str) -> list[Area]:
    """One country a line, `DE`, or with its regions, `US: CO, Utah`. Raises Invalid naming the line."""
    areas: dict[Area, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        country, colon, regions = (part.strip() for part in line.partition(":"))
        if not re.fullmatch(r"[A-Za-z]{2}", country):
            raise Invalid(f"Line {number}: begin with a country of two letters, like US or DE.", field="areas")
        named = [" ".join(one.split()) for one in regions.split(",") if one.strip()]
        if (colon and not named) or any(len(one) > 80 for one in named):
            raise Invalid(f"Line {number}: name regions after the colon, like US: CO, UT.", field="areas")
        areas |= dict.fromkeys((country.upper(), one) for one in named or [""])
    if not 1 <= len(areas) <= MOST_AREAS:
        raise Invalid(f"A territory covers 1 to {MOST_AREAS} countries or regions.", field="areas")
    return list(areas)


def written_areas(areas: Iterable[Area]) -> str:
    """As `read_areas` reads it."""
    found: dict[str, list[str]] = {}
    for country, region in areas:
        found.setdefault(country, []).extend([region] if region else [])
    return "\n".join(f"{country}: {', '.join(regions)}" if regions else country for country, regions in found.items())


@transaction.atomic
def add(*, name: str, areas: list[Area], by: Any, at: datetime, via: str = "page") -> Territory:
    """The last in the order. Raises Invalid for a name that is taken, Forbidden for everybody but administrators."""
    access.require(by, "administer")
    name = _checked(name, areas)
    last = Territory.objects.aggregate(last=Max("position"))["last"] or 0
    territory = Territory(code=_code(name), name=name, position=last + 1)
    _write(territory, areas)
    _tell(territory, "added", {"removed": True}, _state(territory, areas), by=by, at=at, via=via)
    return territory


@transaction.atomic
def change(territory: Territory, *, name: str, areas: list[Area], by: Any, at: datetime, via: str = "page") -> None:
    access.require(by, "administer")
    before = _now(territory)
    territory.name = _checked(name, areas, but=territory)
    if (after := _state(territory, areas)) != before:
        _write(territory, areas)
        _tell(territory, "changed", before, after, by=by, at=at, via=via)


@transaction.atomic
def move(territory: Territory, *, to: int, by: Any, at: datetime, via: str = "page") -> None:
    """To the 1-based place `to` among those that are left, the others close up; out of range = first or last."""
    access.require(by, "administer")
    rest = [one for one in Territory.objects.select_for_update().filter(removed_at=None) if one.pk != territory.pk]
    before = _now(territory)
    rest.insert(max(0, min(len(rest), to - 1)), territory)
    for position, one in enumerate(rest, 1):
        one.position = position
    Territory.objects.bulk_update(rest, ["position"])
    _tell(territory, "moved", before, before | {"position": territory.position}, by=by, at=at, via=via)


@transaction.atomic
def remove(territory: Territory, *, by: Any, at: datetime, via: str = "page") -> None:
    """Raises Refused naming the rules that use it."""
    access.require(by, "administer")
    if users := used_by(territory.code):
        raise Refused(
            f"{territory} is used by {'; '.join(users)}. Change that first; nothing was removed.", code="used"
        )
    before = _now(territory)
    territory.removed_at = at
    territory.save(update_fields=["removed_at"])
    _tell(territory, "removed", before, before | {"removed": True}, by=by, at=at, via=via)


@transaction.atomic
def undo(territory: Territory, *, by: Any, at: datetime, via: str = "page") -> str:
    """Takes the newest change back, once; answers with a sentence. Raises Refused when nothing is left to undo."""
    access.require(by, "administer")
    newest = Entry.objects.about("territory", [territory.pk]).order_by("-id").first()
    if newest is None or newest.kind == "territory.undone":
        raise Refused(f"Nothing about {territory} is left to undo.", code="nothing")
    was = newest.data["before"]
    if was["removed"] and (users := used_by(territory.code)):
        raise Refused(f"{territory} is used by {'; '.join(users)} by now. Nothing was changed.", code="used")
    before = _now(territory)
    if was["removed"]:
        territory.removed_at = at
        territory.save(update_fields=["removed_at"])
    else:
        areas = [(country, region) for country, region in was["areas"]]
        territory.removed_at = None
        territory.name = _checked(was["name"], areas, but=territory)
        _write(territory, areas)
        if was["position"] != territory.position:
            move(territory, to=was["position"], by=by, at=at, via=via)
    _tell(territory, "undone", before, was, by=by, at=at, via=via)
    return f"{territory} is as it was before."


def seed(*, by: Any, at: datetime) -> None:
    """The defaults into an empty table."""
    if not Territory.objects.exists():
        for name, areas in DEFAULTS:
            add(name=name, areas=read_areas(areas), by=by, at=at, via="demo")


def used_by(code: str) -> list[str]:
    """The rules that name the territory, in words; each room says its own (settings.CONDITION_HOLDERS)."""
    found = []
    for path in settings.CONDITION_HOLDERS:
        found += [label for label, condition in import_string(path)() if names_territory(condition, code)]
    return found


def names_territory(condition: Any, code: str) -> bool:
    if isinstance(condition, list):
        return any(names_territory(part, code) for part in condition)
    if not isinstance(condition, dict):
        return False
    if condition.get("attribute") == "lead.territory":
        value = condition.get("value")
        return code in (value if isinstance(value, list) else [value])
    return any(names_territory(part, code) for part in condition.values())


class Names(Mapping[str, str]):
    """{code: name} in their order, as the choices of the attribute; at most two seconds old, a new code at once."""

    FRESH_FOR = 2.0

    def __init__(self) -> None:
        self._kept: tuple[float, dict[str, str]] | None = None

    def forget(self) -> None:
        self._kept = None

    def _names(self) -> dict[str, str]:
        if self._kept is None or monotonic() - self._kept[0] > self.FRESH_FOR:
            found = Territory.objects.filter(removed_at=None).values_list("code", "name")
            self._kept = (monotonic(), dict(found))
        return self._kept[1]

    def __getitem__(self, code: str) -> str:
        return self._names()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


NAMES = Names()


def _checked(name: str, areas: list[Area], *, but: Territory | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Invalid("A territory needs a name of 1 to 80 characters.", field="name")
    if not areas:
        raise Invalid("A territory covers at least one country or region.", field="areas")
    taken = Territory.objects.filter(name__iexact=name, removed_at=None).exclude(pk=but.pk if but else None)
    if taken.exists():
        raise Invalid(f"There is a territory {name} already.", field="name", code="taken")
    return name


def _code(name: str) -> str:
    short = slugify(name)[:34].strip("-") or "territory"
    taken = set(Territory.objects.filter(code__startswith=short).values_list("code", flat=True))
    return next(code for n in range(1, len(taken) + 2) if (code := short if n == 1 else f"{short}-{n}") not in taken)


def _write(territory: Territory, areas: list[Area]) -> None:
    try:
        with transaction.atomic():
            territory.save()
    except IntegrityError:
        raise Invalid(f"There is a territory {territory.name} already.", field="name", code="taken") from None
    territory.areas.all().delete()
    TerritoryArea.objects.bulk_create(
        TerritoryArea(territory=territory, country=country, region=region, spellings=_spellings(country, region))
        for country, region in areas
    )


def _spellings(country: str, region: str) -> list[str]:
    """A state of the US is known by its letters and by its name."""
    if not region:
        return []
    also = ""
    if country == "US":
        full = {name.lower(): letters for letters, name in STATES.items()}
        also = STATES.get(region.upper()) or full.get(region.lower()) or ""
    return sorted({region.lower(), also.lower()} - {""})


def _now(territory: Territory) -> dict[str, Any]:
    kept = Territory.objects.select_for_update().get(pk=territory.pk)
    return _state(kept, list(kept.areas.values_list("country", "region")))


def _state(territory: Territory, areas: list[Area]) -> dict[str, Any]:
    return {
        "name": territory.name, "position": territory.position, "removed": territory.removed_at is not None,
        "areas": sorted([country, region] for country, region in areas),
    }  # fmt: skip


def _tell(territory: Territory, what: str, before: dict, after: dict, *, by: Any, at: datetime, via: str) -> None:
    NAMES.forget()
    data = {"before": before, "after": after}
    fact = Fact(f"territory.{what}", "territory", territory.pk, at, by=by.pk, via=via, data=data)
    record.record([fact], now=at)
