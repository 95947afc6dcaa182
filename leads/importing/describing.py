"""What is known of a file and of what importing it did or would do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leads.models import ImportRun

OUTCOMES = ("created", "updated", "merged", "refused")
BESIDES = ("companies", "companies_new", "cycles", "second_cycles", "stages", "touches", "deals")


@dataclass(frozen=True, slots=True)
class Column:
    """`filled`: 0–1. `distinct`: None = more than 200. `values`: {text: lines} of a column with few."""

    name: str
    examples: list[str]
    filled: float
    distinct: int | None
    values: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class File:
    """`size`: bytes. `rows`: without the header. `refused`: why it is not for importing, "" when it is."""

    name: str
    size: int
    format: str
    encoding: str
    delimiter: str
    header_line: int
    rows: int
    mode: str
    refused: str
    columns: list[Column] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counts:
    """read = created + updated + merged + refused; `besides`: companies, cycles, stages, touches, deals."""

    read: int
    created: int
    updated: int
    merged: int
    refused: int
    besides: dict[str, int]

    @property
    def adds_up(self) -> bool:
        return self.read == self.created + self.updated + self.merged + self.refused


def describe(run: ImportRun) -> File:
    facts: Mapping[str, Any] = run.facts
    return File(
        run.name, run.size, facts.get("format", ""), facts.get("encoding", ""), facts.get("delimiter", ""),
        facts.get("header_line", 1), facts.get("rows", 0), run.mode, facts.get("refused", ""),
        [Column(c["name"], c["examples"], c["filled"], c["distinct"], c["values"]) for c in facts.get("columns", [])],
    )  # fmt: skip


def summary(run: ImportRun, *, rehearsed: bool) -> Counts:
    found = (run.rehearsal or {}) if rehearsed else run.counts
    return Counts(*(int(found.get(name, 0)) for name in ("read", *OUTCOMES)),
                  besides={name: int(found[name]) for name in BESIDES if name in found})  # fmt: skip
