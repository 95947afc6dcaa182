"""The wins behind a line, and one win's path with its credit under each model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards import named
from dashboards.attribution.asking import Asked
from dashboards.attribution.crediting import key_of, paths
from dashboards.attribution.models_of import Model, models
from dashboards.attribution.paths import Path
from dashboards.attribution.reading import paths as read
from dashboards.attribution.weights import split
from dashboards.sheet import Sheet
from deals.models import Deal

NO_KEY = "none"  # what an address says for the empty key


@dataclass(frozen=True, slots=True)
class Win:
    """`credits`: {model: minor units} of the line asked for, of the models that weigh one path at a time."""

    deal: int
    at: datetime
    amount: int
    touches: int
    credits: dict[str, int]


def wins(sheet: Sheet, asked: Asked, *, key: str | None, without: bool = False) -> list[Win]:
    """Newest first: won deals with an amount whose path has the key (None: any touch), or those without a touch."""
    window = sheet.filters.window(sheet.as_of)
    found = paths(sheet, window, mapping=asked.mapping, teams=asked.teams, look_back=asked.look_back)
    key_of_step = key_of(asked.level)
    offered = [m for m in models(half_life=asked.half_life, own=asked.own) if m.weigh]
    kept = []
    for path in found:
        if path.amount is None or bool(path.steps) == without:
            continue
        keys = [key_of_step(step) for step in path.steps]
        if key is None or key in keys:
            kept.append(Win(path.deal, path.closed, path.amount, len(keys), _of_key(path, keys, key, offered)))
    return sorted(kept, key=lambda win: (win.at, win.deal), reverse=True)


def _of_key(path: Path, keys: Sequence[str], key: str | None, offered: Sequence[Model]) -> dict[str, int]:
    if not keys:
        return {}
    assert path.amount is not None
    return {
        model.key: sum(
            part
            for part, one in zip(split(path.amount, model.weigh(path, keys)), keys, strict=True)
            if key is None or one == key
        )
        for model in offered
        if model.weigh
    }


def path_of(deal: Deal, asked: Asked, *, now: datetime) -> tuple[Path, list[Model], list[dict[str, Any]]]:
    """The deal's path up to its closing (or now), the models that weigh one path, and a row a touch:
    {step, name, url, days, milestones, credits}. Four statements."""
    sql = """SELECT d.id, d.created_at AS opened, COALESCE(d.closed_at, %(now)s) AS until, d.person_id, d.company_id,
                    d.amount, d.stage = 'won' AS won FROM deals_deal d WHERE d.id = %(deal)s"""
    [path] = read(
        sql, {"deal": deal.pk, "now": now}, mapping=asked.mapping, teams=asked.teams, look_back=asked.look_back
    )
    offered = [m for m in models(half_life=asked.half_life, own=asked.own) if m.weigh]
    keys = [key_of(asked.level)(step) for step in path.steps]
    parts = {
        model.key: split(path.amount or 0, model.weigh(path, keys)) for model in offered if model.weigh and path.steps
    }
    names = named.of("touch", {step.id for step in path.steps})
    rows = [
        {"step": step, "name": names[step.id].name, "url": names[step.id].url, "days": days,
         "milestones": path.milestones(n), "credits": {key: part[n] for key, part in parts.items()}}
        for n, (step, days) in enumerate(zip(path.steps, path.days, strict=True))
    ]  # fmt: skip
    return path, offered, rows
