"""Where we go silent, and what happens in each phase of the way from first interest to first value.

Silence: between the hand-over and the end of the pursuit (a deal, a decision, or now), the time between two touches of
either team; opens of mails and notes are no touches. The longest one, measured against its stage's limit, is a lead's.
"""

from math import inf
from typing import Any

from dashboards.journey.limits import limits
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice, rate
from dashboards.kpis.populations import LEAD_SOURCE, LIVES_ON
from revops.lib import words

UNDATED = Excluded("undated", "no dates of their own (import)")
STAGES = {"mql": "MQL", "sal": "SAL", "sql": "SQL"}
ENDS = STAGES | {"deal": "deal", "ended": "ended", "now": "now"}
PAIRS = {f"{a}.{b}": f"{STAGES[a]} → {ENDS[b]}" for i, a in enumerate(STAGES) for b in [*list(ENDS)[i:]]}
PHASES = {
    "awareness": "Awareness", "education": "Education", "evaluation": "Evaluation", "decision": "Decision",
    "onboarding": "Onboarding",
}  # fmt: skip
SIDES = {"marketing": "Marketing", "sales": "Sales", "product": "Product"}
TOUCHED = "t.kind NOT IN ('email_open', 'note') AND t.standing IN ('', 'approved')"


def _stage_at(moment: str) -> str:
    return f"CASE WHEN l.sql_at <= {moment} THEN 'sql' WHEN l.sal_at <= {moment} THEN 'sal' ELSE 'mql' END"


_LIMIT = "CASE {stage} WHEN 'sql' THEN {{limit_sql}}::float8 WHEN 'sal' THEN {{limit_sal}} ELSE {{limit_mql}} END"
_ENDED = "LEAST(l.opportunity_at, l.won_at, l.lost_at, l.rejected_at, l.recycled_at, l.disqualified_at)"
_BETWEEN = "date_part('epoch', p.upto - p.at) / 86400.0"

# One pass over the touches of the leads handed over, in their order: the silences between them (kept: the one that
# exceeds its limit most, as an array whose first number decides), and marketing’s last touch before sales began.
SILENCES = Population(
    name="silences",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "silent", "handed", "from_stage", "to_stage"),
    binds=lambda window: {f"limit_{stage}": days for stage, days in limits().items()},
    select=f"""
      SELECT l.id, l.id AS key, l.mql_at AS at, {LEAD_SOURCE}, l.undated, l.owner_id AS owner, s.most[2] AS gap,
             s.nurture, s.most[1] > 0 AS silent, COALESCE(s.nurture > {{limit_mql}}::float8, false) AS handed,
             {_stage_at("to_timestamp(s.most[3])")} AS from_stage,
             CASE WHEN s.most[4] < date_part('epoch', s.until) THEN {_stage_at("to_timestamp(s.most[4])")}
                  WHEN {_ENDED} IS NULL OR {_ENDED} > {{seen}} THEN 'now'
                  WHEN LEAST(l.opportunity_at, l.won_at) <= s.until THEN 'deal' ELSE 'ended' END AS to_stage
        FROM (SELECT p.id, p.until,
                     max(ARRAY[{_BETWEEN} - {_LIMIT.format(stage="p.stage")}, {_BETWEEN}, date_part('epoch', p.at),
                               date_part('epoch', p.upto)]) FILTER (WHERE NOT p.early) AS most,
                     date_part('epoch', COALESCE(min(p.sold), p.until)
                               - max(p.at) FILTER (WHERE p.side = 'marketing' AND p.at < COALESCE(p.sold, p.until)))
                       / 86400.0 AS nurture
                FROM (SELECT h.id, h.until, h.at, h.side, h.at < h.mql_at AS early,
                             CASE WHEN h.sql_at <= h.at THEN 'sql' WHEN h.sal_at <= h.at THEN 'sal' ELSE 'mql' END
                             AS stage,
                             lead(h.at, 1, h.until) OVER (PARTITION BY h.id ORDER BY h.at) AS upto,
                             min(h.at) FILTER (WHERE h.side = 'sales' AND h.at > h.mql_at)
                               OVER (PARTITION BY h.id) AS sold
                        FROM (WITH w AS (
                                SELECT l.id, l.person_id, l.created_at, l.mql_at, l.sal_at, l.sql_at,
                                       GREATEST(l.mql_at, LEAST({_ENDED}, {{seen}})) AS until
                                  FROM leads_lead l
                                 WHERE l.mql_at >= {{starts}} AND l.mql_at < {{ends}} AND l.mql_at <= {{seen}}
                                       {LIVES_ON} {{only}})
                              SELECT w.id, w.until, w.mql_at, w.sal_at, w.sql_at, w.mql_at AS at, '' AS side FROM w
                               UNION ALL
                              SELECT w.id, w.until, w.mql_at, w.sal_at, w.sql_at, t.occurred_at, t.side
                                FROM w JOIN leads_touch t ON t.person_id = w.person_id
                                 AND t.occurred_at >= w.created_at AND t.occurred_at < w.until AND {TOUCHED}) h) p
               GROUP BY p.id, p.until) s
        JOIN leads_lead l ON l.id = s.id""",
)


def known_limits(sheet: Any) -> dict[str, int]:
    """Asked once a sheet."""
    found: dict[str, int] = sheet.once("silence limits", limits)
    return found


def _between(pair: str) -> str:
    first, last = pair.split(".")
    return f"silent AND from_stage = '{first}' AND to_stage = '{last}'"


def dead_zones(s: Slice) -> Figure:
    gap = s.spread("gap")
    leads, silent = s.n("all"), s.n("silent")
    asked = s.givens["limits"].values()
    least, most = min(asked), max(asked)
    days = f"{least} d" if least == most else f"{least} to {most} d"
    return rate(
        silent, leads,
        none="0 handed over in this period",
        formula=f"{words.number(silent)} silent for more than {days} ÷ {words.plural(leads, 'lead')} handed over",
        beside=(
            Beside("median silence of those", gap.median, "days", na="" if gap.n else "0 silent", part="silent"),
            Beside("still silent", s.n("still"), "count", part="still"),
            Beside("from the last marketing touch to sales", s.n("handed"), "count", part="handed"),
        ),
    )  # fmt: skip


# --- phases ---------------------------------------------------------------------


def _phase(number: int, phase: str, entered: str, left: str) -> str:
    return f"""
      SELECT l.id, l.id * 8 + {number} AS key, 'lead' AS subject, {entered} AS at, {LEAD_SOURCE}, l.undated,
             '{phase}' AS phase, COALESCE({left} <= {{seen}}, false) AS over,
             date_part('epoch', LEAST({left}, {{seen}}) - {entered}) AS seconds
        FROM leads_lead l
       WHERE {entered} >= {{starts}} AND {entered} < {{ends}} AND {entered} <= {{seen}}
             AND COALESCE({left} >= {entered}, true) {LIVES_ON} {{only}}"""


_OUT = "l.rejected_at, l.recycled_at, l.disqualified_at, l.lost_at"
_WORKED = "LEAST(l.sal_at, l.sql_at)"
LEAD_PHASES = (
    ("awareness", "l.created_at", f"LEAST(l.mql_at, l.sal_at, l.sql_at, l.opportunity_at, l.won_at, {_OUT})"),
    ("education", "l.mql_at", f"LEAST(l.sal_at, l.sql_at, l.opportunity_at, l.won_at, {_OUT})"),
    ("evaluation", _WORKED, f"LEAST(l.opportunity_at, l.won_at, {_OUT})"),
    ("decision", "l.opportunity_at", f"LEAST(l.won_at, {_OUT})"),
    # From the win to the first value; who left before it is out of the phase too.
    ("onboarding", "l.won_at", "(SELECT LEAST(c.first_value_at, c.churned_at) FROM customers_customer c"
     " WHERE c.company_id = l.company_id)"),
)  # fmt: skip
WAYS = Population(
    name="ways",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "phase", "over"),
    select=" UNION ALL ".join(_phase(number, *phase) for number, phase in enumerate(LEAD_PHASES)),
)


def phases(s: Slice) -> Figure:
    """The phase that takes longest leads; those still in one count as longer (Kaplan–Meier)."""
    spreads = {phase: s.spread(phase) for phase in PHASES}
    known = {phase: f.median for phase, f in spreads.items() if f.median is not None and f.median != inf}
    beside = tuple(
        Beside(
            PHASES[phase], known[phase] / 86_400 if phase in known else None, "days", part=phase,
            na="not reached: fewer than half have left" if f.n else "0 entered in this period",
        )
        for phase, f in spreads.items()
    )  # fmt: skip
    if not known:
        return Figure(None, na="no phase was entered and left by half in this period", beside=beside)
    longest = max(known, key=lambda phase: known[phase])
    return Figure(
        known[longest] / 86_400,
        formula=f"{PHASES[longest]} takes longest; median of {words.plural(spreads[longest].n, 'lead')}, those still "
        "in it counted as longer",
        n=spreads[longest].n,
        beside=beside,
    )


# What each side did, by the phase the person's lead was in at that moment: a touch belongs to the last cycle opened
# before it, one before all cycles to the first, as awareness.
CONTACTS = Population(
    name="touched",
    subject="touch",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("phase", "side", "with_content"),
    select=f"""
      SELECT t.id, t.id AS key, t.occurred_at AS at, {LEAD_SOURCE}, t.side, t.asset, t.asset <> '' AS with_content,
             CASE WHEN l.won_at <= t.occurred_at THEN 'onboarding'
                  WHEN l.opportunity_at <= t.occurred_at THEN 'decision'
                  WHEN LEAST(l.sal_at, l.sql_at) <= t.occurred_at THEN 'evaluation'
                  WHEN l.mql_at <= t.occurred_at THEN 'education' ELSE 'awareness' END AS phase
        FROM leads_touch t
        JOIN leads_lead l ON l.person_id = t.person_id AND (l.cycle = 1 OR l.created_at <= t.occurred_at)
        LEFT JOIN leads_lead x ON x.person_id = l.person_id AND x.cycle = l.cycle + 1
       WHERE t.occurred_at >= {{starts}} AND t.occurred_at < {{ends}} AND t.occurred_at <= {{seen}} AND {TOUCHED}
             AND (x.id IS NULL OR t.occurred_at < x.created_at) {{only}}""",
)


def contacts(s: Slice) -> Figure:
    sides = {side: sum(s.n(f"{phase}.{side}") for phase in PHASES) for side in SIDES}
    return Figure(
        sum(sides.values()),
        formula=" + ".join(f"{words.number(n)} {SIDES[side].lower()}" for side, n in sides.items()),
        beside=(Beside("with content", s.n("content"), "count", part="content"),),
    )


KPIS = [
    Kpi(
        id="J01", key="dead-zones", name="Dead zones", unit="share", better="lower", badge="diagnostic",
        grain="one lead, by the day it was handed over", population=SILENCES,
        definition="Leads with a silence longer than their stage allows (14 days unless set) ÷ leads handed over in "
        "the period. A silence lies between two touches of either team, from the hand-over until there is a deal, a "
        "decision, or now. Opened mails and notes are no touches. Beside: longer than that from marketing's last touch "
        "to the first of sales.",
        rows="NOT undated",
        parts={"all": "true", "heard": "NOT silent", "silent": "silent", "still": "silent AND to_stage = 'now'",
               "handed": "handed"}
        | {f"pair.{pair}": _between(pair) for pair in PAIRS},
        part_names={"heard": "Not silent", "silent": "Silent",
                    **{f"pair.{pair}": name for pair, name in PAIRS.items()}},
        spreads={"gap": ("gap", "NOT undated AND silent")}
        | {f"pair.{pair}": ("gap", f"NOT undated AND {_between(pair)}") for pair in PAIRS},
        excluded={"undated": UNDATED},
        columns=(("gap", "Longest silence", "days"), ("nurture", "Marketing to sales", "days")),
        givens=lambda sheet, window: {"limits": known_limits(sheet)}, measure=dead_zones, by_source=True,
    ),
    Kpi(
        id="J02", key="phases", name="Phases", unit="days", better="lower", badge="diagnostic",
        grain="one lead in one phase, by the day it was entered", population=WAYS,
        definition="Days from entering a phase to leaving it: awareness until handed over, education until accepted, "
        "evaluation until a deal, decision until won or lost, onboarding until the first value. Those still in a phase "
        "count as longer, or the slow would vanish.",
        rows="NOT undated",
        parts={phase: f"phase = '{phase}'" for phase in PHASES}
        | {f"{phase}.in": f"phase = '{phase}' AND NOT over" for phase in PHASES},
        part_names=PHASES,
        waits={phase: ("seconds", "over", f"NOT undated AND phase = '{phase}'") for phase in PHASES},
        excluded={"undated": UNDATED},
        columns=(("seconds", "In the phase", "seconds"),),
        measure=phases,
    ),
    Kpi(
        id="J03", key="contacts", name="Touches by phase", unit="count", better="neither", badge="diagnostic",
        grain="one touch, by the day it happened", population=CONTACTS,
        definition="Touches of the period of people with a lead, by side and by the phase the lead was in at that "
        "moment. Opened mails and notes are left out.",
        parts={f"{phase}.{side}": f"phase = '{phase}' AND side = '{side}'" for phase in PHASES for side in SIDES}
        | {f"{phase}.content": f"phase = '{phase}' AND with_content" for phase in PHASES} | {"content": "with_content"},
        part_names={f"{phase}.{side}": f"{PHASES[phase]}, {name.lower()}"
                    for phase in PHASES for side, name in SIDES.items()},
        measure=contacts,
    ),
]  # fmt: skip
