"""What the columns of a file mean, said by somebody, and the values only somebody can decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from leads.importing import detecting, maps, stages
from leads.models import ImportRun, ImportState, Stage
from marketing import channels, vocabulary
from marketing.models import Channel
from revops.lib.errors import Invalid, Refused
from teams import access

if TYPE_CHECKING:
    from teams.models import User

OPEN = [ImportState.ANALYSED, ImportState.MATCHED, ImportState.REHEARSED]
DATES = ("", "dates")
OTHER = "other"
DEAL_STAGES = [("open", "Open"), ("won", "Won"), ("lost", "Lost")]


@dataclass(frozen=True, slots=True)
class Decision:
    """A value we cannot place. `what`: channel, stage, deal_stage or dates. `count`: lines with it. `choices`:
    [(code, words)]; `unless`: what becomes of it when nobody decides."""

    column: str
    value: str
    count: int
    what: str
    choices: list[tuple[str, str]]
    unless: str


def set_mapping(
    run: ImportRun, mapping: Mapping[str, Any], *, by: "User | None", at: datetime, seen: datetime | None = None,
    named: str = "",
) -> ImportRun:  # fmt: skip
    """Say what the columns mean. A dry run there was is void.

    Raises Invalid with `errors` (field = the dotted path in the mapping), Refused: stale when somebody changed it after
    `seen`, begun when the import has started.
    """
    if by is not None:
        access.require(by, "import")
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state not in OPEN:
            raise Refused("The import has begun, so its columns stay as they are. Nothing was changed.", code="begun")
        if seen is not None and run.changed_at is not None and run.changed_at > seen:
            raise Refused("Somebody else has changed the columns since. Nothing was changed.", code="stale")
        fitting(run, mapping)
        run.mapping, run.changed_at, run.state = dict(mapping), at, ImportState.MATCHED
        run.map_name = named or run.map_name
        run.rehearsal, run.rehearsed_at, run.trouble = None, None, ""
        run.save()
        return run


def fitting(run: ImportRun, mapping: Mapping[str, Any]) -> maps.Map:
    """The checked map. Raises Invalid when it makes no sense or names columns the file lacks."""
    chart = maps.check(dict(mapping), run.map_name or run.name)
    names = {column["name"] for column in run.facts.get("columns") or []}
    absent = sorted(chart.columns() - names)
    if absent:
        raise Invalid(
            f"{run.name} has no column {', '.join(absent)}, which the map {chart.name} names.", code="bad_file",
            errors=[{"field": name, "code": "no_column", "detail": f"The file has no column {name}."}
                    for name in absent],
        )  # fmt: skip
    return chart


def ready(run: ImportRun) -> None:
    """Raises what keeps this run from a dry run or a start: Refused (code not_matched) before anybody has said what the
    columns are, Invalid with its `field` when what was suggested or said is not enough."""
    if not run.mapping or (run.state == ImportState.ANALYSED and run.facts.get("refused")):
        raise Refused("Say what the columns are first. Nothing was changed.", code="not_matched")
    try:
        fitting(run, run.mapping)
    except Invalid as error:
        first = error.errors[0]
        raise Invalid(f"The columns are not matched yet: {first['field']}. {first['detail']} Nothing was changed.",
                      code=error.code, field=first["field"], errors=error.errors) from None  # fmt: skip


def decide(
    run: ImportRun, answers: Mapping[tuple[str, str], str], *, by: "User | None", at: datetime,
    seen: datetime | None = None,
) -> ImportRun:  # fmt: skip
    """Answer decisions: {(column, value): a choice's code}. Raises Invalid for one that is not to choose."""
    open_ones = {(one.column, one.value): one for one in every_decision(run)}
    mapping = {**run.mapping, "values": {c: dict(t) for c, t in (run.mapping.get("values") or {}).items()}}
    errors = []
    for (column, value), choice in answers.items():
        one = open_ones.get((column, value))
        if one is None or choice not in dict(one.choices):
            errors.append({"field": column, "code": "invalid", "detail": f"{value!r} cannot become {choice!r}."})
        elif one.what == "dates":
            away = detecting.MONTH_FIRST if choice == "day" else detecting.DAY_FIRST
            mapping["dates"] = [form for form in run.facts["dates"] if form not in away]
        else:
            mapping["values"].setdefault(column, {})[value.casefold()] = choice
    if errors:
        raise Invalid(errors[0]["detail"], code="invalid", field=errors[0]["field"], errors=errors)
    return set_mapping(run, mapping, by=by, at=at, seen=seen)


def open_decisions(run: ImportRun) -> list[Decision]:
    """What nobody has decided yet, the most frequent first."""
    translated = {
        column: {str(value).casefold() for value in table}
        for column, table in (run.mapping.get("values") or {}).items()
        if isinstance(table, dict)
    }

    def decided(one: Decision) -> bool:
        if one.what == "dates":
            forms = set(run.mapping.get("dates") or [])
            return not (forms & set(detecting.MONTH_FIRST) and forms & set(detecting.DAY_FIRST))
        table = translated.get(one.column, set())
        return one.value.casefold() in table or "*" in table

    return [one for one in every_decision(run) if not decided(one)]


def every_decision(run: ImportRun) -> list[Decision]:
    """Decided or not."""
    try:
        chart = maps.check(dict(run.mapping), run.name)
    except Invalid:
        return []
    columns = {column["name"]: column.get("values") or {} for column in run.facts.get("columns") or []}
    found: list[Decision] = []
    names = [(code, name) for code, name in Channel.objects.values_list("code", "name")]
    aliases = vocabulary.aliases()
    for field in (chart.lead.get("source"), (chart.deal or {}).get("source")):
        for value, count in columns.get(field or "", {}).items():
            if channels.normal(value) not in aliases and value.casefold() not in chart.blank:
                found.append(Decision(field or "", value, count, "channel", names, "Other"))
    # The stages of a lead; a recycled or lost one is a stage too.
    wishes = [(code, Stage(code).label) for code in Stage.values if code != Stage.MERGED]
    wishes.append((stages.NO_LEAD, "no lead, only the person"))
    for value, count in columns.get(chart.stage_column, {}).items():
        if value not in Stage.values:
            found.append(Decision(chart.stage_column, value, count, "stage", wishes, "the line is refused"))
    deal_column = (chart.deal or {}).get("stage", "")
    if deal_column and not deal_column.startswith("="):
        for value, count in columns.get(deal_column, {}).items():
            if value not in dict(DEAL_STAGES):
                found.append(Decision(deal_column, value, count, "deal_stage", DEAL_STAGES, "the line is refused"))
    told = chart.history.get("stage", "")
    if told:
        choices, what = (wishes, "stage") if chart.kind == "lead_history" else (DEAL_STAGES, "deal_stage")
        for value, count in columns.get(told, {}).items():
            if value not in dict(choices):
                found.append(Decision(told, value, count, what, choices, "the line is refused"))
    if run.facts.get("dates_open"):
        ways = [("month", "month first: 03/04 is 4 March"), ("day", "day first: 03/04 is 3 April")]
        found.append(Decision(*DATES, run.facts.get("rows", 0), "dates", ways, "month first"))
    return sorted(found, key=lambda one: -one.count)
