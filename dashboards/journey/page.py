"""The journey, put together from one sheet: phases with what happened in them, and where we go silent."""

from math import inf
from typing import Any

from django.db import connection

from dashboards import told
from dashboards.kpis import say
from dashboards.kpis.base import Slice
from dashboards.kpis.grouped import by_owner
from dashboards.kpis.journey import PAIRS, PHASES, SIDES, known_limits
from dashboards.kpis.scan import only, source_of
from dashboards.sheet import Sheet
from revops.lib import words
from teams.models import User

MOST_CONTENT = 4  # names of a phase
MEANS = {
    "awareness": "came in, not handed over yet", "education": "handed over, waits for sales",
    "evaluation": "accepted, sales qualifies", "decision": "there is a deal",
    "onboarding": "won, until the first value",
}  # fmt: skip


def context(sheet: Sheet) -> dict[str, Any]:
    silent = sheet.answer("dead-zones")
    return {
        "phases": phases(sheet),
        "content": content(sheet),
        "zones": told.card(sheet, silent) | {
            "href": told.rows_href(sheet, "dead-zones", part="silent"),
            "median": say.days(silent.found.now.spread("gap").median),
            "interval": told.interval_words(silent.figure),
            "hits": silent.figure.hits or 0,
            "still": silent.found.now.n("still"), "still_href": told.rows_href(sheet, "dead-zones", part="still"),
            "handed": silent.found.now.n("handed"),
            "handed_href": told.rows_href(sheet, "dead-zones", part="handed"),
        },
        "pairs": pairs(sheet, silent.found.now),
        "owners": owners(sheet),
        "limits": known_limits(sheet),
        "definition": silent.kpi.definition,
        "csv_href": told.csv_href(sheet, "dead-zones"),
        "touches_csv": told.csv_href(sheet, "contacts"),
        "phases_csv": told.csv_href(sheet, "phases"),
    }  # fmt: skip


def phases(sheet: Sheet) -> dict[str, Any]:
    """One column a phase; bars against the longest median and the busiest side."""
    entered, spoken = sheet.answer("phases"), sheet.answer("contacts")
    days, touches = entered.found.now, spoken.found.now
    most = max((touches.n(f"{phase}.{side}") for phase in PHASES for side in SIDES), default=0) or 1
    rows = []
    for phase, name in PHASES.items():
        spread = days.spread(phase)
        small = 0 < spread.n < 20
        rows.append({
            "key": phase, "name": name, "means": MEANS[phase], "n": days.n(phase), "inside": days.n(f"{phase}.in"),
            "href": told.rows_href(sheet, "phases", part=phase),
            "inside_href": told.rows_href(sheet, "phases", part=f"{phase}.in"),
            "median": _days(spread.median), "p90": _days(spread.p90), "small": small,
            "sides": [
                {"name": label, "n": (n := touches.n(f"{phase}.{side}")), "share": round(n / most, 4),
                 "href": told.rows_href(sheet, "contacts", part=f"{phase}.{side}"), "side": side}
                for side, label in SIDES.items()
            ],
            "content": touches.n(f"{phase}.content"),
            "content_href": told.rows_href(sheet, "contacts", part=f"{phase}.content"),
        })  # fmt: skip
    said = ", ".join(f"{row['name'].lower()} {words.number(row['n'])}" for row in rows)
    return {"rows": rows, "finding": f"Leads by phase: {said}", "definition": entered.kpi.definition,
            "touches": spoken.kpi.definition}  # fmt: skip


def content(sheet: Sheet) -> dict[str, dict[str, Any]]:
    """{phase: the content used most and how many more there were}; one statement."""
    return sheet.once("journey content", lambda: _content(sheet))


def _content(sheet: Sheet) -> dict[str, dict[str, Any]]:
    kpi = sheet.answer("contacts").kpi
    only_text, params = only(kpi.population, sheet.filters, sheet.owners)
    window, _ = sheet.windows(kpi.population)
    text, bound = source_of(kpi.population, window, "now", only_text)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT phase, asset, n, assets FROM (
                  SELECT phase, asset, count(*) AS n, count(*) OVER (PARTITION BY phase) AS assets,
                         row_number() OVER (PARTITION BY phase ORDER BY count(*) DESC, asset) AS place
                    FROM ({text}) p WHERE with_content GROUP BY phase, asset) a
                 WHERE place <= %(most)s ORDER BY phase, place""",
            params | bound | {"most": MOST_CONTENT},
        )
        rows = cursor.fetchall()
    found: dict[str, dict[str, Any]] = {}
    for phase, asset, n, assets in rows:
        one = found.setdefault(phase, {"used": [], "more": assets})
        one["used"].append({"name": asset, "n": n})
        one["more"] -= 1
    return found


def pairs(sheet: Sheet, piece: Slice) -> list[dict[str, Any]]:
    """Between which stages the silences lie, most leads first."""
    silent = piece.n("silent")
    rows = [
        {
            "name": name, "n": n, "share": round(n / silent, 4), "text": words.fraction(n, silent),
            "median": say.days(piece.spread(f"pair.{pair}").median),
            "href": told.rows_href(sheet, "dead-zones", part=f"pair.{pair}"),
        }
        for pair, name in PAIRS.items() if (n := piece.n(f"pair.{pair}"))
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["n"], row["name"]))


def owners(sheet: Sheet) -> list[dict[str, Any]]:
    """Whose leads heard nothing, by name: this is no ranking of people."""
    found = sheet.once("journey owners", lambda: by_owner(sheet, sheet.answer("dead-zones").kpi))
    names = dict(User.objects.filter(pk__in=[pk for pk in found if pk]).values_list("id", "name"))
    rows = [
        {
            "name": names.get(pk, "No owner") if pk else "No owner", "n": piece.n("silent"), "of": piece.n("all"),
            "text": words.fraction(piece.n("silent"), piece.n("all")),
            "median": say.days(piece.spread("gap").median),
            "href": told.rows_href(sheet, "dead-zones", part="silent", owner=pk) if pk else "",
        }
        for pk, piece in found.items() if piece.n("silent")
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["href"] == "", row["name"]))


def _days(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return "not reached" if seconds == inf else f"{say.days(seconds / 86_400)} d"
