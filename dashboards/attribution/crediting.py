"""Credit of the won deals of a period by channel, campaign or asset, under all models over the same paths.

What has a touch is credited whole: under each model the credits sum to the same amount, to the cent. Wins without an
eligible touch are counted beside, never shared out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.attribution import markov, reading
from dashboards.attribution.models_of import DRAWN, LEAST, Model, Shares, models
from dashboards.attribution.paths import Path, Step
from dashboards.attribution.weights import SCALE, split
from dashboards.filters import Window
from dashboards.kpis.base import Population
from dashboards.kpis.scan import only
from dashboards.sheet import Sheet
from marketing.models import Campaign, Channel
from revops.lib import words

LEVELS = {"channel": "Channel", "campaign": "Campaign", "asset": "Asset"}
SALES, MARKETING, NONE = "sales", "marketing", ""
LOOK_BACK, HALF_LIFE = 90, 30
CHOSEN = "full_path"

_DEALS = Population(
    name="attributed deals", subject="deal", source="d.source_id", owner="d.owner_id", kinds=(),
    select="""
      SELECT d.id, d.created_at AS opened, d.closed_at AS until, d.person_id, d.company_id,
             CASE WHEN d.currency = %(currency)s AND d.amount > 0 THEN d.amount END AS amount, d.stage = 'won' AS won
        FROM deals_deal d
       WHERE d.stage = %(closed)s AND d.closed_at >= %(starts)s AND d.closed_at < %(ends)s AND d.closed_at <= %(seen)s
             AND NOT d.undated AND d.kind <> 'renewal' {only}""",
)  # fmt: skip


@dataclass(slots=True)
class Line:
    """One channel, campaign or asset. `credits`: {model: minor units}; `touches`, `wins`: how many it has part in."""

    key: str
    name: str
    side: str = MARKETING
    credits: dict[str, int] = field(default_factory=dict)
    touches: int = 0
    wins: int = 0

    def range(self, keys: Iterable[str]) -> tuple[int, int]:
        """Least and most credit of these models."""
        found = [self.credits[key] for key in keys if key in self.credits]
        return (min(found), max(found)) if found else (0, 0)


@dataclass(slots=True)
class Result:
    """`models`: those of `offered` with credit, in order; `absent`: {model: why}. `lines`: where the models drawn on
    dashboards differ most first. `amount`: minor units of all wins with an amount; `credited` of those with a touch.
    `sides`: what the chosen model gives each side; a channel may have touches of several."""

    level: str
    mapping: str
    teams: str
    look_back: int
    half_life: float
    own: Shares | None
    currency: str
    models: list[Model] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    wins: int = 0
    amount: int = 0
    credited_wins: int = 0
    credited: int = 0
    unpriced: int = 0
    lost: int = 0
    touches: int = 0
    offered: list[Model] = field(default_factory=list)
    sides: dict[str, int] = field(default_factory=dict)

    @property
    def without(self) -> tuple[int, int]:
        """Wins without an eligible touch: how many, their amount."""
        return self.wins - self.credited_wins, self.amount - self.credited

    @property
    def drawn(self) -> list[Model]:
        return [model for model in self.models if model.key in DRAWN]

    @property
    def chosen(self) -> Model | None:
        """The model named on the dashboard and in K35: full path."""
        return self.model(CHOSEN)

    def model(self, key: str) -> Model | None:
        return next((model for model in self.models if model.key == key), None)

    def line(self, key: str) -> Line | None:
        return next((line for line in self.lines if line.key == key), None)

    def of_side(self, side: str) -> int:
        return self.sides.get(side, 0)


def of(
    sheet: Sheet,
    *,
    mapping: str = "account",
    teams: str = "marketing",
    look_back: int = LOOK_BACK,
    half_life: float = HALF_LIFE,
    own: Shares | None = None,
    level: str = "channel",
    window: Window | None = None,
) -> Result:
    """Kept as long as the sheet is. `window`: the sheet's period unless another is asked for. At most three
    statements."""
    window = window or sheet.filters.window(sheet.as_of)
    name = f"attribution {mapping} {teams} {look_back} {half_life} {own} {level} {window.starts} {window.ends}"

    def work() -> Result:
        asked = {"mapping": mapping, "teams": teams, "look_back": look_back}
        found = paths(sheet, window, **asked)
        result = Result(level, mapping, teams, look_back, half_life, own, sheet.currency)
        # Lost deals are asked for only where a model can be made of them.
        enough = sum(bool(path.steps) for path in found) >= LEAST
        return credit(result, found, lost=_lost(sheet, window, level=level, **asked) if enough else {})

    return sheet.once(name, work)


def paths(sheet: Sheet, window: Window, *, mapping: str, teams: str, look_back: int) -> list[Path]:
    """The paths of the deals won in the window, under the sheet's filters."""
    text, params = _deals(sheet, window, "won")
    return reading.paths(text, params, mapping=mapping, teams=teams, look_back=look_back)


def _lost(sheet: Sheet, window: Window, *, level: str, **asked: Any) -> dict[tuple[str, ...], int]:
    text, params = _deals(sheet, window, "lost")
    return reading.journeys(text, params, level=level, **asked)


def _deals(sheet: Sheet, window: Window, stage: str) -> tuple[str, dict[str, Any]]:
    only_text, params = only(_DEALS, sheet.filters, sheet.owners)
    params |= {"starts": window.starts, "ends": window.ends, "seen": window.seen}
    return _DEALS.select.format(only=only_text), params | {"currency": sheet.currency, "closed": stage}


def key_of(level: str) -> Callable[[Step], str]:
    if level == "channel":
        return lambda step: step.channel
    if level == "campaign":
        return lambda step: SALES if step.channel == SALES else str(step.campaign or NONE)
    return lambda step: SALES if step.channel == SALES else step.asset


def credit(result: Result, found: Sequence[Path], *, lost: Mapping[tuple[str, ...], int]) -> Result:
    """The won paths' credit added up into the result, whose questions are already in it; `lost`: how many deals went
    which way in vain. One statement, for names."""
    result.offered = offered = models(half_life=result.half_life, own=result.own)
    key_of_step = key_of(result.level)
    totals: dict[str, dict[str, int]] = {model.key: defaultdict(int) for model in offered}
    weighing = [(model.key, model.weigh, totals[model.key]) for model in offered if model.weigh]
    touches: dict[str, int] = defaultdict(int)
    wins: dict[str, int] = defaultdict(int)
    journeys = defaultdict(lambda: [0, 0], {way: [0, n] for way, n in lost.items()})
    sides: dict[str, str] = {}
    converted, result.lost = 0, sum(lost.values())
    for path in found:
        keys = [key_of_step(step) for step in path.steps]
        if keys:
            journeys[tuple(keys)][0] += 1
            converted += 1
        if path.amount is None:
            result.unpriced += 1
            continue
        result.wins += 1
        result.amount += path.amount
        if not keys:
            continue
        result.credited_wins += 1
        result.credited += path.amount
        result.touches += len(keys)
        for model_key, weigh, into in weighing:
            parts = split(path.amount, weigh(path, keys))
            for key, part in zip(keys, parts, strict=True):
                into[key] += part
            if model_key == CHOSEN:
                for step, part in zip(path.steps, parts, strict=True):
                    result.sides[step.side] = result.sides.get(step.side, 0) + part
        for key, step in zip(keys, path.steps, strict=True):
            touches[key] += 1
            sides[key] = SALES if step.side == SALES else sides.get(key, step.side)
        for key in set(keys):
            wins[key] += 1
    _judge(result, offered, converted)
    if result.model("markov"):
        shares = markov.chain({path: (won, lost) for path, (won, lost) in journeys.items()}).shares
        parts = split(result.credited, [int(share * 2.0**SCALE) for share in shares.values()]) if shares else []
        totals["markov"] |= {key: part for key, part in zip(shares, parts, strict=True) if part}
    kept = [model.key for model in result.models]
    # A chain of all paths also credits what only lost deals, or wins without an amount, went through.
    there = list(dict.fromkeys([*touches, *totals["markov"]]))
    names = _names(result.level, there)
    result.lines = [
        Line(key, names[key], sides.get(key, SALES if key == SALES else MARKETING),
             {m: totals[m].get(key, 0) for m in kept}, touches.get(key, 0), wins.get(key, 0))
        for key in there
    ]  # fmt: skip
    result.lines.sort(key=lambda line: _order(line, result))
    return result


def _order(line: Line, result: Result) -> tuple[int, int, str]:
    low, high = line.range(model.key for model in result.drawn)
    return low - high, -high, line.name


def _judge(result: Result, offered: Sequence[Model], converted: int) -> None:
    """Which models can be shown, and why others cannot."""
    for model in offered:
        if model.of_data and converted < LEAST:
            result.absent[model.key] = (
                f"{model.name} needs {LEAST} wins with a touch; this period has {words.number(converted)}"
            )
        elif model.of_data and not result.lost:
            result.absent[model.key] = f"{model.name} needs lost deals with a touch to compare with; there are none"
        elif result.credited:
            result.models.append(model)


def _names(level: str, keys: Iterable[str]) -> dict[str, str]:
    if level == "channel":
        known: dict[Any, str] = dict(Channel.objects.values_list("code", "name"))
        nameless = "Unknown channel"
    elif level == "campaign":
        ids = [int(key) for key in keys if key.isdigit()]
        known = {str(pk): name for pk, name in Campaign.objects.filter(id__in=ids).values_list("id", "name")}
        nameless = "No campaign"
    else:
        known, nameless = {}, "No asset"
    return {key: "Sales" if key == SALES else known.get(key, key) if key else nameless for key in keys}
