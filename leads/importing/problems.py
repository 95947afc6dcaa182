"""Lines that were not taken, and the file to fix them in."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Min

from leads.importing import reading
from leads.importing.analysing import ERROR_COLUMNS
from leads.importing.reading import Refusal
from leads.models import ImportProblem, ImportRun
from revops.lib import csv_file


@dataclass(frozen=True, slots=True)
class Kind:
    """Lines with the same problem. `outcome`: refused, merged or kept. `sample`: what the first of them says."""

    code: str
    outcome: str
    count: int
    first_line: int
    sample: str


def by_kind(run: ImportRun, *, rehearsed: bool) -> list[Kind]:
    """Refused ones first, then by number."""
    found = (
        run.problems.filter(rehearsed=rehearsed)
        .values("code", "outcome")
        .annotate(count=Count("id"), first=Min("line"), sample=Min("detail"))
    )
    kinds = [Kind(row["code"], row["outcome"], row["count"], row["first"], row["sample"]) for row in found]
    return sorted(kinds, key=lambda kind: (kind.outcome != "refused", -kind.count, kind.code))


def first(run: ImportRun, *, rehearsed: bool, code: str | None = None, limit: int = 100) -> list[ImportProblem]:
    """The first lines with a problem, in the file's order."""
    found = run.problems.filter(rehearsed=rehearsed)
    if code is not None:
        found = found.filter(code=code)
    return list(found.order_by("line", "id")[:limit])


def error_file(run: ImportRun, *, rehearsed: bool = False) -> tuple[list[str], Iterator[list[str]]]:
    """(header, rows) of the refused lines with the reason in front, for `csv_file.answer`: to fix and upload again."""
    names = [column["name"] for column in run.facts.get("columns") or []]
    kept = [n for n, name in enumerate(names) if name not in ERROR_COLUMNS]
    return [*ERROR_COLUMNS, *(names[n] for n in kept)], _refused(run, names, kept, rehearsed)


def _refused(run: ImportRun, names: list[str], kept: list[int], rehearsed: bool) -> Iterator[list[str]]:
    problems = run.problems.filter(rehearsed=rehearsed, outcome="refused").order_by("line")
    why = {problem.line: problem.detail for problem in problems.iterator(5_000)}
    if not why:
        return
    if not run.chunks.exists():
        # The file went with somebody who was erased: what is left to tell is where and why.
        yield from ([detail, str(line), str(run.pk), *("" for _ in kept)] for line, detail in why.items())
        return
    records = reading.records(run)
    next(records, None)
    for line, cells in records:
        if line not in why:
            continue
        raw = [] if isinstance(cells, Refusal) else [reading.UNSTORABLE.sub("\ufffd", cell) for cell in cells]
        if run.corrects_id:
            raw = [csv_file.plain(cell) for cell in raw]
        yield [why[line], str(line), str(run.pk), *(raw[n] if n < len(raw) else "" for n in kept)]
