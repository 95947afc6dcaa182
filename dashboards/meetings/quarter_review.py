"""The quarterly review: what we agreed on, why we won and lost, if the profile holds, which definitions are due."""

from datetime import date, datetime, timedelta
from typing import Any

from dashboards import sheet, told
from dashboards.agreed import goals
from dashboards.filters import Filters, midnight
from dashboards.meetings.kinds import Agenda, Fact, Screen
from dashboards.sheet import Sheet
from deals import retrospectives
from revops.lib import words
from scoring import definitions
from scoring.definitions import violators
from scoring.icp import validation
from scoring.icp import words as icp_words
from scoring.models import Icp
from teams.models import Organisation

NAMES = {"mql": "MQL", "sal": "SAL", "sql": "SQL"}
LESSONS = 8


def agenda(
    period: date, *, now: datetime, organisation: Organisation, as_of: datetime | None = None
) -> Agenda:
    """Of the quarter that begins on `period`, up to now while it runs."""
    after = (period.replace(day=1) + timedelta(days=93)).replace(day=1)
    last = min(after - timedelta(days=1), organisation.today(now))
    since, until = midnight(period, organisation.timezone), midnight(last + timedelta(days=1), organisation.timezone)
    filters = Filters(period, last, organisation.timezone, as_of=now)
    found = sheet.opened(filters, now=now, organisation=organisation)
    current = {stage: definitions.current(stage, at=now) for stage in definitions.STAGES}
    looked_back = retrospectives.summary(since, min(until, now))
    screens = [
        _goals(now, last),
        _won_and_lost(found, looked_back),
        _lessons(looked_back),
        _profile(now, organisation),
        _definitions(current, now=now, today=organisation.today(now)),
    ]
    mql = current.get("mql")
    return Agenda(now, screens, {"definition": mql.version if mql else None})


def _goals(now: datetime, last: date) -> Screen:
    facts = []
    for one in goals.standing(now, on=last):
        note = " · ".join(part for part in (
            f"of {one.target_text}", one.pace_text, "" if one.agreed else "not agreed by both sides",
        ) if part)  # fmt: skip
        value = one.value_text if one.figure.value is not None else f"n/a: {one.figure.na}"
        facts.append(Fact(f"goal-{one.goal.pk}", one.goal.name, value, note, one.tone, one.href))
    said = [] if facts else ["No goal was agreed for this quarter. Propose one under Goals & KPIs."]
    return Screen("goals", "What we agreed to reach", facts, sentences=said)


def _won_and_lost(found: Sheet, told_: dict[str, Any]) -> Screen:
    answer = found.answer("win-rate")
    rate = told.small_words(answer.figure) or told.value(answer, found.currency)
    decided = told_["won"] + told_["lost"]
    facts = [
        Fact("win-rate", "Win rate", rate if answer.figure.value is not None else f"n/a: {answer.figure.na}",
             answer.figure.formula, "", told.rows_href(found, "win-rate")),
        Fact("told", "Looked back on", f"{told_['told']} of {decided}", "deals with a retrospective",
             "warn" if told_["told"] < decided else "", "/deals/losses/"),
        Fact("asked", "Buyer asked", f"{told_['buyer_said']} of {told_['told']}", "of those looked back on", "",
             "/deals/losses/"),
    ]  # fmt: skip
    lines = [["Won" if stage == "won" else "Lost", name, words.number(n)] for stage, _, name, n in told_["reasons"]]
    rivals = [
        f"Against {name}: {won} won, {lost} lost" + (", small sample." if won + lost < words.SMALL_SAMPLE else ".")
        for name, won, lost in told_["competitors"][:4]
    ]
    head = ["", "Because", "Deals"] if lines else []
    return Screen("won-and-lost", "Why we won and lost", facts, head, lines[:10], rivals)


def _lessons(told_: dict[str, Any]) -> Screen:
    """What retrospectives ask to be changed, each with the page where that is done."""
    facts = [
        Fact(f"points-{code}", name, words.number(n), "retrospectives point there", "", href)
        for code, name, href, n in told_["points_at"]
    ]  # fmt: skip
    rows = told_["lessons"][:LESSONS]
    # The lesson itself is somebody's words: it is read on the deal and is not frozen.
    lines = [[f"Deal {one['deal']}", one["reason"], one["points_at"] or "nothing in particular"] for one in rows]
    said = [] if facts or lines else ["Nobody wrote a retrospective of this quarter’s deals yet."]
    return Screen("lessons", "What it asks us to change", facts, ["Deal", "Because", "Points at"] if lines else [],
                  lines, said)  # fmt: skip


def _profile(now: datetime, organisation: Organisation) -> Screen:
    title = "Does the ideal customer profile hold?"
    icp = Icp.objects.filter(state=Icp.State.PUBLISHED).first()
    if icp is None:
        return Screen("icp", title, sentences=["No profile is in force. Derive one from the best customers."])
    trial = validation.of(icp, now=now)
    said, since = icp_words.verdict(trial.since, icp.version), trial.since
    facts = [
        Fact("match", "Deals that match it", _arm(since.match), "won since it is in force", "", "/scoring/icp/"),
        Fact("other", "Deals that don’t", _arm(since.other), "won since it is in force", "", "/scoring/icp/"),
        Fact("review", "Review", words.day_of(icp.review_on, organisation.today(now)) if icp.review_on else "no date",
             f"profile v{icp.version}", "warn" if icp.review_on and icp.review_on <= organisation.today(now) else "",
             "/scoring/icp/"),
    ]  # fmt: skip
    lines = [
        [words.period(one.start, one.end - timedelta(days=1)), _arm(one.found.match), _arm(one.found.other),
         "what it was made of" if one.source else ""]
        for one in trial.quarters
    ]  # fmt: skip
    return Screen("icp", title, facts, ["Quarter", "Match", "Others", ""], lines, [said["text"]])


def _arm(arm: validation.Arm) -> str:
    return words.fraction(arm.won, arm.n) if arm.n else "n/a: 0 decided"


def _definitions(current: dict[str, Any], *, now: datetime, today: date) -> Screen:
    facts, said = [], []
    for stage, one in current.items():
        name = NAMES[stage]
        if one is None:
            facts.append(Fact(stage, name, "n/a", "not defined", "", "/definitions/"))
            continue
        due = one.review_on
        against = violators.count(one, now=now).n if one.predicate else 0
        note = f"{words.plural(against, 'open lead')} against it" + (
            f" · review {'was' if due <= today else 'is'} due {words.day_of(due, today)}" if due else ""
        )
        tone = "warn" if due and due <= today else ""
        facts.append(Fact(stage, name, f"v{one.version}", note, tone, "/definitions/"))
        said.append(f"{name}: {one.sentence}")
    return Screen("definitions", "Do the definitions still hold?", facts, sentences=said)
