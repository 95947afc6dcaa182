"""A file with its map in one go, for commands: upload, match, import."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from leads.importing import mapping, maps, running, uploading
from leads.importing.describing import OUTCOMES
from leads.models import ImportRun, ImportState
from revops.lib.errors import Invalid
from teams.models import User


@dataclass(slots=True)
class Report:
    """`counts`: read and the four outcomes. `refusals`: [{line, code, detail}]. `flags`: {flag: leads or deals}."""

    run: int = 0
    file: str = ""
    map: str = ""
    counts: Counter = field(default_factory=lambda: Counter({"read": 0, **dict.fromkeys(OUTCOMES, 0)}))
    refusals: list[dict[str, Any]] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    attributes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"run": self.run, "file": self.file, "map": self.map, **self.counts,
                "refusals": sorted(self.refusals, key=lambda r: r["line"]), "flags": self.flags,
                "attributes": self.attributes}  # fmt: skip


def import_file(path: Path, map_path: Path, *, by: User | None, now: datetime) -> Report:
    """Take a file in. Each lot commits by itself, so a second run after a failure joins what is there.

    Raises Invalid when the map or the file as a whole makes no sense; single lines are refused in the report.
    """
    chart, told = maps.read(map_path)
    with transaction.atomic():
        try:
            with path.open("rb") as file:
                run = uploading.upload(file, name=path.name, by=None, at=now, at_once=True)
        except OSError as error:
            raise Invalid(f"{path} cannot be read: {error.strerror}.", code="bad_file") from None
        if run.state == ImportState.FAILED:
            raise Invalid(run.trouble, code="bad_file")
        for name in ("encoding", "delimiter"):
            if getattr(chart, name):
                run.facts[name] = getattr(chart, name)
        run.by, run.map_name = by, chart.name[:200]
        run.save()
        run = mapping.set_mapping(run, told, by=None, at=now, named=chart.name[:200])
    run = running.start(run, by=by, at=now, at_once=True)
    if run.state == ImportState.FAILED:
        raise Invalid(run.trouble, code="failed")
    return _report(run)


def _report(run: ImportRun) -> Report:
    flags = dict(run.flags)
    refused = run.problems.filter(rehearsed=False, outcome="refused").order_by("line")
    return Report(
        run.pk, run.name, run.map_name, Counter({name: run.counts[name] for name in ("read", *OUTCOMES)}),
        [{"line": line, "code": code, "detail": detail} for line, code, detail in
         refused.values_list("line", "code", "detail")],
        {name: count for name, count in flags.items() if name != "attributes"}, list(flags.get("attributes", [])),
    )  # fmt: skip
