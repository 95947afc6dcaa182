"""The agenda of the monthly SLA review: volume, response, touches, rejection, velocity, and what went wrong where."""

from datetime import date, datetime
from typing import Any

from dashboards import drawings as velocity_drawings
from dashboards import sheet, told
from dashboards.kpis import promises, say
from dashboards.meetings.kinds import Agenda, Fact, Screen
from dashboards.scoreboard import alarm, culprits, promised, quota, stamps
from dashboards.scoreboard.month import Asked, read
from dashboards.sheet import Sheet
from revops.lib import words
from scoring import definitions
from scoring.models import ScoringModel
from sla import commitments
from sla.models import Commitment
from teams.models import Organisation


def agenda(
    period: date, *, now: datetime, organisation: Organisation, as_of: datetime | None = None
) -> Agenda:
    """The numbers carry the as-of in their addresses, so that they open the same rows next month."""
    query = {"as_of": as_of.isoformat()} if as_of else {}
    asked = read(query, f"{period:%Y-%m}", now=now, organisation=organisation)
    found = sheet.opened(asked.filters, now=now, organisation=organisation)
    agreed = commitments.in_force(asked.first)
    lines = promised.lines_in_force(asked, found)
    definition = definitions.current("mql", at=found.as_of)
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).values_list("version", flat=True).first()
    version = definition.version if definition else None
    return Agenda(
        found.as_of,
        [
            Screen("sales", "What sales promised", [_promise(p) for p in promised.sales(asked, found, lines, agreed)]),
            _marketing(asked, found, agreed, version, now=now, organisation=organisation),
            _rejection(found, agreed),
            _breaches(found),
            _touches(found),
            _velocity(found),
        ],
        {"definition": version, "model": model, "promises": lines[0].policy_set.version if lines else None},
    )  # fmt: skip


def _promise(p: promised.Promise) -> Fact:
    note = " · ".join(part for part in (p.note, p.small, p.side_note) if part)
    if p.goal is not None and p.mark is not None and p.key != "volume":
        note += f" · promised {p.goal.normalize():f}%"
    return Fact(p.key, p.label, p.value or f"n/a: {p.na}", note, p.tone, p.href)


def _marketing(
    asked: Asked, found: Sheet, agreed: dict[str, Commitment], version: int | None, *, now: datetime,
    organisation: Organisation,
) -> Screen:  # fmt: skip
    inputs = quota.committed(agreed.get("volume"))
    sentences = []
    if inputs:
        seen = quota.measured(
            now=now, today=asked.today or asked.first, organisation=organisation, as_of=asked.filters.as_of
        )  # fmt: skip
        sentences = [inputs.sentence, quota.sensitivity(inputs, seen), quota.lead_time(seen)]
    facts = [_promise(p) for p in promised.marketing(asked, found, agreed, version)]
    return Screen("marketing", "What marketing promised", facts, sentences=[s for s in sentences if s])


def _rejection(found: Sheet, agreed: dict[str, Commitment]) -> Screen:
    rings = alarm.of(found, agreed)
    tone = "late" if rings.rings else "ok" if rings.rings is False else ""
    facts = [
        Fact("rejected", "Rejected of decided", rings.short, rings.counts if rings.decided else "", tone, rings.href),
        Fact("pending", "Still undecided", words.number(rings.pending), "not in the rate", "", rings.pending_href),
    ]
    other = stamps.of(found, agreed)
    facts += [
        Fact("at_once", "Accepted at once", words.plural(len(other.ringing), "person", "people"),
             other.sentence, "late" if other.ringing else "", other.href),
        Fact("later", "Accepted, rejected later", words.number(other.later), f"of {other.accepted:,} accepted", "",
             other.later_href),
    ]  # fmt: skip
    sentences = []
    first = culprits.of(found).first if rings.rings else None
    if first:
        sentences.append(
            f"{first.sentence} {first.called}; {first.accepted} of the {first.all_accepted} accepted did too."
        )
    reasons = [[row["label"], row["points_at"], words.number(row["n"])] for row in alarm.reasons(found)]
    head = ["Reason", "Points at", "Leads"] if reasons else []
    return Screen("rejection", "What sales sent back", facts, head, reasons[:7], sentences)


def _breaches(found: Sheet) -> Screen:
    """Late promises by what was promised, and late answers by whose delay it was."""
    answer = found.answer("sla-attainment")
    lines = []
    for line in promises.lines(answer.found.now):
        states = [answer.found.now.n(f"{line['line']}.{state}") for state in promises.LATE]
        if sum(states):
            lines.append([line["label"], words.number(sum(states)), *(words.number(n) for n in states)])
    causes = found.answer("late-answers").found.now
    facts = [
        Fact("late", "Promises not kept", words.number(answer.figure.n - (answer.figure.hits or 0)),
             answer.figure.formula, "", told.rows_href(found, "sla-attainment", part="late")),
        *(Fact(f"cause.{key}", name, words.number(causes.n(key)), "late first answers", "",
               told.rows_href(found, "late-answers", part=key))
          for key, name in promises.CAUSES.items()),
    ]  # fmt: skip
    return Screen(
        "breaches", "What was late, and where", facts, ["Promise", "Late", "Done late", "Open", "Cancelled late"], lines
    )


def _touches(found: Sheet) -> Screen:
    contact, kept = found.answer("time-to-first-contact"), found.answer("sla-attainment").found.now
    minimum = promises.in_time(kept, "touch_minimum.")
    facts = [
        _kpi(found, "time-to-first-contact"),
        Fact("contacted", "Contacted at all",
             words.fraction(contact.found.now.n("contacted"), contact.found.now.n("")),
             "", "", told.rows_href(found, "time-to-first-contact", part="contacted")),
        Fact("minimum", "Touches made in time", _figure(minimum),
             f"{kept.n('touch_minimum.not_required'):,} not required", "",
             told.rows_href(found, "sla-attainment", part="touch_minimum.due")),
        _kpi(found, "feedback"),
    ]  # fmt: skip
    return Screen("touches", "How hard we tried", facts)


def _velocity(found: Sheet) -> Screen:
    drawn = velocity_drawings.velocity(found)
    lines = [
        [row["label"], words.number(row["n"]), row.get("median_text", "n/a"), row.get("p90_text", "n/a")]
        for row in drawn["rows"]
    ]
    facts = [_kpi(found, key) for key in ("sql-to-deal", "mql-to-sql", "deal-creation")]
    head = ["Step", "Leads", "Median days", "90th percentile"]
    return Screen("velocity", "How fast it moves", facts, head, lines, [drawn["finding"] + "."])


def _kpi(found: Sheet, key: str) -> Fact:
    answer = found.answer(key)
    value = told.small_words(answer.figure) or (
        told.value(answer, found.currency) if answer.figure.value is not None else f"n/a: {answer.figure.na}"
    )
    return Fact(key, answer.kpi.name, value, answer.figure.formula, "", told.rows_href(found, key))


def _figure(figure: Any) -> str:
    if figure.value is None:
        return f"n/a: {figure.na}"
    return told.small_words(figure) or f"{say.share(figure.value)} ({figure.hits:,} of {figure.n:,})"
