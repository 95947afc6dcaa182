"""One target's lines as the page shows them: in order, with what changed, how many they take, what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.text import slugify

from journal.models import Entry
from leads.conditions import editor
from leads.conditions.slots import Slot
from sla import drafts, policy_hits, policy_words
from sla.draft_differences import between, lines_of, rungs_of
from sla.models import Clock, Hours, Policy, PolicySet, Target
from teams import access, calendar_words, calendars
from teams.models import Calendar, Team, User
from teams.models.people import TeamKind

NO_DRAFT = "none"  # what somebody saw who began from what is live


@dataclass(slots=True)
class Row:
    """`was`: the time before; `taken` None: not counted."""

    line: Policy
    place: int
    amount: str
    was: str = ""
    is_new: bool = False
    changed: bool = False
    taken: int | None = None
    problems: list[drafts.Problem] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """Which set is shown to whom. `may`: edits; `seen`: names the state of the draft that is edited."""

    may: bool
    live: PolicySet
    draft: PolicySet | None
    shown: PolicySet
    lines: list[Policy]
    before: list[Policy]
    problems: list[drafts.Problem]
    changed: set[UUID]
    seen: str

    @property
    def blocked(self) -> str:
        """Why it can't be published; "" when it can."""
        if wrong := next((one for one in self.problems if one.blocks), None):
            return wrong.text
        return "" if self.changed else "Nothing is changed yet."


def state_of(user: Any, *, now: datetime) -> State:
    """Readers see what is live; administrators the draft, if there is one. At most 14 queries."""
    may = access.may(user, "administer")
    live = PolicySet.objects.select_related("published_by").get(state="published")
    draft = drafts.the_draft() if may else None
    shown = draft or live
    before = lines_of(live)
    lines = lines_of(draft) if draft else before
    found = between(before, lines) if draft else []
    return State(
        may, live, draft, shown, lines, before, drafts.problems(shown, at=now) if may else [],
        {one.line for one in found}, draft.edited_at.isoformat() if draft and draft.edited_at else NO_DRAFT,
    )  # fmt: skip


def slug(target: str) -> str:
    return slugify(Target(target).label)


TARGETS = {slug(target): Target(target) for target in Target.values}


def of(state: State, target: Target, chosen: UUID | None, *, now: datetime) -> dict[str, Any]:
    """Everything the page of a target needs besides its frame."""
    lines = [line for line in state.lines if line.target == target]
    before = {line.line: line for line in state.before if line.target == target}
    hits = policy_hits.of(lines, now=now)
    named = dict(Calendar.objects.values_list("id", "name"))
    rows = []
    for place, line in enumerate(lines, 1):
        row = Row(line, place, policy_words.amount(line), is_new=line.line not in before)
        row.changed = line.line in state.changed
        if was := before.get(line.line):
            row.was = policy_words.amount(was) if policy_words.amount(was) != row.amount else ""
        row.taken = hits.taken.get(line.line) if hits.known else None
        row.problems = [one for one in state.problems if one.line_id == line.pk]
        rows.append(row)
    current = next((row for row in rows if row.line.line == chosen), rows[0] if rows else None)
    gone = [line for line in before.values() if line.line not in {one.line for one in lines}]
    context: dict[str, Any] = {
        "target": target, "slug": slug(target), "rows": rows, "current": current, "hits": hits, "gone": gone,
        "state": state, "loose": [one for one in state.problems if one.line_id is None],
        "elsewhere": _elsewhere(state, target), "edited_by": editors(state.draft),
    }  # fmt: skip
    if current is not None:
        context |= _line(state, current, rows, before, hits, named, now=now)
    return context


def _line(
    state: State, row: Row, rows: Sequence[Row], before: Mapping[UUID, Policy], hits: policy_hits.Hits,
    named: Mapping[int, str], *, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    line = row.line
    was = before.get(line.line)
    if was is None and state.draft:  # a new one is read against the line it was put in front of
        was = next((before[one.line.line] for one in rows[row.place :] if one.line.line in before), None)
    action = f"/sla/lines/{line.line}/condition/?seen={state.seen.replace('+', '%2B')}" if state.may else ""
    return {
        "line": line, "promise": policy_words.PROMISES[line.target], "answered_by": policy_words.ANSWERED_BY,
        "sentence": editor.render(
            line.condition, before=was.condition if was and state.draft else None, action_url=action,
            everyone="Everyone no line above takes:",
        ),
        "slots": _slots(state, line, was if state.draft else None, named), "rungs": _rungs(line, was, state),
        "takes": hits.taken.get(line.line, 0), "matches": hits.match.get(line.line, 0),
        "card": _calendar(line, named, now=now), "condition_url": action,
    }  # fmt: skip


def _slots(state: State, line: Policy, was: Policy | None, named: Mapping[int, str]) -> dict[str, Slot]:
    said = {
        "amount": (policy_words.amount, "Time"),
        "hours": (lambda one: policy_words.hours(one, named), "Whose hours"),
        "pause": (lambda one: policy_words.pauses(one.pause_reasons), "Pauses"),
        "goal": (lambda one: f"{one.goal}%", "Goal"),
        "moves": (lambda one: policy_words.moves(one), "When it is missed, it moves to"),
        "name": (lambda one: one.name, "Name"),
        "terms": (policy_words.terms, "Terms"),
    }
    found = {}
    for name, (words, label) in said.items():
        compared = was if was and (name != "name" or was.line == line.line) else None
        text, earlier = words(line), words(compared) if compared else ""
        changed = compared is not None and earlier != text
        href = f"/sla/lines/{line.line}/{name}/?seen={state.seen.replace('+', '%2B')}" if state.may else ""
        found[name] = Slot(text, f"slot-{name}", href, earlier if changed else "", changed, f"{label}: {text}")
    return found


def _rungs(line: Policy, was: Policy | None, state: State) -> list[dict[str, Any]]:
    old = {_moment(rung): rung for rung in rungs_of(was)} if was and state.draft else {}
    return [
        {
            "level": rung["level"], "when": policy_words.when(rung, line), "who": policy_words.who(rung),
            "how": policy_words.how(rung), "then": policy_words.then(rung, line),
            "changed": bool(old) and old.get(_moment(rung)) != rung,
            "href": f"/sla/lines/{line.line}/steps/{rung['level']}/?seen={state.seen.replace('+', '%2B')}",
        }
        for rung in rungs_of(line)
    ]  # fmt: skip


def _moment(rung: Mapping[str, Any]) -> tuple[int, int | None]:
    return (min(rung["level"], 101), rung["after"])


def _calendar(line: Policy, named: Mapping[int, str], *, now: datetime) -> dict[str, Any] | None:
    """The hours that count, in words: of the calendar that is named, or of each sales team. None = round the clock."""
    if line.hours == Hours.ALWAYS:
        return None
    if line.hours == Hours.TEAM:
        teams = Team.objects.filter(kind=TeamKind.SALES).values_list("name", "calendar_id").order_by("name")
        versions = calendars.current_versions({pk for _, pk in teams if pk})
        return {"teams": [
            (name, versions[pk].tz, calendar_words.week(versions[pk].weekly)) for name, pk in teams if pk in versions
        ]}  # fmt: skip
    version = calendars.current_versions([line.calendar_id]).get(line.calendar_id)  # type: ignore[list-item,arg-type]
    if version is None:
        return None
    closed = sorted(day for day, open_at in version.closed.items() if not open_at and day >= now.date().isoformat())
    return {
        "pk": line.calendar_id, "name": named.get(line.calendar_id or 0, ""), "tz": version.tz,
        "week": calendar_words.week(version.weekly), "closed": [datetime.fromisoformat(day) for day in closed[:2]],
    }  # fmt: skip


def _elsewhere(state: State, target: Target) -> list[tuple[str, str, str]]:
    """[(label, address, text)] of what blocks publishing on the pages of other targets."""
    by_line = {line.pk: line for line in state.lines}
    return [
        (line.get_target_display(), f"/sla/{slug(line.target)}/?line={line.line}", one.text)
        for one in state.problems
        if one.blocks and one.line_id and (line := by_line[one.line_id]).target != target
    ]


def editors(draft: PolicySet | None) -> str:
    """Who worked on the draft, by name."""
    if draft is None:
        return ""
    facts = Entry.objects.about("policies", [draft.pk]).filter(kind__in=["policy.changed", "policy.drafted"])
    users = {user.pk: user for user in User.objects.filter(pk__in=facts.values("by_id"))}
    return " and ".join(sorted(str(user) for user in users.values()))


def open_clocks(policy_set: PolicySet) -> int:
    """Those that run or pause under a set."""
    return Clock.objects.filter(policy__policy_set=policy_set).exclude(phase="stopped").count()


def administrators() -> str:
    """Who may change this, for those who may not."""
    names = [str(user) for user in User.objects.active().filter(role="admin", is_service=False).order_by("name")[:3]]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "a RevOps administrator"
