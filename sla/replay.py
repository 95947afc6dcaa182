"""What a draft would have meant: the last days once more, every promise under the live lines and under the draft's.

Pure history. People are assumed to answer as they did; both sides are worked out by the same rules, so that what
differs is the draft. Conditions see the record as it stood at the hand-off. Each lead has one promise a target, the one
of its hand-off: what a later demand or a reassignment started is not looked at. Promises younger than seven days, and
older ones that are still open, are left out and counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from leads import conditions
from revops.lib.errors import Invalid
from sla import replay_cost
from sla.draft_differences import between, lines_of, rungs_of
from sla.models import Hours, Policy, PolicySet, SetState, Target
from sla.planner import Planner
from sla.replay_cost import Band, Cost
from sla.replay_counting import Count, Tally, picked
from sla.replay_history import LOT, CalendarBook, Conditions, population, stories
from teams.models import Organisation, User

DAYS, MOST_DAYS, TOO_YOUNG = 90, 365, 7
REPLAYED = (Target.FIRST_RESPONSE, Target.ASSIGNMENT, Target.DISPOSITION, Target.TOUCH_MINIMUM)
WORDS_ONLY = frozenset(["name", "goal"])  # changing these moves no clock


@dataclass(slots=True)
class Side:
    """`clocks` = `met` + `breached`. `median_wait`: open seconds to the answer, of those answered."""

    clocks: int = 0
    met: int = 0
    breached: int = 0
    cancelled: int = 0
    moved: int = 0
    notices_a_day: float = 0.0
    median_wait: float | None = None


@dataclass(slots=True)
class Rep:
    """`user` None: whoever nobody owned."""

    user: int | None
    name: str
    clocks: int
    met_before: int
    met_after: int


@dataclass(slots=True)
class Slice:
    """The promises of one changed line (`line`: its lasting id), in all and by rep, most first."""

    line: str
    name: str
    clocks: int
    met_before: int
    met_after: int
    reps: list[Rep] = field(default_factory=list)


@dataclass(slots=True)
class Replay:
    """`before`: the live lines, `after`: the draft. `tiers`: what the totals are of (the changed lines'), none = all.

    `since`, `until`: when the promises counted began. `short_of`: days there are when that is fewer than asked for.
    `mqls`: hand-offs in all `days`; `every`: only each n-th was looked at. `hits`: {line: hand-offs it takes}, of the
    draft, `hits_before` of the live lines. `never`: lines that take nobody. `hours_*`: breaches by hour of the day, 24
    each, in `zone`. `missing`: why there is nothing to replay, else "".
    """

    target: str
    days: int
    since: datetime
    until: datetime
    as_of: datetime
    short_of: int | None = None
    mqls: int = 0
    every: int = 1
    too_young: int = 0
    unfinished: int = 0
    tiers: list[str] = field(default_factory=list)
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    slices: list[Slice] = field(default_factory=list)
    reps: list[Rep] = field(default_factory=list)
    zone: str = "UTC"
    hours_before: list[int] = field(default_factory=list)
    hours_after: list[int] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    hits_before: dict[str, int] = field(default_factory=dict)
    never: list[str] = field(default_factory=list)
    cost: Cost | None = None
    took: float = 0.0
    missing: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Replay":
        kept = dict(data)
        for name in ("since", "until", "as_of"):
            kept[name] = datetime.fromisoformat(kept[name])
        kept |= {"before": Side(**kept["before"]), "after": Side(**kept["after"])}
        kept["reps"] = [Rep(**rep) for rep in kept["reps"]]
        kept["slices"] = [Slice(**{**one, "reps": [Rep(**rep) for rep in one["reps"]]}) for one in kept["slices"]]
        if cost := kept["cost"]:
            spans = {name: datetime.fromisoformat(cost[name]) for name in ("since", "until")}
            kept["cost"] = Cost(**{**cost, **spans, "band": Band(**cost["band"]), "faster": Band(**cost["faster"])})
        return cls(**kept)


def of(
    draft: PolicySet, *, days: int = DAYS, now: datetime, target: str = Target.FIRST_RESPONSE,
    counted: Callable[[int, int], None] | None = None,
) -> Replay:  # fmt: skip
    """Replay a draft against what is live. `counted(done, total)` is called after every lot and may raise to stop."""
    present = PolicySet.objects.get(state=SetState.PUBLISHED)
    return of_lines(lines_of(present), lines_of(draft), days=days, now=now, target=target, counted=counted)


def of_lines(
    before: Sequence[Policy], after: Sequence[Policy], *, days: int = DAYS, now: datetime,
    target: str = Target.FIRST_RESPONSE, counted: Callable[[int, int], None] | None = None,
) -> Replay:  # fmt: skip
    """The same for lines that are nowhere kept. Raises Invalid for a target or a number of days that can't be."""
    if target not in Target.values:
        raise Invalid("There is no such target.", code="not_a_choice", field="target")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"Give a whole number of days from 1 to {MOST_DAYS}.", code="not_a_whole_number", field="days")
    began = perf_counter()
    since, until = now - timedelta(days=days), now - timedelta(days=min(TOO_YOUNG, days))
    replay = Replay(target, days, since, until, now)
    if target not in REPLAYED:
        replay.missing = f"{Target(target).label} is agreed or measured case by case: there is nothing to replay."
        return replay
    before = [line for line in before if line.target == target]
    after = [line for line in after if line.target == target]
    count = _count(before, after, now=now, until=until)
    who = population(since=since, until=now)
    for start in range(0, len(who.ids), LOT):
        lot = who.ids[start : start + LOT]
        count.feed(stories(lot, count.conditions, target=target, calendar_of=count.book))
        if counted is not None:
            counted(start + len(lot), len(who.ids))
    replay.mqls, replay.every = who.total, who.step
    if who.first_at is None or who.first_at > since:
        replay.short_of = max(0, (now - (who.first_at or now)).days)
        replay.since = since = min(who.first_at or now, until)
    _told(replay, count, after, span=(until - since) / timedelta(days=1))
    if target == Target.FIRST_RESPONSE:
        replay.cost = replay_cost.of(count.turned, tiers=count.tiers, book=count.book, now=now)
    replay.took = perf_counter() - began
    return replay


def _count(before: Sequence[Policy], after: Sequence[Policy], *, now: datetime, until: datetime) -> Count:
    for place, line in enumerate([*before, *after], 1):
        line.__dict__["_rungs"] = rungs_of(line)
        line.pk = line.pk or -place  # marks are kept by line: one that is nowhere kept needs a name of its own
    differences = [one for one in between(before, after) if one.field not in WORDS_ONLY]
    changed = frozenset(one.line for one in differences)
    tiers = frozenset(line.tier for line in [*before, *after] if line.line in changed) or None
    book = CalendarBook()
    named = {line.calendar_id for line in after if line.line in changed and line.hours == Hours.CALENDAR}
    version = book.newest.get(named.pop()) if len(named) == 1 else None
    zone = ZoneInfo(version.tz if version else Organisation.get().timezone)
    asked = Conditions(before, after)
    return Count(asked, asked.of(before), asked.of(after), changed, tiers, book, zone, now, until)


def _told(replay: Replay, count: Count, after: Sequence[Policy], *, span: float) -> None:
    replay.too_young, replay.unfinished = count.young, count.unfinished
    replay.tiers = sorted(count.tiers or ())
    replay.before, replay.after = (_side(tally, span, replay.every) for tally in (count.before, count.after))
    replay.zone = count.zone.key
    replay.hours_before, replay.hours_after = count.before.by_hour, count.after.by_hour
    replay.hits = {str(line.line): count.hits[line.line] for line in after}
    replay.hits_before = {str(line): n for line, n in count.hits_before.items()}
    replay.never = [line for line, n in replay.hits.items() if not n]
    names = {line.line: line.name for _, line in [*count.before_lines, *count.after_lines]}
    users = {who for _, who in count.slices if who}
    called = {user.pk: str(user) for user in User.objects.filter(pk__in=users)} if users else {}
    everyone: dict[int | None, Rep] = {}
    for (line, who), share in count.slices.items():
        if who == 0:
            replay.slices.append(Slice(str(line), names[line], share.clocks, share.met_before, share.met_after))
            continue
        total = everyone.setdefault(who, Rep(who, called.get(who, "Nobody"), 0, 0, 0))
        total.clocks += share.clocks
        total.met_before += share.met_before
        total.met_after += share.met_after
    for one in replay.slices:
        one.reps = _most_first(
            Rep(who, called.get(who, "Nobody"), share.clocks, share.met_before, share.met_after)
            for (line, who), share in count.slices.items()
            if str(line) == one.line and who != 0
        )
    order = {line: place for place, line in enumerate(replay.hits)}
    replay.slices.sort(key=lambda one: order.get(one.line, len(order)))
    replay.reps = _most_first(everyone.values())


def _most_first(reps: Any) -> list[Rep]:
    return sorted(reps, key=lambda rep: (-rep.clocks, rep.name, rep.user or 0))


def _side(tally: Tally, span: float, every: int) -> Side:
    return Side(
        clocks=tally.met + tally.late, met=tally.met, breached=tally.late, cancelled=tally.gone, moved=tally.moved,
        notices_a_day=tally.notices * every / span if span > 0 else 0.0, median_wait=tally.median_wait,
    )  # fmt: skip


@dataclass(slots=True)
class Tried:
    """One lead under one set: the line that takes it and when its promise would have been due. `verdicts`: [(name of a
    line, whether its condition held)] from the top down to that line; `why`: its condition as a sentence."""

    line: str = ""
    name: str = ""
    tier: str = ""
    due_at: datetime | None = None
    zone: str = "UTC"
    why: str = ""
    verdicts: list[tuple[str, bool]] = field(default_factory=list)


def try_one(lead_id: int, draft: PolicySet, *, target: str = Target.FIRST_RESPONSE) -> tuple[Tried, Tried] | None:
    """What one lead that was handed over gets from the live lines and from the draft's; None when there is none."""
    sets = [lines_of(PolicySet.objects.get(state=SetState.PUBLISHED)), lines_of(draft)]
    sets = [[line for line in lines if line.target == target] for lines in sets]
    asked, book, planner = Conditions(*sets), CalendarBook(), Planner()
    # Asked as of the hand-off, whatever the target: that is when its first promise begins.
    past = next(stories([lead_id], asked, target=Target.FIRST_RESPONSE, calendar_of=book), None)
    if past is None or past.started_at is None:
        return None
    found = []
    for lines in sets:
        placed = asked.of(lines)
        line = picked(placed, past)
        tried = Tried(verdicts=[(one.name, past.holds[place]) for place, one in placed])
        if line is not None:
            calendar = book.of(line, past)
            marks = planner.marks(line, calendar, past.started_at, past.pauses)
            tried.line, tried.name, tried.tier, tried.due_at = str(line.line), line.name, line.tier, marks.due_at
            tried.zone = calendar.tz if calendar else "UTC"
            tried.why = conditions.sentence(line.condition)
            tried.verdicts = tried.verdicts[: lines.index(line) + 1]
        found.append(tried)
    return found[0], found[1]
