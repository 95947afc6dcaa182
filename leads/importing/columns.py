"""The table of columns as step 2 and 3 show it: what each becomes, what is in it, what has to be said about it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from leads.importing import choices, mapping
from leads.models import ImportRun
from revops.lib import words

KEYS = {"person.external_id": "external_id", "person.email": "email", "person.phone": "phone"}
SHOWN = 2
LONGEST = 26
DOMAIN = re.compile(r"@\S+")  # addresses on a screen others can see: enough to know the column by


def columns_of(
    run: ImportRun,
    chosen: Mapping[str, str] | None,
    decisions: Sequence[Any],
    wrong: Mapping[str, str],
) -> list[dict[str, Any]]:
    """In the file's order: {n, name, examples, target, label, out, note, warns, filled, error}. `chosen`: targets that
    are not kept yet; `wrong`: {column: what is wrong with its choice}."""
    facts = run.facts.get("columns") or []
    names = [column["name"] for column in facts]
    everything = choices.all_targets(run.mapping, names)
    open_values: dict[str, int] = {}
    for one in decisions:
        open_values[one["column"]] = open_values.get(one["column"], 0) + 1
    shown = []
    for n, column in enumerate(facts):
        name = column["name"]
        found = everything[name]
        target = (chosen or {}).get(name, (found or [choices.NOT])[0])
        left = open_values.get(name, 0)
        shown.append(
            {
                "n": n,
                "name": name or "(no name)",
                "examples": _examples(column.get("examples") or []),
                "target": target,
                "label": choices.words(target),
                "out": target == choices.NOT,
                "note": _note(run, name, target, found),
                "decide": f"{words.plural(left, 'value')} to decide" if left else "",
                "filled": "100%" if (column.get("filled") or 0) >= 1 else words.share(column.get("filled") or 0),
                "error": wrong.get(name, ""),
            }
        )
    return shown


def _examples(texts: Sequence[str]) -> str:
    short = (DOMAIN.sub("@…", text) for text in texts[:SHOWN])
    return ", ".join(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for text in short)


def _note(run: ImportRun, name: str, target: str, found: Sequence[str]) -> str:
    said = run.mapping
    translated = (said.get("values") or {}).get(name) or {}
    parts = []
    identify = (said.get("person") or {}).get("identify") or ["external_id", "email", "phone"]
    if KEYS.get(target) in identify:
        parts.append("match key")
    elif target in ("company.name", "company.domain"):
        parts.append("matches the company")
    elif target.startswith("stage.at."):
        parts.append("rebuilds cycles")
    elif target == choices.RULES:
        parts.append("by the preset’s rules")
    if translated and target:
        parts.append(f"{words.plural(len(translated), 'value')} mapped")
    also = [choices.words(one) for one in found[1:]]
    if also and found[:1] == [target]:
        parts.append(f"also {', '.join(also)}")
    return " · ".join(parts)


def decisions_of(run: ImportRun) -> list[dict[str, Any]]:
    """For the card “To decide”: {n, column, value, shown, count, otherwise, choices}."""
    return [
        {
            "n": n,
            "column": one.column,
            "value": one.value,
            "shown": "Dates like 03/04/2026" if one.what == "dates" else f"“{one.value}”" if one.value else "empty",
            "count": one.count,
            "otherwise": f"not decided: {one.unless}",
            "choices": one.choices,
        }
        for n, one in enumerate(mapping.open_decisions(run))
    ]
