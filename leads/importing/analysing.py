"""What is in a file: one look through all of it, then the best guess of what its columns mean."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from leads.importing import detecting, presets, reading
from leads.importing.reading import Refusal
from leads.models import ImportRun, ImportState
from revops.lib.errors import DomainError, Invalid
from revops.lib.now import now
from revops.lib.runs import hand_over

LOT = 5_000
MOST_VALUES = 200  # distinct ones of a column; what has more is no list to choose from
KEPT_VALUES = 60
LONGEST_VALUE = 80
EXAMPLES = 3
ERROR_COLUMNS = ("Problem", "Line", "Import")  # what the error file adds in front


def send(run_id: int) -> None:
    from leads.tasks import analyse_import  # tasks name this module

    hand_over(analyse_import, run_id)


def work(run_id: int) -> None:
    """A worker's part."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state == ImportState.UPLOADED and not run.stop:
            analyse(run, at=now())


def analyse(run: ImportRun, *, at: datetime) -> None:
    """Fill in `facts` and the mapping a preset suggests. Must be inside a transaction; what is no table fails the run
    with a sentence."""
    try:
        run.facts = _facts(run)
        _match(run)
    except DomainError as error:
        run.state, run.trouble, run.finished_at = ImportState.FAILED, error.detail[:400], at
    else:
        run.state = ImportState.ANALYSED
    run.changed_at = run.beat_at = at
    run.phase = ""
    run.save()


def _facts(run: ImportRun) -> dict[str, Any]:
    first = next(reading.pieces(run.pk))
    facts: dict[str, Any] = {"header_line": 1}
    if first.startswith(b"PK\x03\x04"):
        facts["format"] = "xlsx"
    else:
        name = detecting.encoding(reading.pieces(run.pk))
        sample = first[: detecting.SAMPLE].decode(name, errors="replace")
        odd = sum(1 for sign in sample if sign < " " and sign not in "\t\r\n\f\x1f")
        if odd > len(sample) // 100 + 1:
            raise Invalid("This is no table but something for programs. Upload a CSV file or a workbook.",
                          code="not_a_table")  # fmt: skip
        found = detecting.layout(sample, name)
        facts |= {"format": "csv", "encoding": name, "delimiter": found.delimiter, "header_line": found.header_line}
    run.facts = facts
    records = reading.records(run)
    with closing(records):
        line, cells = next(records, (0, None))
        if cells is None:
            raise Invalid("The file is empty.", code="empty")
        if isinstance(cells, Refusal):
            raise Invalid(f"The header cannot be read: {cells.detail}", code="bad_file")
        facts["header_line"] = line
        names = reading.column_names(cells)
        if not any(names):
            raise Invalid("The first line has no names of columns.", code="bad_file")
        if detecting.looks_like_data(cells):
            facts["refused"] = "The first line looks like data, not like names of columns. Add a header line."
        counted = _count(records, names)
    facts |= counted
    if not facts["rows"]:
        facts["refused"] = "There is a header and no line below it, so there is nothing to import."
    if run.corrects is None:
        run.corrects = _original(names, facts)
    return facts


def _count(records: Iterator[reading.Record], names: Sequence[str]) -> dict[str, Any]:
    """{rows, columns: [{name, examples, filled, distinct, values}], dates, dates_open}."""
    width = len(names)
    values: list[Counter[str] | None] = [Counter() for _ in names]
    filled, samples = [0] * width, [[] for _ in names]  # type: ignore[var-annotated]
    rows = 0
    while lot := list(islice(records, LOT)):
        rows += len(lot)
        if rows > reading.MOST_ROWS:
            raise Invalid(
                f"The file has more than {reading.MOST_ROWS:,} rows. Split it, each part with the header line.",
                code="too_big",
            )
        whole = [cells for _, cells in lot if not isinstance(cells, Refusal) and len(cells) >= width]
        for n, column in enumerate(zip(*whole, strict=False)):
            if n >= width:
                break
            cells = [cell for cell in map(str.strip, column) if cell]
            filled[n] += len(cells)
            seen = values[n]
            if len(samples[n]) < MOST_VALUES:
                samples[n] = list(dict.fromkeys([*samples[n], *(clean(cell) for cell in cells[:MOST_VALUES])]))
            if seen is not None:
                seen.update(cells)
                if len(seen) > MOST_VALUES:
                    values[n] = None
    forms, either = detecting.dates([sample[:MOST_VALUES] for sample in samples])
    columns = []
    for n, name in enumerate(names):
        seen = values[n]
        short = seen is not None and len(seen) <= KEPT_VALUES and all(len(text) <= LONGEST_VALUE for text in seen)
        columns.append({
            "name": name, "examples": [text[:60] for text in samples[n][:EXAMPLES]],
            "filled": round(filled[n] / rows, 4) if rows else 0.0, "distinct": len(seen) if seen is not None else None,
            "values": {clean(text): count for text, count in seen.most_common()} if short and seen else None,
        })  # fmt: skip
    return {"rows": rows, "columns": columns, "dates": forms, "dates_open": either}


def clean(text: str) -> str:
    """What a page and JSON can hold."""
    return reading.UNSTORABLE.sub("\ufffd", text)


def _original(names: Sequence[str], facts: dict[str, Any]) -> ImportRun | None:
    """The import an error file belongs to, by the columns that the file got in front."""
    if tuple(names[: len(ERROR_COLUMNS)]) != ERROR_COLUMNS:
        return None
    told = next(iter(facts["columns"][2]["examples"]), "")
    if not re.fullmatch(r"[0-9]{1,15}", told):
        return None
    found = ImportRun.objects.filter(pk=int(told)).first()
    before = [column["name"] for column in (found.facts.get("columns") or [])] if found else []
    theirs = [name for name in before if name not in ERROR_COLUMNS]
    return found if theirs and theirs == list(names[len(ERROR_COLUMNS) :]) else None


def _match(run: ImportRun) -> None:
    """A corrected file keeps its import's mapping; others get that of the preset that knows most of the columns."""
    names = [column["name"] for column in run.facts["columns"]]
    if run.corrects is not None:
        run.mapping = {**run.corrects.mapping, "ignore": [*run.corrects.mapping.get("ignore", []), *ERROR_COLUMNS]}
        run.map_name, run.mode = run.corrects.map_name, run.corrects.mode
        return
    why = presets.not_for_import(names)
    if why:
        run.facts["refused"] = why
        run.mapping = {"kind": "leads", "source": presets.source_of(run.name), "dates": run.facts["dates"] or ["iso"]}
        return
    best = next(iter(presets.suggest(run)), None)
    if best is not None:
        run.mapping, run.map_name = presets.mapping_of(best.key, run), best.name
        return
    run.mapping = {"kind": "leads", "source": presets.source_of(run.name), "dates": run.facts["dates"] or ["iso"]}
    if not run.facts.get("refused"):
        run.facts["refused"] = (
            "No column tells people, companies or deals apart: there is no e-mail, phone, id or company name that we "
            "know. Say below what the columns are, if there is one."
        )


