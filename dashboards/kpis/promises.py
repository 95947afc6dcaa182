"""Are promises kept: clocks that fell due in the period."""

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice, rate
from dashboards.kpis.populations import PROMISES
from revops.lib import words

# What a reader sees for (target, tier), in the order of urgency; the owner's own clock stands beside, never inside.
LINES = (
    ("first_response.hot", "First response, hot", "target = 'first_response' AND tier = 'hot' AND scope = 'lead'"),
    ("first_response.intent", "First response, high intent",
     "target = 'first_response' AND tier = 'intent' AND scope = 'lead'"),
    ("first_response.standard", "First response, standard",
     "target = 'first_response' AND tier NOT IN ('hot', 'intent') AND scope = 'lead'"),
    ("assignment", "Assignment", "target = 'assignment' AND scope = 'lead'"),
    ("disposition", "Decision", "target = 'disposition' AND scope = 'lead'"),
    ("touch_minimum", "Touches", "target = 'touch_minimum' AND scope = 'lead'"),
    ("stage_age", "Time in stage", "target = 'stage_age' AND scope = 'lead'"),
    ("next_step", "Next step", "target = 'next_step' AND scope = 'lead'"),
    ("handoff_sched", "Hand-over call booked", "target = 'handoff_sched' AND scope = 'lead'"),
    ("handoff_call", "Hand-over call held", "target = 'handoff_call' AND scope = 'lead'"),
    ("discount", "Discount decided", "target = 'discount' AND scope = 'lead'"),
)  # fmt: skip
STATES = ("met", "met_late", "overdue", "breached_cancelled")
LATE = STATES[1:]
_NAMES = {
    "met": "In time", "met_late": "Done late", "overdue": "Late, still open",
    "breached_cancelled": "Late, then cancelled",
    "running": "Not due yet", "cancelled": "Cancelled in time", "not_required": "Not required",
}  # fmt: skip

# Late on the buyer's clock, and whose delay it was. The owner's own clock starts when the lead reaches them: kept, with
# the buyer's clock late, the delay was routing's.
LATE_ANSWERS = Population(
    name="late-answers",
    subject="clock",
    source=PROMISES.source,
    owner=PROMISES.owner,
    kinds=("history", "cause"),
    select=f"""
      SELECT c.id, c.id AS key, c.due_at AS at, '' AS source, c.history,
             CASE WHEN c.owner_id IS NULL THEN 'nobody'
                  WHEN EXISTS (SELECT 1 FROM sla_clock o
                                WHERE o.lead_id = c.lead_id AND o.target = 'first_response' AND o.scope = 'owner'
                                  AND o.outcome = 'met' AND o.stopped_at > c.due_at AND o.stopped_at <= {{seen}})
                  THEN 'routing' ELSE 'owner' END AS cause
        FROM sla_clock c
       WHERE c.target = 'first_response' AND c.scope = 'lead' AND c.due_at >= {{starts}} AND c.due_at < {{ends}}
         AND c.started_at <= {{seen}} AND c.due_at < {{seen}}
         AND (c.stopped_at IS NULL OR c.stopped_at > {{seen}} OR c.outcome IN {LATE}) {{only}}""",
)
CAUSES = {
    "nobody": "Nobody had it when it fell due",
    "routing": "It reached its owner late, who then was in time",
    "owner": "Its owner had it and did not answer in time",
}


def in_time(s: Slice, prefix: str = "") -> Figure:
    got = {state: s.n(prefix + state) for state in STATES}
    n = sum(got.values())
    if not n:
        return Figure(None, na="0 fell due in this period")
    late = n - got["met"]
    return rate(
        got["met"], n,
        none="",
        formula=f"{words.number(got['met'])} in time ÷ {words.number(n)} due; {words.number(late)} late",
        beside=(
            Beside("late and still open", got["overdue"], "count", part="overdue"),
            *((Beside("cancelled in time", s.n("cancelled"), "count", part="cancelled"),) if not prefix else ()),
        ),
    )  # fmt: skip


def attainment(s: Slice) -> Figure:
    """The lead's clocks, which the buyer feels; the owner's stand beside."""
    figure = in_time(s)
    own = {state: s.n(f"owner.{state}") for state in STATES}
    rest = Beside("owner clocks", arithmetic.attainment(**own), "share", na="no owner clock fell due", part="owner")
    return Figure(
        figure.value, formula=figure.formula, na=figure.na, hits=figure.hits, n=figure.n, beside=(*figure.beside, rest)
    )


def lines(s: Slice) -> list[dict]:
    """One row a promise: {line, label, met, n, figure}; promises nothing fell due under are left out."""
    rows = []
    for key, label, _ in LINES:
        figure = in_time(s, f"{key}.")
        if figure.n:
            rows.append({"line": key, "label": label, "met": figure.hits, "n": figure.n, "figure": figure})
    return rows


def _parts() -> dict[str, str]:
    wholes = {key: where for key, _, where in LINES} | {"owner": "scope = 'owner'"}
    shown = (*STATES, "cancelled", "not_required", "running")
    due = {f"{key}.due": f"{where} AND state IN {STATES}" for key, where in wholes.items()}
    parts = {name: f"scope = 'lead' AND state IN {states}" for name, states in (("due", STATES), ("late", LATE))}
    parts |= due | wholes
    parts |= {state: f"scope = 'lead' AND state = '{state}'" for state in shown}
    for key, where in wholes.items():
        parts |= {f"{key}.{state}": f"{where} AND state = '{state}'" for state in (*STATES, "not_required")}
    return parts


def _part_names() -> dict[str, str]:
    lines_ = {key: label for key, label, _ in LINES} | {"owner": "Owner clocks"}
    names = _NAMES | {"due": "Fell due", "late": "Not kept"}
    for key, label in lines_.items():
        names |= {key: label, f"{key}.due": f"{label}: fell due"}
        names |= {f"{key}.{state}": f"{label}: {_NAMES[state].lower()}" for state in (*STATES, "not_required")}
    return names


def late_answers(s: Slice) -> Figure:
    n = s.n("")
    return Figure(n, formula=f"{words.plural(n, 'first answer')} late or still owed", n=0)


KPIS = [
    Kpi(
        id="K11", key="sla-attainment", name="Answered in time", unit="share", badge="diagnostic",
        grain="one clock, by the moment it fell due", population=PROMISES,
        definition="Clocks met in time ÷ all that fell due in the period: met, met late, late and still open, and "
        "cancelled after they were late. A cancellation in time and a clock not due yet don't count.",
        rows="NOT history", parts=_parts(), part_names=_part_names(),
        excluded={"history": Excluded("history", "computed for imported history")},
        measure=attainment, over_time=True,
    ),
    Kpi(
        id="LATE_ANSWERS", key="late-answers", name="Late first answers", unit="count", better="lower",
        badge="diagnostic", grain="one clock, by the moment it fell due", population=LATE_ANSWERS,
        definition="First responses that were late for the buyer, by whose delay it was: nobody had the lead, it "
        "reached its owner late, who then was in time, or its owner did not answer in time.",
        rows="NOT history", parts={cause: f"cause = '{cause}'" for cause in CAUSES}, part_names=CAUSES,
        excluded={"history": Excluded("history", "computed for imported history")},
        measure=late_answers,
    ),
]  # fmt: skip
