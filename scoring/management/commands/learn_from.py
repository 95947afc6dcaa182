"""`manage.py learn_from FILE --outcome COLUMN`: what a table of past rows teaches about one outcome, honestly."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from revops.lib import words
from revops.lib.errors import DomainError
from scoring.learning import lesson, table
from scoring.learning.lesson import Lesson

SHOWN = 12


class Command(BaseCommand):
    help = "Learn from any CSV: guards against leaks, fits on the older four fifths, judges on the newest fifth."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--outcome", required=True, help="The column that says what became of the row.")
        parser.add_argument("--positive", help="Its value that counts as yes; else yes/no, 1/0 and won/lost are read.")
        parser.add_argument(
            "--negative", action="append", default=[],
            help="Its values that count as no (repeat); rows with others are left out. None named: all others are no.",
        )  # fmt: skip
        parser.add_argument("--order", help="The column that says which row came first; else the order of the file.")
        parser.add_argument("--keep", action="append", default=[], help="Use this column though the guard would not.")
        parser.add_argument("--json", action="store_true", help="Print everything as JSON.")

    def handle(self, *, file: Path, outcome: str, **options: Any) -> None:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as broken:
            raise CommandError(f"{file} cannot be read: {broken}") from None
        try:
            rows = table.from_csv(
                text, outcome=outcome, positive=options["positive"], negative=options["negative"],
                order=options["order"],
            )  # fmt: skip
        except DomainError as refusal:
            raise CommandError(refusal.detail) from None
        found = lesson.learn(rows, keep=options["keep"])
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(told(found)))


def told(found: Lesson) -> list[str]:
    said = found.as_json()
    lines = [found.sentence]
    if found.careful is not None and found.careful.value is not None:
        lines.append(f"Without the suspicious columns: AUC {found.careful.said}.")
    lines.append(
        f"{words.number(said['rows'])} rows, {words.number(said['conversions'])} {said['outcome']}; learned from "
        f"{words.number(said['fitted'])}, tested on the newest {words.number(said['held'])}, split {said['split']}."
    )
    lines += [f"Left out: {words.number(n)} {why}." for why, n in said["left_out"].items()]
    lines += _block("Kept out of the learning:", [f"{one.label}: {one.said}" for one in found.excluded])
    doubtful = [f"{one.label}: {one.said}" for one in found.findings if not one.excluded]
    lines += _block("Kept, but look at them:", doubtful)
    lines += _block("Say nothing:", [f"{name} {why}" for name, why in said["unusable"].items()])
    lines += _block(
        "Calibration (expected, came, of):",
        [
            f"{words.share(band['expected'])} {words.share(band['observed'])} {band['n']} "
            f"(95% {words.share(band['low'])}–{words.share(band['high'])})"
            for band in said["bands"]
        ],
    )
    weights = [
        f"{one['label']} {one['level']} against {one['against']}: {words.signed(one['beta'], 2)} "
        f"({words.signed(one['low'], 2)} to {words.signed(one['high'], 2)}), {words.number(one['n'])} rows"
        for one in said["coefficients"][:SHOWN]
    ]
    return lines + _block("Associated with it, the surest first (log-odds):", weights)


def _block(head: str, lines: list[str]) -> list[str]:
    return ["", head, *(f"  {line}" for line in lines)] if lines else []
