"""Which columns mean what in the exports people bring: files of known systems, and mappings somebody saved."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from leads import identity
from leads.importing import maps
from leads.models import ImportPreset, ImportRun
from revops.lib.errors import Invalid, Refused

if TYPE_CHECKING:
    from teams.models import User

FOLDER = Path(__file__).with_name("preset_files")
REFUSED = Path(__file__).with_name("not_for_import.toml")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`key` for `apply`; `matched` of the file's columns get a meaning; `saved`: by somebody here."""

    key: str
    name: str
    matched: int
    saved: bool


@dataclass(frozen=True, slots=True)
class Preset:
    """`needs`: each of them in the header, in any of its spellings; `unless`: none of these. `columns`: {target: names
    in order of preference}."""

    key: str
    name: str
    kind: str
    source: str
    needs: list[list[str]]
    unless: list[str]
    columns: dict[str, list[str]]
    values: dict[str, dict[str, str]]
    constants: dict[str, str] = field(default_factory=dict)
    skip: list[str] = field(default_factory=list)
    stage: str = ""
    weight: int = 0


def folded(name: str) -> str:
    """`First Name`, `first_name`, `property_firstname` and `FirstName` are one column."""
    text = unicodedata.normalize("NFKD", name.casefold())
    text = re.sub(r"[^a-z0-9]", "", "".join(sign for sign in text if not unicodedata.combining(sign)))
    return text.removeprefix("property") if len(text) > 8 else text


@cache
def known() -> tuple[Preset, ...]:
    """Those that come with the product, by name."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        found.append(Preset(
            path.stem, data["name"], data["kind"], data["source"], [one.split("|") for one in data["needs"]],
            data.get("unless", []), {target: names.split("|") for target, names in data["columns"].items()},
            data.get("values", {}), data.get("constants", {}),
            [name for one in data.get("skip", []) for name in one.split("|")], data.get("stage", ""),
            data.get("weight", 0),
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.name))


@cache
def _refused() -> list[dict[str, Any]]:
    return tomllib.loads(REFUSED.read_text(encoding="utf-8"))["file"]


def not_for_import(names: Sequence[str]) -> str:
    """Why a file with these columns is not taken; "" when nothing is known against it."""
    have = {folded(name) for name in names}
    for one in _refused():
        needs = [spelling.split("|") for spelling in one["needs"]]
        if all(have & set(spellings) for spellings in needs) and not have & set(one.get("unless", [])):
            return str(one["why"])
    return ""


def suggest(run: ImportRun) -> list[Suggestion]:
    """The presets that fit the file's header, best first."""
    names = [column["name"] for column in run.facts.get("columns") or []]
    have = {folded(name) for name in names}
    scored: list[tuple[int, Suggestion]] = []
    for saved in ImportPreset.objects.all():
        theirs = {folded(name) for name in saved.columns}
        used = {folded(name) for name in _used(saved.mapping)}
        if theirs and used <= have:
            score = 1000 if theirs == have else len(theirs & have) * 10 // max(len(theirs | have), 1)
            scored.append((score, Suggestion(f"saved-{saved.pk}", saved.name, len(used), True)))
    for preset in known():
        if _fits(preset, have):
            matched = sum(1 for spellings in preset.columns.values() if have & set(spellings))
            score = matched + 3 * len(preset.needs) + preset.weight
            scored.append((score, Suggestion(preset.key, preset.name, matched, False)))
    return [one for _, one in sorted(scored, key=lambda pair: (-pair[0], pair[1].name))]


def available(run: ImportRun) -> list[Suggestion]:
    """Every preset, for a select: those that fit first."""
    fitting = suggest(run)
    have = {one.key for one in fitting}
    rest = [Suggestion(f"saved-{one.pk}", one.name, 0, True) for one in ImportPreset.objects.all()]
    rest += [Suggestion(one.key, one.name, 0, False) for one in known()]
    return fitting + [one for one in rest if one.key not in have]


def mapping_of(key: str, run: ImportRun) -> dict[str, Any]:
    """The mapping a preset makes of the file's columns. Raises Invalid for an unknown key."""
    if key.startswith("saved-"):
        saved = ImportPreset.objects.filter(pk=int(key[6:]) if key[6:].isdecimal() else 0).first()
        if saved is None:
            raise _no_preset()
        return dict(saved.mapping)
    preset = next((one for one in known() if one.key == key), None)
    if preset is None:
        raise _no_preset()
    columns = run.facts.get("columns") or []
    by_fold: dict[str, dict[str, Any]] = {}
    for column in columns:
        by_fold.setdefault(folded(column["name"]), column)
    mapping: dict[str, Any] = {
        "kind": preset.kind, "source": preset.source or source_of(run.name), "dates": run.facts.get("dates") or ["iso"],
        "unmapped": "ignore",
    }  # fmt: skip
    for target, spellings in preset.columns.items():
        column = next((by_fold[name] for name in spellings if name in by_fold and by_fold[name]["name"]), None)
        if column is None or (target == "person.email" and not _addresses(column)):
            continue
        maps.put(mapping, target, column["name"])
        if target in preset.values:
            mapping.setdefault("values", {})[column["name"]] = dict(preset.values[target])
    for target, text in preset.constants.items():
        maps.put(mapping, target, f"={text}")
    if preset.stage:
        mapping.setdefault("stage", {})["default"] = preset.stage
    skip = [by_fold[name]["name"] for name in preset.skip if name in by_fold]
    if skip:
        mapping["skip"] = skip
    person = mapping.get("person", {})
    if preset.kind == "leads":
        person["identify"] = [name for name in maps.IDENTITIES if name in person]
        if "phone" in person["identify"] and len(person["identify"]) > 1:
            # Exports write numbers without their country; a line with another key is not refused for that.
            person["identify"].remove("phone")
        mapping["person"] = person
    return mapping


def apply(run: ImportRun, key: str, *, by: "User | None", at: datetime) -> ImportRun:
    """Take a preset's mapping for this file. Raises Invalid when it does not fit."""
    from leads.importing import mapping as verbs  # both need the other: a mapping may come from a preset

    made = mapping_of(key, run)
    name = next((one.name for one in available(run) if one.key == key), key)
    return verbs.set_mapping(run, made, by=by, at=at, named=name)


def save(run: ImportRun, name: str, *, by: "User | None", at: datetime) -> ImportPreset:
    """Keep this import's mapping under a name, for files with the same columns. Raises Invalid."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid("Give the preset a name.", code="required", field="name")
    if not run.mapping:
        raise Refused("There is no mapping to keep yet.", code="not_matched")
    columns = [column["name"] for column in run.facts.get("columns") or []]
    try:
        with transaction.atomic():
            return ImportPreset.objects.create(name=name, mapping=run.mapping, columns=columns, by=by, at=at)
    except IntegrityError:
        raise Invalid("There is a preset of this name. Choose another.", code="taken", field="name") from None


def remove(preset: ImportPreset, *, by: "User | None") -> None:
    """Imports made by it keep their mapping."""
    preset.delete()


def source_of(name: str) -> str:
    """A name for where ids come from, out of a file's name: `Leads May.csv` → `leads_may`."""
    return re.sub(r"[^a-z0-9]+", "_", Path(name).stem.casefold()).strip("_")[:32] or "file"


def _fits(preset: Preset, have: set[str]) -> bool:
    return all(have & set(spellings) for spellings in preset.needs) and not have & set(preset.unless)


def _used(mapping: Mapping[str, Any]) -> set[str]:
    try:
        return maps.check(dict(mapping), "saved").columns()
    except Invalid:
        return {"\x00"}  # made for an older language: it fits no file


def _addresses(column: Mapping[str, Any]) -> bool:
    """Whether a column of mail addresses holds any: exports for tests have hashes in it."""
    return not column["examples"] or any(identity.exact_key(text) for text in column["examples"])


def _no_preset() -> Invalid:
    return Invalid("There is no such preset.", code="not_found", field="preset")
