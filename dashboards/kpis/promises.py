"""Are promises kept: clocks that fell due in the period."""

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice, rate
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
)  # fmt: skip
STATES = ("met", "met_late", "overdue", "breached_cancelled")
_NAMES = {
    "met": "In time", "met_late": "Done late", "overdue": "Late, still open",
    "breached_cancelled": "Late, then cancelled",
    "running": "Not due yet", "cancelled": "Cancelled in time", "not_required": "Not required",
}  # fmt: skip


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
    parts = {"due": f"scope = 'lead' AND state IN {STATES}"} | due | wholes
    parts |= {state: f"scope = 'lead' AND state = '{state}'" for state in shown}
    for key, where in wholes.items():
        parts |= {f"{key}.{state}": f"{where} AND state = '{state}'" for state in (*STATES, "not_required")}
    return parts


def _part_names() -> dict[str, str]:
    lines_ = {key: label for key, label, _ in LINES} | {"owner": "Owner clocks"}
    names = _NAMES | {"due": "Fell due"}
    for key, label in lines_.items():
        names |= {key: label, f"{key}.due": f"{label}: fell due"}
        names |= {f"{key}.{state}": f"{label}: {_NAMES[state].lower()}" for state in (*STATES, "not_required")}
    return names


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
]  # fmt: skip
