"""A map: which column means what, in a small TOML file.

kind = "leads"                       # or "deals", "companies", "lead_history", "deal_history"
source = "olist"                     # names the external ids of this sender
zone = "America/Sao_Paulo"           # of dates written without an offset
dates = ["%Y-%m-%d", "iso"]          # tried in order; also "epoch_s", "epoch_ms"
blank = ["Select"]                   # read as missing, besides the empty cell
unmapped = "lead"                    # other columns become attributes of lead, person or company; or "ignore"
ignore = ["Row"]                     # never read
skip = ["IsDeleted"]                 # a line with a yes in it was deleted over there: refused, and said so

[person]
identify = ["external_id"]           # what tells people apart, best first: external_id, email, phone
external_id = "mql_id"               # field = column; "=text" is a constant
[company]
name = "Account"
external_id = "AccountId"            # of the same source: found by files that came before
[lead]
source = "origin"
[stage]
default = "mql"                      # "none": the rows are people, no lead is opened
column = "Status"                    # its value, translated, is a stage code
rules = [{ column = "Converted", is = "1", stage = "won" }]
[stage.at]
opened = "first_contact_date"        # and any stage code, and first_response
[touch]                              # the enquiry itself, as a touch of the person
kind = "form"
asset = "landing_page_id"
[deal]                               # kind "deals"; in kind "leads": one for each row with the stage won or lost
external_id = "seller_id"
[history]                            # kinds "…_history": one change of stage a line, of somebody known by an id
of = "LeadId"
at = "CreatedDate"
stage = "NewValue"
before = "OldValue"
field = "Field"                      # only lines with `is` in it tell of a stage
is = "=Status"
[values.origin]                      # translations, not minding case; "*" is any other value
"paid search" = "paid_search"
"" = "unknown"                       # what an empty cell means, if it means something
[channels]
unknown = "Unknown"                  # channels this file needs and the company may lack: code = name
[attributes."Total visits"]          # only where the guess from the file would be wrong
subject = "lead"
type = "number"
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from leads.importing.stages import NO_LEAD
from leads.models import AttributeDefinition, Stage
from revops.lib.errors import Invalid

PERSON = {"external_id", "email", "phone", "first_name", "last_name", "name", "title", "seniority", "country", "region"}
COMPANY = {"external_id", "name", "domain", "industry", "employees", "country", "region"}
LEAD = {"source", "campaign", "product_interest", "hand_raise", "message", "owner", "reason", "track"}
TOUCH = {"kind", "asset", "url"}
DEAL = {"external_id", "name", "amount", "currency", "stage", "created_at", "closed_at", "close_on", "owner", "source",
        "reason", "competitor", "note", "next_step"}  # fmt: skip
HISTORY = {"of", "at", "stage", "before", "field", "is", "amount"}
KINDS = ["leads", "deals", "companies", "lead_history", "deal_history"]
IDENTITIES = ["external_id", "email", "phone"]
SLUG = re.compile(r"[a-z0-9_]{1,32}")
STAMPS = ["opened", *[s for s in Stage.values if s != Stage.INQUIRY], "first_response"]
TOP = {"kind", "source", "zone", "dates", "blank", "unmapped", "ignore", "encoding", "delimiter", "person", "company",
       "lead", "stage", "touch", "deal", "values", "attributes", "channels", "skip", "history"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StageRule:
    column: str
    values: frozenset[str]
    stage: str


@dataclass(slots=True)
class Map:
    """A checked map. `person`, `company`, `lead`, `touch`, `deal`, `stamps`: {field: column or "=constant"}."""

    name: str
    kind: str
    source: str
    zone: ZoneInfo | None
    dates: list[str]
    blank: frozenset[str]
    unmapped: str
    ignore: frozenset[str]
    encoding: str
    delimiter: str
    identify: list[str]
    person: dict[str, str]
    company: dict[str, str]
    lead: dict[str, str]
    touch: dict[str, str]
    deal: dict[str, str] | None
    stage_default: str
    stage_column: str
    stage_rules: list[StageRule]
    stamps: dict[str, str]
    values: dict[str, dict[str, str]]
    channels: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    skip: list[str] = field(default_factory=list)
    history: dict[str, str] = field(default_factory=dict)

    def columns(self) -> set[str]:
        """Every column the map names; each must be in the file."""
        used = {
            column
            for fields in (self.person, self.company, self.lead, self.touch, self.deal or {}, self.stamps, self.history)
            for column in fields.values()
            if not column.startswith("=")
        }
        used |= {rule.column for rule in self.stage_rules} | set(self.attributes) | set(self.skip)
        return used | ({self.stage_column} if self.stage_column else set())


def read(path: Path) -> tuple[Map, dict[str, Any]]:
    """A map checked, and as it is written. Raises Invalid with every mistake in it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path.name} is not a TOML file: {error}", code="bad_map") from None
    except OSError as error:
        raise Invalid(f"The map {path} cannot be read: {error.strerror}.", code="bad_map") from None
    return check(data, path.stem), data


def check(data: dict[str, Any], name: str) -> Map:
    wrong: list[str] = [f"{key}: not a word of maps" for key in sorted(set(data) - TOP)]
    kind, source = data.get("kind", "leads"), str(data.get("source", "")).strip()
    if kind not in KINDS:
        wrong.append(f"kind: one of {', '.join(KINDS)}")
    if not source:
        wrong.append("source: a name for where the file comes from is needed")
    zone = None
    if "zone" in data:
        try:
            zone = ZoneInfo(data["zone"])
        except (KeyError, ValueError, OSError, TypeError):
            wrong.append(f"zone: {data['zone']!r} is not an IANA time zone")
    unmapped = data.get("unmapped", "ignore")
    if unmapped not in {"ignore", *AttributeDefinition.Subject.values}:
        wrong.append('unmapped: "lead", "person", "company" or "ignore"')
    person = _table(data, "person", wrong)
    identify = person.pop("identify", ["external_id", "email", "phone"])
    if not isinstance(identify, list) or set(identify) - set(IDENTITIES):
        wrong.append(f"person.identify: a list out of {', '.join(IDENTITIES)}")
        identify = []
    identify = [kind_of_key for kind_of_key in identify if kind_of_key in person]
    if not identify and kind == "leads":
        wrong.append("person: name the column of external_id, email or phone; otherwise nobody can be told apart")
    stage = _table(data, "stage", wrong)
    stamps = stage.pop("at", {})
    rules = _rules(stage.pop("rules", []), wrong)
    wrong += [f"stage.{key}: not a word of maps" for key in sorted(set(stage) - {"default", "column"})]
    channels = _table(data, "channels", wrong)
    wrong += [f"channels.{code}: a code of at most 32 characters" for code in channels if not SLUG.fullmatch(code)]
    if not isinstance(stage.get("column", ""), str):
        wrong.append("stage.column: must be a column's name")
    if stage.get("default", "inquiry") not in [*Stage.values, NO_LEAD]:
        wrong.append(f"stage.default: one of {', '.join(Stage.values)} or {NO_LEAD}")
    values = {
        column: {str(k).strip().casefold(): str(v) for k, v in table.items()}
        for column, table in _table(data, "values", wrong).items()
        if isinstance(table, dict)
    }
    made = Map(
        name=name, kind=kind, source=source, zone=zone, dates=_texts(data, "dates", wrong) or ["iso"],
        blank=frozenset(b.strip().casefold() for b in _texts(data, "blank", wrong)) | {""},
        unmapped=unmapped, ignore=frozenset(_texts(data, "ignore", wrong)), encoding=str(data.get("encoding", "")),
        delimiter=str(data.get("delimiter", "")), identify=identify,
        person=_fields(person, "person", PERSON, wrong), company=_fields(data, "company", COMPANY, wrong, inner=True),
        lead=_fields(data, "lead", LEAD, wrong, inner=True), touch=_fields(data, "touch", TOUCH, wrong, inner=True),
        skip=_texts(data, "skip", wrong),
        history=_fields(data, "history", HISTORY, wrong, inner=True) if "history" in data else {},
        deal=_fields(data, "deal", DEAL, wrong, inner=True) if "deal" in data else None,
        stage_default=stage.get("default", "inquiry"), stage_column=stage.get("column", ""), stage_rules=rules,
        channels={code: str(label)[:60] for code, label in channels.items()},
        stamps=_fields(stamps, "stage.at", set(STAMPS), wrong), values=values,
        attributes=_attributes(_table(data, "attributes", wrong), wrong),
    )  # fmt: skip
    if kind == "deals" and not (made.deal and "external_id" in made.deal):
        wrong.append("deal.external_id: name the column that tells deals apart, or a second import doubles them")
    if kind == "companies" and not {"name", "domain", "external_id"} & set(made.company):
        wrong.append("company.name: name the column of its name, domain or id, or nobody can tell which it is")
    if kind.endswith("_history") and {"of", "at", "stage"} - set(made.history):
        wrong.append("history: name the columns of (id) whose, when (at) and which stage it was")
    if kind == "deals" and {unmapped, *(a.get("subject") for a in made.attributes.values())} & {"person", "company"}:
        wrong.append("unmapped: a file of deals gives attributes to leads only")
    if wrong:
        errors = [{"field": path, "code": "bad_map", "detail": f"{said.strip().capitalize()}."}
                  for path, _, said in (one.partition(":") for one in wrong)]  # fmt: skip
        raise Invalid(f"The map {name} has mistakes: " + "; ".join(wrong) + ".", code="bad_map", errors=errors)
    return made


def put(mapping: dict[str, Any], target: str, column: str) -> None:
    """`column` becomes the field `target` of a mapping: `person.email`, `stage.column`, `stage.at.mql`."""
    *tables, name = target.split(".")
    for table in tables:
        mapping = mapping.setdefault(table, {})
    mapping[name] = column


def _texts(data: dict[str, Any], key: str, wrong: list[str]) -> list[str]:
    found = data.get(key, [])
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    wrong.append(f"{key}: a list of texts")
    return []


def _table(data: dict[str, Any], key: str, wrong: list[str]) -> dict[str, Any]:
    found = data.get(key, {})
    if isinstance(found, dict):
        return dict(found)
    wrong.append(f"{key}: must be a table")
    return {}


def _fields(data: dict[str, Any], key: str, known: set[str], wrong: list[str], inner: bool = False) -> dict[str, str]:
    table = _table(data, key, wrong) if inner else data
    wrong += [f"{key}.{name}: not a field; there are {', '.join(sorted(known))}" for name in sorted(set(table) - known)]
    wrong += [f"{key}.{name}: must be a column's name" for name, column in table.items() if not isinstance(column, str)]
    return {name: column for name, column in table.items() if isinstance(column, str)}


def _rules(given: Any, wrong: list[str]) -> list[StageRule]:
    rules = []
    for number, rule in enumerate(given if isinstance(given, list) else [given], 1):
        if not isinstance(rule, dict) or set(rule) != {"column", "is", "stage"} or rule["stage"] not in Stage.values:
            wrong.append(f"stage.rules {number}: needs column, is and a stage code")
            continue
        values = rule["is"] if isinstance(rule["is"], list) else [rule["is"]]
        rules.append(StageRule(rule["column"], frozenset(str(v).strip().casefold() for v in values), rule["stage"]))
    return rules


def _attributes(given: dict[str, Any], wrong: list[str]) -> dict[str, dict[str, str]]:
    for column, wish in given.items():
        if (
            not isinstance(wish, dict)
            or set(wish) - {"subject", "name", "label", "type"}
            or wish.get("subject", "lead") not in AttributeDefinition.Subject.values
            or wish.get("type", "text") not in AttributeDefinition.Type.values
        ):
            wrong.append(f"attributes.{column}: subject, name, label and type only, subject and type from their lists")
    return given
