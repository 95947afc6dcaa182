"""A replay as the page shows it: the table, the bars by hour, the people, what it would cost. Pure."""

from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import words
from revops.lib.statistics import is_small
from sla.models import PolicySet, Tier
from sla.policy_words import exact
from sla.replay import Replay, Side, Slice

TALL, WIDE, LEAST = 64.0, 410, 10


def of(found: Replay, draft: PolicySet, live: PolicySet, *, chosen: str) -> dict[str, Any]:
    zone = ZoneInfo(found.zone)
    shown = next((one for one in found.slices if one.line == chosen), found.slices[0] if found.slices else None)
    return {
        "replay": found, "title": _clocks(found), "rows": [] if found.missing else _table(found.before, found.after),
        "period": words.period(found.since.astimezone(zone).date(), found.until.astimezone(zone).date()),
        "bars": _bars(found.hours_before, found.hours_after), "slice": shown and _slice(shown),
        "city": found.zone.rpartition("/")[2].replace("_", " "), "cost": _cost(found),
        "left_out": found.too_young + found.unfinished, "nothing": not (found.before.clocks or found.after.clocks),
    }  # fmt: skip


def _clocks(found: Replay) -> str:
    tiers = [Tier(tier).label for tier in found.tiers if tier]
    return f"{' and '.join(tiers)} clocks, all territories" if tiers else "All clocks"


def _table(before: Side, after: Side) -> list[dict[str, Any]]:
    """Which of two numbers is better is bold."""

    def row(name: str, old: Any, new: Any, better: bool = False) -> dict[str, Any]:
        return {"name": name, "before": old, "after": new, "better": better}

    return [
        row("Clocks", words.number(before.clocks), words.number(after.clocks)),
        row(
            f"Met{_small(min(before.clocks, after.clocks))}",
            _met(before.met, before.clocks),
            _met(after.met, after.clocks),
            after.met > before.met,
        ),
        row("Breached", words.number(before.breached), words.number(after.breached), after.breached < before.breached),
        row("Moved to another rep", words.number(before.moved), words.number(after.moved)),
        row("Notices a day", words.number(before.notices_a_day, 1), words.number(after.notices_a_day, 1)),
        row("Median wait of the buyer", _wait(before.median_wait), _wait(after.median_wait)),
    ]


def _met(met: int, clocks: int) -> str:
    return f"{words.number(met)} · {words.share(met / clocks)}" if not is_small(clocks) else f"{met} of {clocks}"


def _small(clocks: int) -> str:
    return ", small sample" if is_small(clocks) else ""


def _wait(seconds: float | None) -> str:
    return "n/a: nobody was answered" if seconds is None else exact(seconds)


def _slice(one: Slice) -> dict[str, Any]:
    return {
        "name": one.name, "reps": one.reps, "clocks": one.clocks, "small": _small(one.clocks),
        "before": _met(one.met_before, one.clocks), "after": _met(one.met_after, one.clocks),
    }  # fmt: skip


def _bars(before: list[int], after: list[int]) -> dict[str, Any]:
    """Two bars an hour, from the first hour with a breach to the last, at least ten hours wide."""
    busy = [hour for hour in range(24) if (before and before[hour]) or (after and after[hour])]
    if not busy:
        return {}
    first = max(0, min(busy[0], 24 - LEAST))
    last = min(23, max(busy[-1], first + LEAST - 1))
    most = max(*before, *after)
    step = WIDE / (last - first + 1)
    wide = min(13.0, step * 0.36)
    drawn = []
    for i, hour in enumerate(range(first, last + 1)):
        middle = step * (i + 0.5)
        drawn.append({
            "hour": f"{hour:02}", "middle": f"{middle:.1f}", "wide": f"{wide:.1f}", "minor": i % 2 == 1,
            **_bar("before", middle - wide - 1, before[hour] / most), **_bar("after", middle + 1, after[hour] / most),
        })  # fmt: skip
    peak = max(range(24), key=lambda hour: before[hour])
    said = f"Breaches by hour of day: live {sum(before)}, draft {sum(after)}; most at {peak:02}:00"
    return {"hours": drawn, "said": said, "before": sum(before), "after": sum(after)}


def _bar(name: str, left: float, share: float) -> dict[str, str]:
    tall = TALL * share
    return {f"{name}_x": f"{left:.1f}", f"{name}_y": f"{70 - tall:.1f}", f"{name}_tall": f"{tall:.1f}"}


def _cost(found: Replay) -> dict[str, str]:
    cost = found.cost
    if cost is None:
        return {}
    band, faster = cost.band, cost.faster
    what = "breaches that turn green" if cost.way == "green" else "answers in time that turn red"
    first = f"The {cost.turned} {what} were answered in {_between(cost.above, cost.up_to)}."
    if cost.turned == 1:
        what = "breach that turns green" if cost.way == "green" else "answer in time that turns red"
        first = f"The one {what} was given in {_between(cost.above, cost.up_to)}."
    if not band.leads or not faster.leads:
        return {
            "first": first,
            "then": "n/a: too few leads were answered in that band to say how they fared.",
            "small": "",
        }
    if band.small or faster.small:
        said = f"Of {band.leads} leads answered in that band {band.sql} became SQL, of {faster.leads} faster ones"
        said += f" {faster.sql}: small sample."
        return {"first": first, "then": said, "small": ""}
    then = (
        f"Leads answered in that band became SQL in {words.share(band.sql / band.leads, 0)} of cases, "
        f"those under {exact(cost.above)} in {words.share(faster.sql / faster.leads, 0)}"
    )
    small = (
        f"(12 months: {words.number(band.sql)} of {words.number(band.leads)} and {words.number(faster.sql)} of "
        f"{words.number(faster.leads)}; intervals {_interval(band)} and {_interval(faster)})."
    )
    return {"first": first, "then": then, "small": small}


def _between(above: int, up_to: int) -> str:
    if up_to % 60 == above % 60 == 0 and up_to <= 7_200:
        return f"{above // 60} to {up_to // 60} minutes"
    return f"{exact(above)} to {exact(up_to)}"


def _interval(band: Any) -> str:
    return f"{words.share(band.low, 0).rstrip('%')}–{words.share(band.high, 0)}"
