"""What the attribution page shows, put together from one sheet. No number is made here."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dashboards import attribution, page, told
from dashboards.attribution import closing, drawing
from dashboards.attribution.asking import Asked, own_text
from dashboards.attribution.crediting import LEVELS, Line, Result
from dashboards.attribution.deals_of import NO_KEY
from dashboards.attribution.models_of import DRAWN, Model
from dashboards.attribution.reading import MAPPINGS, TEAMS
from dashboards.attribution.weights import split
from dashboards.filters import UNKNOWN
from dashboards.kpis import registry, say
from dashboards.sheet import Sheet
from marketing.models import Channel
from revops.lib import words

KPIS = ("attributed-revenue", "marketing-sourced-pipeline", "marketing-influenced-pipeline", "influenced-win-rate")
HERE = "/attribution/"


def context(sheet: Sheet, asked: Asked, show: Sequence[str]) -> dict[str, Any]:
    result = attribution.of(sheet, **asked.of())
    shown = [model for model in result.models if model.key in (show or DRAWN)] or result.drawn
    names = {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    n, amount = result.without
    return {
        "result": result, "asked": asked, "own": own_text(asked.own),
        "mappings": MAPPINGS.items(), "teams_of": TEAMS.items(), "kept_filters": told_filters(sheet),
        "filters": filters(sheet, names, asked),
        "levels": [
            {"href": here(sheet, asked, show, level=key), "label": label, "current": key == asked.level}
            for key, label in LEVELS.items()
        ],
        "drawing": drawing.drawing(result, shown=shown) if result.lines else None,
        "toggles": toggles(sheet, asked, result, shown),
        "table": table(sheet, asked, result),
        "amount": drawing.money(result.credited, result), "filled": result.chosen in shown,
        "touches_text": words.plural(result.touches, "touch", "touches"),
        "shown_words": words.plural(len(shown), "model"),
        "without": {"n": n, "text": drawing.exact(amount, result),
                    "href": deals_href(sheet, asked, without="1")} if n else None,
        "na": "" if result.lines else na(result), "what": definition(asked),
        "kpis": [told.card(sheet, sheet.answer(key)) for key in KPIS],
        "loop": loop(sheet, result, names) if asked.level == "channel" else [],
        "closed": closing.shown(sheet, asked),
        "csv_href": here(sheet, asked, (), path="/attribution/credits.csv"),
        "dashboard": f"/dashboard/?{sheet.filters.query()}",
    }  # fmt: skip


def definition(asked: Asked) -> str:
    """What counts as a touch and for how long, printed with every answer."""
    return (
        f"Won amounts of the period, shared out over the touches before each win: {TEAMS[asked.teams]} of "
        f"{MAPPINGS[asked.mapping]}, from {asked.look_back} days before the deal was opened until it was won. Touches "
        "of one person within 30 minutes count once, at the strongest; opened e-mails don’t count."
    )


def na(result: Result) -> str:
    if not result.wins:
        return "0 won with an amount in this period"
    who = "" if result.teams == "all" else "marketing "
    return (
        f"none of {words.plural(result.wins, 'win')} has a {who}touch from {result.look_back} days before the deal was "
        "opened"
    )


def here(sheet: Sheet, asked: Asked, show: Sequence[str], *, path: str = HERE, **changes: Any) -> str:
    pairs = asked.pairs(**changes) + ([("show", "-".join(show))] if show else [])
    query = sheet.asked.query() if path != HERE else sheet.filters.query()
    return f"{path}?{query}" + (f"&{urlencode(pairs)}" if pairs else "")


def deals_href(sheet: Sheet, asked: Asked, **which: str) -> str:
    return f"/attribution/deals/?{sheet.asked.query(compare=None)}&{urlencode([*asked.pairs(), *which.items()])}"


def deal_href(deal: int, asked: Asked) -> str:
    pairs = asked.pairs()
    return f"/attribution/deals/{deal}/" + (f"?{urlencode(pairs)}" if pairs else "")


def toggles(sheet: Sheet, asked: Asked, result: Result, shown: Sequence[Model]) -> list[dict[str, Any]]:
    """Each model as a link that draws it or leaves it out; the last one stays."""
    on = [model.key for model in shown]
    found = []
    for model in result.models:
        keys = [key for key in on if key != model.key] if model.key in on and len(on) > 1 else [*on, model.key]
        found.append({
            "name": model.name, "says": model.says, "shape": drawing.SHAPES[model.key], "current": model.key in on,
            "filled": model is result.chosen, "href": here(sheet, asked, list(dict.fromkeys(keys))),
        })  # fmt: skip
    return found


def table(sheet: Sheet, asked: Asked, result: Result) -> dict[str, Any]:
    """Whole units, rounded so that each column still sums to what is credited; cents are in the CSV."""
    keys = [model.key for model in result.models]
    whole = int(words.rounded(result.credited / 100, 0))
    columns = {key: split(whole, [line.credits[key] for line in result.lines]) for key in keys if result.lines}
    say_whole = lambda units: words.money(units, result.currency)  # noqa: E731
    return {
        "head": [(model.name, model.says) for model in result.models],
        "rows": [
            {"line": line, "href": deals_href(sheet, asked, key=line.key or NO_KEY),
             "cells": [say_whole(columns[key][n]) for key in keys]}
            for n, line in enumerate(result.lines)
        ],
        "all_href": deals_href(sheet, asked),
        "sums": [say_whole(sum(columns[key])) for key in keys] if result.lines else [],
    }  # fmt: skip


def loop(sheet: Sheet, result: Result, names: dict[str, str]) -> list[dict[str, Any]]:
    """By channel: credit under the named model, what deals it sourced brought, what its customers are worth."""
    won = sheet.answer("win-rate-by-value").found.sources
    worth = sheet.answer("ltv-by-channel") if registry.find("ltv-by-channel") else None
    rows = []
    for code in {line.key for line in result.lines if line.side != "sales" and line.key} | set(won):
        line = result.line(code)
        figure = worth.sources.get(code) if worth else None
        brought = won[code].sum("won") if code in won else 0
        credited = _credited(line)
        if not credited and not brought:
            continue
        rows.append({
            "name": names.get(code, code), "credited": say.money(credited, sheet.currency), "n": credited,
            "brought": say.money(int(brought), sheet.currency),
            "brought_href": told.rows_href(sheet, "win-rate-by-value", part="won", source=code) if brought else "",
            "worth": say.money(figure.value, sheet.currency) if figure and figure.value is not None else "",
            "worth_na": figure.na if figure and figure.value is None else "" if figure else "no customers",
            "worth_href": told.rows_href(sheet, "ltv-by-channel", source=code) if figure and figure.n else "",
            "small": told.small_words(figure) if figure else "",
        })  # fmt: skip
    return sorted(rows, key=lambda row: (-row["n"], row["name"]))


def _credited(line: Line | None) -> int:
    return line.credits.get("full_path", 0) if line else 0


def told_filters(sheet: Sheet) -> list[tuple[str, str]]:
    return parse_qsl(sheet.filters.query())


def filters(sheet: Sheet, names: dict[str, str], asked: Asked) -> dict[str, Any]:
    """The shared bar, which keeps what is asked of the attribution."""
    found = page.filter_bar(sheet, names, funnel="")
    more = asked.pairs()
    extra = f"&{urlencode(more)}" if more else ""
    found["more"] = more
    found["kept"] = [*found["kept"], *more]
    found["clear"] = found["clear"].replace("/dashboard/", HERE) + extra
    for token in found["tokens"]:
        token["remove"] = token["remove"].replace("/dashboard/", HERE) + extra
    return found
