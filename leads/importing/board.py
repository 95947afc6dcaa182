"""What the pages of an import show: steps, words about the file, counts that add up, how far it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leads.importing import problem_words, running, undoing
from leads.models import ImportProblem, ImportRun
from leads.models.importing import ImportMode, ImportState
from revops.lib import bulk, words

S = ImportState
# What a line makes when it makes something, by the kind of its file.
CREATED = {
    "leads": ("person and lead", "people and leads"),
    "companies": ("company", "companies"),
    "deals": ("deal", "deals"),
    "lead_history": ("cycle", "cycles"),
    "deal_history": ("stage of a deal", "stages of deals"),
}
WAIT_MOST = 5.0
MODES = {
    ImportMode.HISTORY: "history mode: clocks are computed for reports, nobody is notified",
    ImportMode.LIVE: "live mode: leads are routed, clocks start, people are told",
}
PHASES = {
    "analyse": "Reading the file",
    "rehearse": "Dry run",
    "import": "Importing",
    "finish": "Computing scores and clocks",
    "undo": "Undoing",
}
ENDED = (S.DONE, S.CANCELLED, S.FAILED, S.UNDONE)
NAMES = ("", "upload", "columns", "dry-run", "progress", "done")
ABOUT_ENCODING = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret"}


def address(run: ImportRun, what: str = "") -> str:
    return f"/intake/imports/{run.pk}/{what}{'/' if what and '.' not in what else ''}"


def step_of(run: ImportRun) -> int:
    """Where it stands, 2 to 5: what the bare address of the import opens."""
    if run.state in ENDED:
        return 5 if run.started_at or run.state == S.UNDONE else 3 if run.rehearsed_at or run.phase == "rehearse" else 2
    return {S.REHEARSING: 3, S.REHEARSED: 3, S.RUNNING: 4, S.UNDOING: 5}.get(S(run.state), 2)


def steps(run: ImportRun | None, here: int) -> list[dict[str, Any]]:
    """For _steps.html. The present one says what goes on; those that can be looked at again are links."""
    stands = step_of(run) if run else 1
    running = run is not None and run.state == S.RUNNING
    undone = run is not None and run.state in (S.UNDONE, S.UNDOING)
    named = ["Upload", "Match columns", "Dry run", "Import, running" if running else "Import",
             {True: "Undone", False: "Done, undo for 30 days"}[undone]]  # fmt: skip
    shown = []
    for number, word in enumerate(named, 1):
        open_to = run is not None and 1 < number <= stands and (number != 4 or stands == 4 or bool(run.started_at))
        shown.append(
            {
                "number": number,
                "word": word,
                "current": number == here,
                "done": number < stands or (number == 5 and run is not None and run.state in (S.DONE, S.UNDONE)),
                "stopped": number == stands and run is not None and run.state in (S.CANCELLED, S.FAILED),
                "href": address(run, NAMES[number]) if run and open_to and number != here else "",
            }
        )
    return shown


def about(run: ImportRun) -> str:
    """`contacts.csv · 48,210 rows · 21 MB · UTF-8, comma, header in line 1`."""
    facts = run.facts or {}
    parts = [run.name]
    if facts.get("rows") is not None:
        parts.append(words.plural(facts["rows"], "row"))
    if run.size:
        parts.append(megabytes(run.size))
    read = []
    if facts.get("format") == "xlsx":
        read.append("XLSX")
    elif facts.get("encoding"):
        code = str(facts["encoding"]).lower().replace("_", "-")
        read.append(ABOUT_ENCODING.get(code, code.upper()))
        if facts.get("delimiter"):
            read.append(SEPARATORS.get(facts["delimiter"], facts["delimiter"]))
    if facts.get("header_line"):
        read.append(f"header in line {words.number(facts['header_line'])}")
    return " · ".join([*parts, ", ".join(read)] if read else parts)


def megabytes(size: int) -> str:
    if size < 1_000_000:
        return f"{max(1, round(size / 1000)):,} kB"
    return f"{size / 1_000_000:,.{0 if size >= 10_000_000 else 1}f} MB"


def row(run: ImportRun, now: datetime) -> dict[str, Any]:
    """A line of the list: {at, state, tone, counts, why_not, undo_until}. Counts are n/a before the dry run."""
    counts = run.counts or {}
    names = ("read", "created", "updated", "merged", "refused")
    tones = {S.DONE: "ok", S.FAILED: "late", S.RUNNING: "accent", S.UNDOING: "accent", S.REHEARSING: "accent"}
    return {
        "at": run.finished_at or run.started_at or run.uploaded_at,
        "state": S(run.state).label if run.state in S.values else run.state,
        "tone": tones.get(S(run.state), "") if run.state in S.values else "",
        "counts": [{"label": name.capitalize(), "value": counts.get(name)} for name in names],
        "why_not": "" if counts else "not imported yet",
        "undo_until": undo_until(run, now),
    }


def times_asked(text: str | None) -> int:
    """How often a progress fragment asked already, from its address."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0


def counted(counts: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """{adds, brings, odd} for _counts.html: read = created + updated + merged + refused, and what comes with it."""
    got = {name: int(counts.get(name) or 0) for name in ("read", "created", "updated", "merged", "refused")}
    made = CREATED.get(kind, CREATED["leads"])[1].capitalize()
    adds = [
        {"label": f"{made} created", "value": words.number(got["created"])},
        {"label": "Updated", "value": words.number(got["updated"])},
        {"label": "Merged or already here", "value": words.number(got["merged"])},
        {"label": "Refused", "value": words.number(got["refused"]), "kind": "neg" if got["refused"] else ""},
        {"label": "Read", "value": words.number(got["read"]), "kind": "sum"},
    ]  # fmt: skip
    brings = []
    for key, label, part, part_words in (
        ("companies", "Companies", "companies_new", "{} new"),
        ("cycles", "Lead cycles rebuilt", "second_cycles", "second cycles: {}"),
        ("stages", "Stage entries dated", "", ""),
        ("touches", "Touches", "", ""),
        ("deals", "Deals", "", ""),
    ):
        if counts.get(key) is not None and (counts[key] or key != "deals"):
            several = counts.get(part) if part else None
            note = part_words.format(words.number(several)) if several else ""
            brings.append({"label": label, "note": note, "value": words.number(counts[key])})
    lines = got["created"] + got["updated"] + got["merged"] + got["refused"]
    return {
        "adds": adds,
        "brings": brings,
        "odd": "" if lines == got["read"] else f"it does not add up: {words.number(lines)}",
    }


def working(run: ImportRun, now: datetime, *, asked: int = 0) -> dict[str, Any]:
    """For _working.html. Rate and time left come after three seconds of samples; the page asks less often as it waits:
    `asked` is how often it did."""
    rate, left = pace(run, now)
    note = MODES[ImportMode(run.mode)] if run.state == S.RUNNING else ""
    leave = {
        S.RUNNING: "You may leave; it goes on. Cancelling stops after the current lot and keeps or undoes what is in, "
        "as you choose.",
        S.UNDOING: "You may leave; it goes on. Everything is taken back at once, or nothing.",
    }.get(S(run.state), "You may leave; it goes on. Nothing is changed by it.")
    if run.beat_at and running.progress(run, now).silent:
        leave = "Its worker has said nothing for a minute; another one takes it up where it stopped."
    return {
        "label": PHASES.get(run.phase) or (S(run.state).label if run.state in S.values else "Working"),
        "note": note,
        "done": run.done,
        "total": run.total,
        "rate": f"{words.number(rate)} rows/s" if rate else "",
        "left": f"{left} left" if left else "",
        "wait": f"{min(WAIT_MOST, 1 + asked * 0.2):.1f}",
        "again": f"{address(run, NAMES[step_of(run)])}?asked={asked + 1}",
        "leave": leave,
    }


def pace(run: ImportRun, now: datetime) -> tuple[int, str]:
    """(rows a second, time left) of the phase at work; nothing before three seconds of it."""
    if run.phase_at is None or (now - run.phase_at).total_seconds() < 3:
        return 0, ""
    found = running.progress(run, now)
    left = found.seconds_left or 0
    return round(found.rate), words.span(left) if left >= 1 else ""


def problems(run: ImportRun, *, rehearsed: bool) -> list[dict[str, Any]]:
    """By kind: refused ones first, then what was merged or kept with a remark; the most first."""
    rows = bulk.query(
        f"""SELECT outcome, code, count(*), (array_agg(line ORDER BY line))[1:3], min(detail)
              FROM {ImportProblem._meta.db_table} WHERE run_id = %s AND rehearsed = %s
             GROUP BY outcome, code ORDER BY (outcome <> 'refused'), 3 DESC, code""",
        [run.pk, rehearsed],
    )
    where = "" if rehearsed else "?of=import"
    return [
        {
            "code": code,
            "count": count,
            "title": problem_words.title(code),
            "detail": problem_words.detail(code, sample),
            "outcome": outcome,
            "tone": "late" if outcome == "refused" else "",
            "lines": problem_words.lines(first, count),
            "href": f"{address(run, f'problems/{code}')}{where}",
        }
        for outcome, code, count, first, sample in rows
    ]


def undo_until(run: ImportRun, now: datetime) -> datetime | None:
    """Until when it can be undone; None: it cannot any more, or there is nothing to undo."""
    return run.work.until if run.work and undoing.undoable(run, now) else None
