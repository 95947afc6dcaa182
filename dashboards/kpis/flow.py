"""The funnel as a flow: who entered and who left each stage in the period; and how often close dates move."""

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Figure, Kpi, Population, Slice
from dashboards.kpis.populations import LEAD_SOURCE, LIVES_ON, STAGES
from dashboards.kpis.stages import LABELS, UNDATED
from revops.lib import words

_CODES = [code for code, *_ in STAGES]
_EVENTS = ", ".join(
    f"({number * 2}, '{code}', true, l.{entered}), ({number * 2 + 1}, '{code}', false, "
    f"CASE WHEN l.{entered} IS NOT NULL THEN {left} END)"
    for number, (code, entered, left) in enumerate(STAGES)
)

# Nothing can have happened in the period to a lead whose last step was before it.
FLOWS = Population(
    name="flows",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "stage", "entered"),
    select=f"""
      SELECT l.id, l.id * 16 + v.number AS key, v.at, {LEAD_SOURCE}, l.undated, v.stage, v.entered
        FROM leads_lead l
       CROSS JOIN LATERAL (VALUES {_EVENTS}) v(number, stage, entered, at)
       WHERE l.stage_at >= {{starts}} AND v.at >= {{starts}} AND v.at < {{ends}} AND v.at <= {{seen}}
             {LIVES_ON} {{only}}""",
)

PUSHED = Population(
    name="pushed",
    subject="deal",
    source="d.source_id",
    owner="d.owner_id",
    kinds=("moved",),
    span="open",
    select="""
      SELECT d.id, d.id AS key, d.created_at AS at, COALESCE(d.source_id, 'unknown') AS source, d.pushes,
             CASE WHEN d.pushes = 0 THEN 'never' WHEN d.pushes = 1 THEN 'once' ELSE 'more' END AS moved
        FROM deals_deal d
       WHERE d.created_at <= {seen} AND (d.closed_at IS NULL OR d.closed_at > {seen}) {only}""",
)


def flow(s: Slice) -> Figure:
    entered = sum(s.n(f"{code}.in") for code in _CODES)
    left = sum(s.n(f"{code}.out") for code in _CODES)
    return Figure(
        entered - left,
        formula=f"{words.number(entered)} entered a stage {words.MINUS} {words.number(left)} left one",
        beside=(Beside("entered", entered, "count", part="in"), Beside("left", left, "count", part="out")),
    )


def pushes(s: Slice) -> Figure:
    n, moved = s.n(""), s.n("once") + s.n("more")
    return Figure(
        arithmetic.ratio(s.sum("pushes"), n),
        formula=f"{words.number(s.sum('pushes'))} pushes ÷ {words.plural(n, 'open deal')}; {words.number(moved)} moved",
        na="" if n else "0 open deals",
        n=n,
        beside=(Beside("moved twice or more", s.n("more"), "count", part="more"),),
    )


KPIS = [
    Kpi(
        id="J04", key="flow", name="Flow", unit="count", better="neither", badge="diagnostic",
        grain="one lead entering or leaving one stage, by that day", population=FLOWS,
        definition="Leads that entered and that left each stage in the period, whenever they came in. It says what "
        "moved then, not how far those who came in will get.",
        rows="NOT undated",
        parts={"in": "entered", "out": "NOT entered"}
        | {f"{code}.{way}": f"stage = '{code}' AND {where}"
           for code in _CODES for way, where in (("in", "entered"), ("out", "NOT entered"))},
        part_names={f"{code}.{way}": f"{word} {LABELS[code]}"
                    for code in _CODES for way, word in (("in", "Entered"), ("out", "Left"))},
        excluded={"undated": UNDATED},
        measure=flow, over_time=True,
    ),
    Kpi(
        id="P03", key="close-date-pushes", name="Pushes of the close date", unit="ratio", better="lower",
        badge="diagnostic", grain="one deal open at the as-of", population=PUSHED,
        definition="How often the close date of an open deal was moved later, on average.",
        parts={"never": "moved = 'never'", "once": "moved = 'once'", "more": "moved = 'more'"},
        part_names={"never": "Never moved", "once": "Moved once", "more": "Moved twice or more"},
        sums={"pushes": "pushes"},
        columns=(("pushes", "Pushes", "count"),),
        measure=pushes,
    ),
]  # fmt: skip
