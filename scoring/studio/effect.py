"""A replay as the studio shows it: live beside the draft, who comes and goes, each rule's part, the load of it all."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from revops.lib import words
from revops.lib.statistics import is_small
from scoring import drafts, rescoring, shadow
from scoring.definitions import drafts as definition_drafts
from scoring.models import ReplayRun, ScoringModel
from scoring.replay import statistics
from scoring.replay.result import HourLoad, RepLoad, Result, RuleEffect, Side
from scoring.studio import words as studio_words
from scoring.words import plain

CHOICES = [30, 90, 180, 365]
DAYS = 180
TALL, WIDE, LEAST = 64.0, 410, 10
MOST_RULES, MOST_REPS = 6, 8


def beside(state: Any, *, now: datetime) -> dict[str, Any]:
    """What stands beside the rules before anybody replays: how far a rescoring is, the shadow, the days to replay."""
    run = rescoring.latest()
    found = rescoring.progress(run) if run is not None else None
    proposal = definition_drafts.the_draft("mql") if state.may else None
    replayed = state.seen if state.draft else f"definition {proposal.pk} {proposal.edited_at}" if proposal else "none"
    return {
        "days": days_of(state.draft or (state.live if proposal else None)), "choices": CHOICES, "replayed": replayed,
        "rescoring": found if found and (found.running or found.still) else None,
        "shadow": shadow_card(state.shadow, now=now) if state.shadow else None,
    }  # fmt: skip


def days_of(draft: ScoringModel | None) -> int:
    """As many as were asked for last."""
    run = ReplayRun.objects.filter(draft=draft).order_by("-started_at").values_list("days", flat=True).first()
    return run if run in CHOICES else DAYS


def shadow_card(model: ScoringModel, *, now: datetime) -> dict[str, Any]:
    """Live beside the shadow so far, and the days left; `compared` is whatever the shadow counted, None at first."""
    left = model.shadow_until - now if model.shadow_until else None
    return {
        "model": model, "over": left is not None and left.total_seconds() <= 0,
        "left": words.plural(max(0, ceil(left / timedelta(days=1))), "day") if left else "",
        "compared": shadow.compared(now),
    }  # fmt: skip


def of(run: ReplayRun, found: Result) -> dict[str, Any]:
    """The panel of a replay that is done."""
    live, draft = found.live, found.draft
    zone = ZoneInfo(found.zone)
    changed = {str(one.line) for one in drafts.differences(run.draft)} if draft and run.draft else set()
    return {
        "run": run, "result": found,
        "period": words.period(found.since.astimezone(zone).date(), found.until.astimezone(zone).date()),
        "rows": [] if found.missing else _table(found, live, draft),
        "rules": _rules(found.rules, changed) if draft else {},
        "fared": [(line, studio_words.fared(one)) for line, one in statistics.in_result(found).items()],
        "reps": _reps(found.load.reps), "bars": _bars(found.load.hours),
        "zone": found.load.zone.rpartition("/")[2].replace("_", " "),
        "left_out": _left_out(found), "entering_unknown": found.entering_unknown,
    }  # fmt: skip


def _table(found: Result, live: Side, draft: Side | None) -> list[dict[str, Any]]:
    """One row a number; which of two is better is bold. `about`: what it means, said small."""

    def row(name: str, said: Any, key: str = "", about: str = "") -> dict[str, Any]:
        better = bool(key and draft and (getattr(draft, key) or 0) > (getattr(live, key) or 0))
        return {
            "name": name,
            "live": _split(said(live)),
            "draft": _split(said(draft)) if draft else ("", ""),
            "better": better,
            "about": about,
        }

    small = " · small sample" if is_small(min(live.known, draft.known if draft else live.known)) else ""
    few = " · small sample" if is_small(min(live.won_known, draft.won_known if draft else live.won_known)) else ""
    return [
        row("Leads handed to sales", lambda one: words.number(one.handed)),
        row("Handed over a day", lambda one: _few(one.a_day)),
        row("Of those old enough, became SQL", lambda one: _part(one.sql, one.known), "precision", f"precision{small}"),
        row("Of those old enough, won", lambda one: _part(one.won, one.won_known), "", few.removeprefix(" · ")),
        row("Of all SQLs, handed over", lambda one: _rate(one.recall, found.sqls, "SQL"), "recall", "recall"),
        row("An SQL ranks above another lead", lambda one: _auc(one), "auc", "AUC; 50% is chance"),
        row("SQLs in the best fifth, against the average", lambda one: _lift(one, found), "lift", "lift at 20%"),
        row("Top 20% holds, of all wins", lambda one: _rate(one.top_fifth_wins, found.wins, "win"), "top_fifth_wins"),
        row("Top 20% holds, of all SQLs", lambda one: _rate(one.top_fifth_sqls, found.sqls, "SQL"), "top_fifth_sqls"),
    ]  # fmt: skip


def _split(said: str | tuple[str, str]) -> tuple[str, str]:
    """(the number, what is said small under it): `n/a: why` is both."""
    number, _, why = said.partition(": ") if isinstance(said, str) else (said[0], "", said[1])
    return number, why


def _few(value: float) -> str:
    """6.7 · 0.04: what is less than one a day is not nought."""
    return words.number(value, 1 if value >= 1 or not value else 2)


def _part(part: int, whole: int) -> tuple[str, str]:
    """(the share, what it is of); few cases are said as counts."""
    if not whole:
        return "n/a", "none is old enough"
    of = f"{words.number(part)} of {words.number(whole)}"
    return (of, "") if is_small(whole) else (words.share(part / whole), of)


def _rate(value: float | None, of: int, what: str) -> str:
    if value is None:
        return f"n/a: no {what} is old enough"
    return f"{words.share(value)} of {of}" if is_small(of) else words.share(value)


def _auc(side: Side) -> str:
    return "n/a: all ended alike" if side.auc is None else words.share(side.auc)


def _lift(side: Side, found: Result) -> str:
    return "n/a: no SQL is old enough" if side.lift is None else f"{words.number(side.lift, 2)}×"


def _rules(rules: Sequence[RuleEffect], changed: Set[str]) -> dict[str, list[dict[str, Any]]]:
    """What each does alone: the changed ones first, then the weightiest; those without any effect only by name."""
    told = [one for one in rules if one.needed or one.held_back or one.line in changed]
    heavy = sorted(told, key=lambda one: (one.line not in changed, -(one.needed + one.held_back)))
    first = max(MOST_RULES, sum(one.line in changed for one in told))
    said = [
        {"line": one.line, "name": one.name, "needed": words.number(one.needed), "sql": words.number(one.needed_sql),
         "held": words.number(one.held_back), "changed": one.line in changed}
        for one in heavy
    ]  # fmt: skip
    idle = [{"line": one.line, "name": one.name} for one in rules if one not in told]
    return {"first": said[:first], "more": said[first:], "idle": idle}


def _reps(reps: Sequence[RepLoad]) -> dict[str, Any]:
    """Busiest first; `over`: more than they ever answered at their busiest."""
    rows = [
        {"name": one.name, "nobody": one.user is None, "team": one.team, "live": _few(one.live),
         "draft": _few(one.draft),
         "capacity": "n/a" if one.capacity is None else _few(one.capacity),
         "over": one.capacity is not None and one.draft > one.capacity,
         "was_over": one.capacity is not None and one.live > one.capacity}
        for one in sorted(reps, key=lambda one: (-one.draft, -one.live, one.name))
    ]  # fmt: skip
    return {"first": rows[:MOST_REPS], "more": rows[MOST_REPS:], "over": sum(row["over"] for row in rows)}


def _bars(hours: Sequence[HourLoad]) -> dict[str, Any]:
    """Two bars an hour, the limit people can answer as a mark, who is on shift below; at least ten hours wide."""
    by_hour = {one.hour: one for one in hours}
    busy = [one.hour for one in hours if one.live or one.draft or one.on_shift]
    # What people can answer is often far above what comes: then the bars would be too small to tell apart.
    most = max((1.25 * max(one.live, one.draft) for one in hours), default=0)
    if not busy or not most:
        return {}
    first = max(0, min(min(busy), 24 - LEAST))
    last = min(23, max(*busy, first + LEAST - 1))
    step = WIDE / (last - first + 1)
    wide = min(13.0, step * 0.36)
    drawn = []
    for i, hour in enumerate(range(first, last + 1)):
        one = by_hour.get(hour, HourLoad(hour, 0, 0, 0))
        middle = step * (i + 0.5)
        drawn.append({
            "hour": f"{hour:02}", "middle": f"{middle:.1f}", "wide": f"{wide:.1f}", "minor": i % 2 == 1,
            "shift": plain(round(one.on_shift, 1)), "over": one.can_answer is not None and one.draft > one.can_answer,
            **_bar("live", middle - wide - 1, one.live / most), **_bar("draft", middle + 1, one.draft / most),
            **_mark(one, middle, wide, most),
        })  # fmt: skip
    peak = max(hours, key=lambda one: one.draft)
    over = [one.hour for one in hours if one.can_answer is not None and one.draft > one.can_answer]
    late = f" More than people answer at {', '.join(f'{hour:02}:00' for hour in over)}." if over else ""
    said = (
        f"Response clocks begun an hour of a working day: most at {peak.hour:02}:00, "
        f"{plain(round(peak.live, 1))} live, {plain(round(peak.draft, 1))} under the draft.{late}"
    )
    return {"hours": drawn, "said": said, "over": over, "late": late}


def _bar(name: str, left: float, share: float) -> dict[str, str]:
    tall = TALL * share
    return {f"{name}_x": f"{left:.1f}", f"{name}_y": f"{70 - tall:.1f}", f"{name}_tall": f"{tall:.1f}"}


def _mark(one: HourLoad, middle: float, wide: float, most: float) -> dict[str, str]:
    if one.can_answer is None or one.can_answer > most:
        return {}
    y = 70 - TALL * one.can_answer / most
    return {"mark": f"M{middle - wide - 3:.1f} {y:.1f}h{2 * wide + 6:.1f}"}


def _left_out(found: Result) -> str:
    """What the numbers leave out, in a sentence or two."""
    out = found.excluded
    parts = [
        f"Judged by leads old enough: {words.plural(out.young_sql, 'lead')} under 60 days "
        f"{'is' if out.young_sql == 1 else 'are'} too young for an SQL, {words.number(out.young_won)} under 180 days "
        "for a win"
    ]  # fmt: skip
    if out.undated:
        parts.append(
            f"{words.plural(out.undated, 'lead')} without dates {'is' if out.undated == 1 else 'are'} left out"
        )
    text = "; ".join(parts) + "."
    if found.entering_unknown:
        text += (
            f" {words.plural(found.entering_unknown, 'lead')} that would come in "
            f"{'was' if found.entering_unknown == 1 else 'were'} never worked: what would have become of them is "
            "unknown, not bad."
        )  # fmt: skip
    if found.without_history:
        text += f" Unknown in the past, because no history of it is kept: {', '.join(found.without_history)}."
    if found.short_of is not None:
        text += f" There are {words.plural(found.short_of, 'day')} of history only."
    if found.every > 1:
        text += f" Every {found.every}th lead was looked at."
    return text
