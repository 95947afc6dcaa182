"""Columns nobody mapped become typed custom attributes, each defined once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from leads.custom_attributes import LONGEST_TEXT
from leads.importing import values
from leads.importing.maps import Map
from leads.importing.reading import Refusal, lines
from leads.models import AttributeDefinition, ImportRun

WORDS = values.YES | values.NO
Kind = AttributeDefinition.Type


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a column's value goes and as what."""

    column: str
    subject: str
    name: str
    type: str


def prepare(run: ImportRun, chart: Map, names: list[str], *, zone: ZoneInfo) -> list[Plan]:
    """Define what is missing and answer with a plan for each column; reads the file once to see what it holds.

    A column that is empty throughout is not defined. A definition that exists keeps its type: a value that does not
    fit refuses its line.
    """
    wanted = _wanted(chart, names)
    if not wanted:
        return []
    guesses = _guess(run, chart, names, [column for column in wanted if "type" not in wanted[column]], zone)
    known = {(d.subject, d.name): d.type for d in AttributeDefinition.objects.all()}
    plans, new = [], []
    for column, wish in wanted.items():
        kind = wish.get("type") or guesses.get(column)
        if kind is None:
            continue
        subject, name = wish["subject"], wish["name"]
        if (subject, name) not in known:
            known[subject, name] = kind
            new.append(
                AttributeDefinition(subject=subject, name=name, label=wish.get("label", column)[:80] or name, type=kind)
            )
        plans.append(Plan(column, subject, name, known[subject, name]))
    AttributeDefinition.objects.bulk_create(new, ignore_conflicts=True)
    return plans


def _wanted(chart: Map, names: list[str]) -> dict[str, dict[str, str]]:
    """{column: {subject, name, label?, type?}} in the file's order; two columns never share a name."""
    left = set(names) - (chart.columns() - set(chart.attributes)) - chart.ignore - {""}
    taken: set[tuple[str, str]] = set()
    wanted = {}
    for column in names:
        if column not in left or (chart.unmapped == "ignore" and column not in chart.attributes):
            continue
        wish = dict(chart.attributes.get(column, {}))
        subject = wish.setdefault("subject", chart.unmapped if chart.unmapped != "ignore" else "lead")
        base = wish.get("name") or slugify(column).replace("-", "_")[:55] or "column"
        name, number = base, 1
        while (subject, name) in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add((subject, name))
        wanted[column] = {**wish, "name": name}
    return wanted


def _guess(run: ImportRun, chart: Map, names: list[str], columns: list[str], zone: ZoneInfo) -> dict[str, str]:
    """The narrowest type that takes every value of a column; none for a column without values."""
    tests: dict[str, Callable[[str], bool]] = {
        Kind.NUMBER: _is_number,
        Kind.YES_NO: lambda text: text.casefold() in WORDS,
        Kind.DATE: lambda text: values.is_date(text, formats=chart.dates, zone=zone),
    }
    still = {column: list(tests) for column in columns}
    seen: set[str] = set()
    for _, cells in lines(run, names) if columns else ():
        if isinstance(cells, Refusal):
            continue
        for column in columns:
            text = cells[column]
            if text.casefold() in chart.blank:
                continue
            seen.add(column)
            if still[column]:
                still[column] = [kind for kind in still[column] if tests[kind](text)]
    return {column: (still[column] or [Kind.TEXT])[0] for column in columns if column in seen}


def _is_number(text: str) -> bool:
    # 00123 is a code: as a number it would lose its zeros.
    return not (len(text) > 1 and text[0] == "0" and text[1].isdigit()) and values.number(text) is not None


def typed(text: str, kind: str, *, formats: list[str], zone: ZoneInfo, column: str) -> Any:
    """The value as it is stored (leads.custom_attributes). Raises Refusal when it does not fit."""
    if kind == Kind.NUMBER:
        amount = values.number(text)
        if amount is not None and abs(amount) <= 10**15:
            return int(amount) if amount == amount.to_integral_value() else float(amount)
    elif kind == Kind.YES_NO:
        answer = values.yes_no(text)
        if answer is not None:
            return answer
    elif kind == Kind.DATE:
        return values.local_date(text, formats=formats, zone=zone, column=column).isoformat()
    elif kind == Kind.LIST:
        return list(dict.fromkeys(part.strip()[:80] for part in text.split(";") if part.strip()))[:50]
    else:
        return values.limited(text, LONGEST_TEXT, column=column)
    raise Refusal("wrong_value", f"{column}: {text[:60]!r} is not a {kind.replace('_', ' or ')}.")
