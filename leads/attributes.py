"""The words conditions may use: built-in attributes, custom ones, and those other rooms offer.

An attribute is read through three aliases: `p` leads_person, `c` leads_company (left joined), `l` leads_lead (may be
all NULL). Its SQL is NULL when the value is unknown; an empty text or list counts as unknown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

TEXT, NUMBER, DATE, YES_NO, LIST, ORDERED = "text", "number", "date", "yes_no", "list", "ordered"
TYPES = frozenset([TEXT, NUMBER, DATE, YES_NO, LIST, ORDERED])

# A fact f of a lead l known at %(as_of)s. What an import brought became known at no moment that was kept, so of a lead
# that came as history it counts from the start; what was learned of such a lead later does not.
IMPORTED = "(COALESCE(l.history, FALSE) AND f.at IN (SELECT started_at FROM leads_importrun))"
KNOWN_THEN = f"(f.at <= %(as_of)s OR {IMPORTED})"

SENIORITIES = {"staff": "Staff", "manager": "Manager", "director": "Director", "vp": "VP", "c_level": "C-level"}
SUBJECTS = {"person": "p", "company": "c", "lead": "l"}
CUSTOM_NAME = re.compile(r"(person|company|lead)\.custom\.([-a-zA-Z0-9_]{1,60})")


@dataclass(frozen=True, slots=True)
class Attribute:
    """`sql` uses the aliases p, c, l only and is NULL when unknown; `type` as in TYPES.

    text and ordered give text, number any numeric type, date a date, yes_no a boolean, list a text[].
    `past`: SQL at the moment `%(as_of)s`, for what is kept elsewhere. `fact`: (subject, name) in the attribute facts,
    from which the past is read. With neither, the past is unknown. `choices`: {code: label}, in order for `ordered`.
    `phrases`: {op: "{} people or more"} where the plain wording would be clumsy.
    """

    name: str
    label: str
    type: str
    sql: str
    past: str | None = None
    fact: tuple[str, str] | None = None
    choices: Mapping[str, str] | None = None
    phrases: Mapping[str, str] | None = None


def _column(name: str, label: str, kind: str, column: str, **more) -> Attribute:
    """An attribute that is a column of its subject, and whose changes are facts."""
    subject, short = name.split(".")
    full = f"{SUBJECTS[subject]}.{column}"
    sql = {TEXT: f"NULLIF({full}, '')", ORDERED: f"NULLIF({full}, '')", LIST: f"NULLIF({full}, '{{}}')"}.get(kind, full)
    return Attribute(name, label, kind, sql, fact=(subject, short), **more)


def _identity(name: str, label: str, sql: str) -> Attribute:
    """Names and addresses are no facts (they are personal): who somebody is now is who they were."""
    return Attribute(name, label, TEXT, sql, past=sql)


def _of_cycle(name: str, label: str, kind: str, column: str) -> Attribute:
    """What a lead is born with stays as it is for the whole cycle, so the past equals the present."""
    now = f"NULLIF(l.{column}, '')"
    return Attribute(name, label, kind, now, past=f"CASE WHEN l.created_at <= %(as_of)s THEN {now} END")


UTC_DAY = "({} AT TIME ZONE 'UTC')::date"
PEOPLE = {"at_least": "{} people or more", "at_most": "{} people or fewer", "is": "{} people"}

BUILT_IN = [
    _column("person.title", "title", TEXT, "title"),
    _column("person.seniority", "seniority", ORDERED, "seniority", choices=SENIORITIES),
    _column("person.country", "country", TEXT, "country"),
    _column("person.region", "region", TEXT, "region"),
    _identity("person.email", "e-mail", "NULLIF(p.email, '')"),
    _identity("person.mail_domain", "e-mail domain", "NULLIF(split_part(p.email, '@', 2), '')"),
    Attribute("person.suppressed", "suppressed", YES_NO, "p.suppressed"),
    Attribute(
        "person.first_touch", "first touch", DATE, UTC_DAY.format("p.first_touch_at"),
        past=f"CASE WHEN p.first_touch_at <= %(as_of)s THEN {UTC_DAY.format('p.first_touch_at')} END",
    ),
    _identity("company.name", "company", "NULLIF(c.name, '')"),
    _identity("company.domain", "company domain", "NULLIF(c.domain, '')"),
    _column("company.industry", "industry", TEXT, "industry"),
    _column("company.employees", "company size", NUMBER, "employees", phrases=PEOPLE),
    _column("company.country", "company country", TEXT, "country"),
    _column("company.region", "company region", TEXT, "region"),
    _column("company.technologies", "technology", LIST, "technologies"),
    Attribute(
        "company.owned", "account has an owner", YES_NO, "(c.owner_id IS NOT NULL)",
        phrases={"is true": "the account has an owner", "is false": "the account has no owner"},
    ),
    _of_cycle("lead.source", "source", TEXT, "source_id"),
    _of_cycle("lead.product_interest", "product interest", TEXT, "product_interest"),
    Attribute(
        "lead.hand_raise", "hand raise", TEXT, "NULLIF(l.hand_raise, '')",
        past="CASE WHEN l.created_at <= %(as_of)s THEN NULLIF(l.hand_raise, '') END",
        phrases={"is_set": "asked to be contacted", "is_missing": "did not ask to be contacted"},
    ),
    Attribute("lead.message", "message", TEXT, "NULLIF(l.message, '')"),
    Attribute("lead.stage", "stage", TEXT, "l.stage"),
    Attribute("lead.cycle", "cycle", NUMBER, "l.cycle", past="CASE WHEN l.created_at <= %(as_of)s THEN l.cycle END"),
    Attribute(
        "lead.created", "opened", DATE, UTC_DAY.format("l.created_at"),
        past=f"CASE WHEN l.created_at <= %(as_of)s THEN {UTC_DAY.format('l.created_at')} END",
    ),
]  # fmt: skip


@cache
def registry() -> dict[str, Attribute]:
    """Every attribute but the custom ones, by name; rooms above offer theirs through settings.CONDITION_ATTRIBUTES."""
    found: dict[str, Attribute] = {}
    for path in settings.CONDITION_ATTRIBUTES:
        for attribute in import_string(path):
            if attribute.name in found or attribute.type not in TYPES:
                raise ValueError(f"Attribute {attribute.name} is offered twice or has no known type.")
            found[attribute.name] = attribute
    return found


Defined = dict[tuple[str, str], tuple[str, str]]  # (subject, name) -> (label, type)
_asked: ContextVar[list[Defined] | None] = ContextVar("custom attributes", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """For what reads many conditions and changes no attribute: inside, the database is asked for custom ones once."""
    if _asked.get() is not None:
        yield
        return
    token = _asked.set([])
    try:
        yield
    finally:
        _asked.reset(token)


def _defined(wanted: set[tuple[str, str]]) -> Defined:
    from leads.models import AttributeDefinition

    kept = _asked.get()
    if kept:
        return kept[0]
    found = AttributeDefinition.objects.all()
    if kept is None:
        found = found.filter(subject__in={subject for subject, _ in wanted}, name__in={name for _, name in wanted})
    definitions = {
        (subject, name): (label, kind)
        for subject, name, label, kind in found.values_list("subject", "name", "label", "type")
    }
    if kept is not None:
        kept.append(definitions)
    return definitions


def known(names: Iterable[str]) -> dict[str, Attribute]:
    """The attributes among `names` that exist; at most one query, and none unless a custom one is named (`asked_once`:
    one for many calls)."""
    names = set(names)
    found = {name: registry()[name] for name in names if name in registry()}
    custom = {name: match for name in names - found.keys() if (match := CUSTOM_NAME.fullmatch(name))}
    if custom:
        definitions = _defined({match.groups() for match in custom.values()})
        for full, match in custom.items():
            subject, name = match.groups()
            if (subject, name) in definitions:
                label, kind = definitions[subject, name]
                # The name holds letters, digits, - and _ only (checked above), so it is safe inside the text.
                value = f"({SUBJECTS[subject]}.attributes -> '{name}')"
                fact = (subject, f"custom.{name}")
                found[full] = Attribute(full, label.lower() or name, kind, from_json(value, kind), fact=fact)
    return found


def from_json(value: str, kind: str) -> str:
    """`value`, a jsonb expression, as the SQL type of `kind`; what does not fit is unknown, never an error."""
    text = f"({value} #>> '{{}}')"
    if kind == NUMBER:
        return rf"(CASE WHEN {text} ~ '^-?\d{{1,16}}(\.\d{{1,15}})?$' THEN {text}::numeric END)"
    if kind == DATE:
        # Not ::date, which raises on 2026-02-31: count the days from the first and look whether the month is left.
        day = f"(make_date(left({text}, 4)::int, substr({text}, 6, 2)::int, 1) + (substr({text}, 9, 2)::int - 1))"
        shape = r"'^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])($|[T ])'"
        exists = f"to_char({day}, 'YYYY-MM-DD') = left({text}, 10)"
        return f"(CASE WHEN {text} ~ {shape} THEN CASE WHEN {exists} THEN {day} END END)"
    if kind == YES_NO:
        said = f"lower({text})"
        return f"(CASE WHEN {said} IN ('true', 'yes') THEN true WHEN {said} IN ('false', 'no') THEN false END)"
    if kind == LIST:
        return (
            f"(CASE jsonb_typeof({value}) WHEN 'string' THEN ARRAY[{text}] "
            f"WHEN 'array' THEN NULLIF(ARRAY(SELECT jsonb_array_elements_text({value})), '{{}}') END)"
        )
    return f"(CASE WHEN jsonb_typeof({value}) IN ('string', 'number', 'boolean') THEN NULLIF({text}, '') END)"


def in_the_past(attribute: Attribute) -> str:
    """The attribute's SQL at `%(as_of)s`: the newest fact at or before it."""
    if attribute.past is not None:
        return attribute.past
    if attribute.fact is None:
        return {NUMBER: "NULL::numeric", DATE: "NULL::date", YES_NO: "NULL::boolean", LIST: "NULL::text[]"}.get(
            attribute.type, "NULL::text"
        )
    subject, name = attribute.fact
    owner = {"person": "p.id", "company": "p.company_id", "lead": "l.id"}[subject]
    value = (
        f"(SELECT f.values -> '{name}' FROM leads_attributefact f WHERE f.subject_kind = '{subject}' "
        f"AND f.subject_id = {owner} AND {KNOWN_THEN} AND f.values ? '{name}' "
        f"ORDER BY f.at DESC, f.id DESC LIMIT 1)"
    )
    # OFFSET 0 keeps the planner from copying the look-up into each place the cast mentions it.
    return f"(SELECT {from_json('x.v', attribute.type)} FROM (SELECT {value} AS v OFFSET 0) x)"
