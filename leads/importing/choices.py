"""A mapping the way people choose it: each column of the file becomes one thing, or is not imported. Pure.

The map language says it the other way round (field = column); `by_column` and `from_columns` translate. What the page
does not show stays as it was: constants, rules, translations, further fields of the same column.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leads.importing import maps
from leads.importing.stages import WAY
from leads.models import Stage
from revops.lib.errors import Invalid

NOT = ""
RULES = "stage.rules"
SKIP = "skip"
TABLES = ("person", "company", "lead", "touch", "deal", "history")
HISTORY = {
    "of": "Change · id of whom", "at": "Change · when", "stage": "Change · to which stage",
    "before": "Change · from which stage", "field": "Change · name of the field",
    "amount": "Change · amount of the deal",
    "is": "Change · field that counts",
}  # fmt: skip
SUBJECTS = ("person", "company", "lead")
WORDS = {
    "external_id": "id in the other system", "email": "e-mail", "phone": "phone", "first_name": "first name",
    "last_name": "last name", "name": "name", "title": "job title", "domain": "domain or website",
    "source": "source (channel)", "hand_raise": "asked for (demo, pricing …)", "owner": "owner’s e-mail",
    "url": "address of the page", "track": "nurture track", "employees": "number of employees",
    "created_at": "created at", "closed_at": "closed at", "close_on": "expected close", "next_step": "next step",
}  # fmt: skip
STAMP_WORDS = {"opened": "enquiry at", "first_response": "first response at"}


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a select: [(target, words)]."""

    label: str
    options: list[tuple[str, str]]


def targets(kind: str) -> list[Group]:
    """What a column can become, for a select. `kind` of the mapping: leads, deals, companies, …_history."""
    nothing = Group("Nothing", [(NOT, "not imported"), (SKIP, "yes = deleted there, line refused")])
    if kind.endswith("_history"):
        return [nothing, Group("Change of a stage", [(f"history.{name}", label) for name, label in HISTORY.items()])]
    company = Group("Company", _fields("company", maps.COMPANY))
    if kind == "companies":
        return [nothing, company, Group("Your own", [_own("company")])]
    deal = Group("Deal", _fields("deal", maps.DEAL))
    person = Group("Person", _fields("person", maps.PERSON))
    stage = [("stage.column", "Lead · stage"), (RULES, "Lead · stage, by rules")]
    lead = Group("Lead", stage + _fields("lead", maps.LEAD))
    touch = Group("Touch", _fields("touch", maps.TOUCH))
    way = ["opened", *[s for s in maps.STAMPS if s not in ("opened", Stage.MERGED)]]
    past = Group("History", [(f"stage.at.{name}", f"History · {_stamp(name)}") for name in way])
    own = Group("Your own", [_own(subject) for subject in SUBJECTS])
    if kind == "deals":
        return [nothing, deal, person, company, lead, touch, past, own]
    return [nothing, person, company, lead, touch, past, deal, own]


def by_column(mapping: Mapping[str, Any], columns: Sequence[str]) -> dict[str, str]:
    """{column: its target}, "" for one that is not imported; of several the one the page shows."""
    return {column: (found or [NOT])[0] for column, found in all_targets(mapping, columns).items()}


def from_columns(chosen: Mapping[str, str], mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with these targets. Raises Invalid, its `errors` naming the column as field, when a target is chosen
    twice or is none."""
    new, wrong = _mapped(mapping, list(chosen), chosen)
    if wrong:
        errors = [{"field": column, "code": "bad_target", "detail": detail} for column, detail in wrong]
        raise Invalid(wrong[0][1], code="bad_target", errors=errors)
    return new


def words(target: str) -> str:
    """`Person · e-mail`."""
    return _ALL.get(target, "not imported")


def all_targets(mapping: Mapping[str, Any], names: Sequence[str]) -> dict[str, list[str]]:
    """{column: every target it has}, the one the page shows first."""
    found: dict[str, list[str]] = {name: [] for name in names}

    def add(column: Any, target: str) -> None:
        if isinstance(column, str) and column in found and target not in found[column]:
            found[column].append(target)

    for table in TABLES:
        for field, column in (mapping.get(table) or {}).items():
            if field != "identify":
                add(column, f"{table}.{field}")
    stage = mapping.get("stage") or {}
    add(stage.get("column"), "stage.column")
    for rule in stage.get("rules") or []:
        add(rule.get("column"), RULES)
    for name, column in (stage.get("at") or {}).items():
        add(column, f"stage.at.{name}")
    for column in mapping.get("skip") or []:
        add(column, SKIP)
    for column, wish in (mapping.get("attributes") or {}).items():
        add(column, f"attribute.{wish.get('subject', 'lead')}")
    rest, ignored = mapping.get("unmapped", "ignore"), set(mapping.get("ignore") or [])
    if rest != "ignore":
        for name in names:
            if name and not found[name] and name not in ignored:
                found[name].append(f"attribute.{rest}")
    return found


def _mapped(
    mapping: Mapping[str, Any], names: Sequence[str], chosen: Mapping[str, str]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """(the mapping with the choices in it, [(column, what is wrong)]). `chosen`: {column: target} of the page."""
    new = copy.deepcopy(dict(mapping))
    before = all_targets(mapping, names)
    wrong = _twice({column: chosen.get(column, NOT) for column in names})
    for column in names:
        target, was = chosen.get(column, NOT), (before[column] or [NOT])[0]
        if target == was or not column:
            continue
        _take(new, column, was, every=target == NOT)
        error = _put(new, column, target)
        if error:
            wrong.append((column, error))
    return new, wrong


def _twice(chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    counts = Counter(target for target in chosen.values() if _alone(target))
    wrong = []
    for target, count in counts.items():
        if count > 1:
            columns = [column for column, one in chosen.items() if one == target]
            wrong.append((columns[-1], f"{words(target)} is chosen for {' and '.join(columns)}. Choose one of them."))
    return wrong


def _alone(target: str) -> bool:
    return bool(target) and target not in (RULES, SKIP) and not target.startswith("attribute.")


def _take(new: dict[str, Any], column: str, target: str, *, every: bool) -> None:
    """Out of the field the page showed it in, or out of all of them."""
    for table in TABLES:
        fields = new.get(table) or {}
        for field in [f for f, c in fields.items() if c == column and f != "identify"]:
            if every or target == f"{table}.{field}":
                del fields[field]
    stage = new.get("stage") or {}
    if stage.get("column") == column and (every or target == "stage.column"):
        del stage["column"]
    if stage.get("rules") and (every or target == RULES):
        stage["rules"] = [rule for rule in stage["rules"] if rule.get("column") != column]
    for name in [n for n, c in (stage.get("at") or {}).items() if c == column]:
        if every or target == f"stage.at.{name}":
            del stage["at"][name]
    if new.get("skip") and (every or target == SKIP):
        new["skip"] = [one for one in new["skip"] if one != column]
    if every or target.startswith("attribute."):
        (new.get("attributes") or {}).pop(column, None)


def _put(new: dict[str, Any], column: str, target: str) -> str:
    """Answers what is wrong with it, if anything."""
    ignored = [one for one in new.get("ignore") or [] if one != column]
    if target == NOT:
        new["ignore"] = [*ignored, column]
        return ""
    new["ignore"] = ignored
    if target not in _ALL:
        return "This is nothing a column can become."
    if target == RULES:
        return "Rules come with a preset; choose “Lead · stage” and say what its values mean."
    if target == SKIP:
        new["skip"] = [*(new.get("skip") or []), column]
    elif target == "stage.column":
        new.setdefault("stage", {})["column"] = column
    elif target.startswith("stage.at."):
        new.setdefault("stage", {}).setdefault("at", {})[target.removeprefix("stage.at.")] = column
    elif target.startswith("attribute."):
        subject = target.removeprefix("attribute.")
        if new.get("unmapped", "ignore") != subject:
            new.setdefault("attributes", {})[column] = {"subject": subject}
    else:
        table, field = target.split(".", 1)
        fields = new.setdefault(table, {})
        fields[field] = column
        if table == "person" and field in maps.IDENTITIES and "identify" in fields:
            known = {*fields["identify"], field}
            fields["identify"] = [one for one in maps.IDENTITIES if one in known]
    return ""


def _fields(table: str, names: set[str]) -> list[tuple[str, str]]:
    order = sorted(names, key=lambda name: (list(WORDS).index(name) if name in WORDS else 99, name))
    return [(f"{table}.{name}", f"{table.capitalize()} · {WORDS.get(name, name.replace('_', ' '))}") for name in order]


def _own(subject: str) -> tuple[str, str]:
    return f"attribute.{subject}", f"Attribute of the {subject}"


def _stamp(name: str) -> str:
    if name in STAMP_WORDS:
        return STAMP_WORDS[name]
    return f"{name.upper() if name in WAY[1:4] else Stage(name).label.lower()} at"


_ALL = {
    target: label for kind in ("leads", "lead_history") for group in targets(kind) for target, label in group.options
}
