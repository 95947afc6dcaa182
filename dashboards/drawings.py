"""Server-drawn rows: the funnel's bars and the velocity bars, as percentages for SVG attributes, so that bars stretch
and words do not."""

from math import inf
from typing import Any

from dashboards.kpis import deal_stages, say, stages
from dashboards.sheet import Sheet
from dashboards.told import csv_href, kpi_href, rows_href
from revops.lib import words

WORD = 15  # per cent of a bar's width that a word needs
FILL = {"inquiry": "f-mql", "mql": "f-sal", "sal": "f-sql", "sql": "f-opportunity", "opportunity": "f-won"}
ROOM = 74  # velocity: the longest whisker; the rest is for its words


def funnel(sheet: Sheet) -> dict[str, Any]:
    """One row a step: {label, entered, reached, open, left, rate, fill, pieces: [{kind, x, width, n, word, href}]}."""
    answer = sheet.answer("funnel")
    rows = []
    for step in stages.steps(answer.found.now):
        code = step["step"]
        hrefs = {
            "reached": rows_href(sheet, "funnel", part=step["to"]),
            "open": rows_href(sheet, "funnel", part=f"{code}.open"),
            "left": rows_href(sheet, "funnel", part=f"{code}.left"),
        }
        rows.append(_step(step, hrefs, rows_href(sheet, "funnel", part=code), FILL[code]))
    return {
        "rows": rows, "finding": _funnel_finding(rows), "answer": answer, "note": maturity(sheet),
        "says": f"Leads that came in {sheet.filters.words}, and how far they have got.", "reaches": "the next stage",
        "csv_href": csv_href(sheet, "funnel"),
    }  # fmt: skip


def deal_funnel(sheet: Sheet) -> dict[str, Any]:
    """The same of deals, one row a stage of the pipeline they entered in the period."""
    answer = sheet.answer("deal-funnel")
    rows = []
    for step in deal_stages.steps(answer.found.now):
        parts = {"reached": "on", "open": "open", "left": "lost"}
        hrefs = {k: rows_href(sheet, "deal-funnel", part=f"{step['part']}.{part}") for k, part in parts.items()}
        rows.append(_step(
            step | {"reached": step["on"], "left": step["lost"]}, hrefs,
            rows_href(sheet, "deal-funnel", part=step["part"]), "f-opportunity",
        ))  # fmt: skip
    said = ", ".join(f"{words.number(row['reached'])} of {words.number(row['entered'])} on from {row['label']}"
                     for row in rows)  # fmt: skip
    return {
        "rows": rows, "answer": answer, "note": "", "reaches": "the next stage or the win", "na": answer.figure.na,
        "finding": f"Deals by stage: {said}" if rows else "No deal entered a stage in this period",
        "says": f"Deals that entered the stage {sheet.filters.words}, each once.",
        "csv_href": csv_href(sheet, "deal-funnel"),
    }  # fmt: skip


def _step(step: dict[str, Any], hrefs: dict[str, str], entered_href: str, fill: str) -> dict[str, Any]:
    """A 100% row: reached, still open, left."""
    total, x, pieces = step["entered"], 0.0, []
    for kind, href in hrefs.items():
        width = 100 * step[kind] / total if total else 0.0
        word = "" if kind == "reached" or width < WORD else words.number(step[kind])
        pieces.append({
            "kind": kind, "x": _n(x), "width": _n(width), "middle": _n(x + width / 2), "n": step[kind], "href": href,
            "word": f"{word} open" if word and kind == "open" else word,
        })  # fmt: skip
        x += width
    small = 0 < total < 20
    return step | {
        "fill": fill, "pieces": pieces, "hrefs": hrefs, "entered_href": entered_href, "small": small,
        "rate_text": "n/a" if step["rate"] is None else "few" if small else words.share(say.exact(step["rate"], 9)),
        "resolved_text": words.share(say.exact(step["resolved"], 9)) if step["resolved"] is not None else "n/a",
    }  # fmt: skip


def maturity(sheet: Sheet) -> str:
    """How far the later steps can still grow: the share of these leads younger than a deal takes."""
    cycle = sheet.answer("sales-cycle").figure.value
    arrivals = sheet.answer("funnel").found.now
    total, still = arrivals.n("inquiry"), arrivals.n("open")
    if not total:
        return ""
    share = words.share(say.exact(still / total, 9), 0)
    if cycle is None:
        return f"{share} of these leads are still open, so the later steps may still grow."
    return f"A deal takes {say.days(cycle)} days and {share} of these leads are open: the later steps will still grow."


def stock(sheet: Sheet) -> dict[str, Any]:
    """One bar a stage, its age bands from light to dark; lengths against the largest stage."""
    answer = sheet.answer("stock")
    found = stages.stock_rows(answer.found.now)
    longest = max((row["n"] for row in found), default=0)
    for row in found:
        x = 0.0
        row["href"] = rows_href(sheet, "stock", part=row["stage"])
        for number, age in enumerate(row["ages"], 1):
            width = 100 * age["n"] / longest if longest else 0.0
            href = rows_href(sheet, "stock", part=f"{row['stage']}.{age['key']}")
            age |= {"x": _n(x), "width": _n(width), "href": href, "fill": f"a{number}"}
            x += width
    finding = "Open leads: " + ", ".join(f"{words.number(row['n'])} {row['label']}" for row in found)
    return {
        "rows": found, "finding": finding, "answer": answer, "ages": stages.AGES, "csv_href": csv_href(sheet, "stock"),
    }  # fmt: skip


def velocity(sheet: Sheet) -> dict[str, Any]:
    """Bars of the median with a whisker to the p90, in days; the deal's own step is the sales cycle."""
    rows = stages.velocity_rows(sheet.answer("stage-velocity").found.now)
    for row in rows:
        row["href"] = rows_href(sheet, "stage-velocity", part=row["step"])
    won = sheet.answer("sales-cycle").found.now.spread("won")
    rows.append({
        "step": "deal-won", "label": "Deal → won", "n": won.n, "median": won.median, "p90": won.p90,
        "href": rows_href(sheet, "sales-cycle", part="won"),
    })  # fmt: skip
    known = [row for row in rows if row["n"]]
    reach = max((row["p90"] for row in known if row["p90"] != inf), default=0) or 1
    for row in known:
        width, end = ROOM * row["median"] / reach, ROOM * row["p90"] / reach
        row |= {
            "width": _n(width), "whisker": _n(end - width), "end": _n(end), "small": row["n"] < 20,
            "median_text": say.days(row["median"]), "p90_text": say.days(row["p90"]),
        }  # fmt: skip
    finding = "No lead moved on in this period"
    if known:
        slow = max(known, key=lambda row: row["median"])
        finding = f"{slow['label']} takes longest: a median of {slow['median_text']} days, p90 {slow['p90_text']}"
    moves = sheet.answer("stage-velocity").kpi
    return {
        "rows": rows, "finding": finding, "definition": moves.definition, "csv_href": csv_href(sheet, moves.key),
        "waiting_href": kpi_href(sheet, "time-in-stage"),
    }  # fmt: skip


def _n(value: float) -> float:
    return round(value, 2)


def _funnel_finding(rows: list[dict]) -> str:
    if not rows[0]["entered"]:
        return "No lead came in in this period"
    counts = [f"{words.number(rows[0]['entered'])} inquiries"]
    counts += [f"{words.number(row['reached'])} {stages.LABELS[row['to']]}" for row in rows]
    return "Cohort funnel: " + ", ".join(counts)
