"""K10: from the hand-over to the first contact, in open hours; the wall clock stands beside."""

from math import inf

from dashboards import arithmetic
from dashboards.kpis import open_time
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice
from dashboards.kpis.populations import LEAD_SOURCE, LIVES_ON

UNDATED = Excluded("undated", "no dates of their own (import)")

# The hours are those of the lead's own response promise: the opening hours of the owner's team where the promise keeps
# them, round the clock where it does. What a pause took out of the promise is not waiting either.
CONTACTS = Population(
    name="contacts",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "contacted"),
    binds=open_time.binds,
    select=f"""
      SELECT x.*, CASE WHEN x.answered IS NULL THEN NULL
                       WHEN x.version IS NULL THEN GREATEST(x.wall - x.paused, 0)
                       ELSE GREATEST({open_time.elapsed("x.at", "x.answered", "x")} - x.paused, 0) END AS contact
        FROM (SELECT l.id, l.id AS key, l.mql_at AS at, {LEAD_SOURCE}, l.undated, h.version, h.opens, h.closes,
                     h.before, COALESCE(w.paused, 0) AS paused,
                     COALESCE(l.first_response_at <= {{seen}} AND l.first_response_at >= l.mql_at, false) AS contacted,
                     CASE WHEN l.first_response_at <= {{seen}} AND l.first_response_at >= l.mql_at
                          THEN l.first_response_at END AS answered,
                     CASE WHEN l.first_response_at <= {{seen}} AND l.first_response_at >= l.mql_at
                          THEN date_part('epoch', l.first_response_at - l.mql_at) END AS wall
                FROM leads_lead l
                LEFT JOIN sla_clock c ON c.lead_id = l.id AND c.target = 'first_response' AND c.scope = 'lead'
                                     AND c.run = 1
                LEFT JOIN {open_time.HOURS} h ON h.version = c.calendar_version_id
                LEFT JOIN (SELECT p.clock_id, sum(CASE WHEN ph.version IS NULL
                                       THEN date_part('epoch', COALESCE(p.to_at, {{seen}}) - p.from_at)
                                       ELSE {open_time.elapsed("p.from_at", "COALESCE(p.to_at, {seen})", "ph")} END)
                                  AS paused
                             FROM sla_pause p JOIN sla_clock pc ON pc.id = p.clock_id
                             LEFT JOIN {open_time.HOURS} ph ON ph.version = pc.calendar_version_id
                            WHERE NOT p.stands AND p.from_at <= {{seen}} AND pc.target = 'first_response'
                            GROUP BY 1) w ON w.clock_id = c.id
               WHERE l.mql_at >= {{starts}} AND l.mql_at < {{ends}} AND l.mql_at <= {{seen}}
                     {LIVES_ON} {{only}}) x""",
)


def first_contact(s: Slice) -> Figure:
    contact, wall = s.spread("contact"), s.spread("wall")
    reached, waiting = s.n("contacted"), s.n("uncontacted")
    total = reached + waiting
    if not total:
        return Figure(None, na="0 handed over in this period")
    share = Beside("contacted", arithmetic.ratio(reached, total), "share", part="contacted")
    round_the_clock = Beside(
        "round the clock, median", None if wall.median in (None, inf) else wall.median, "seconds", na="not reached"
    )
    formula = f"median of {total:,} leads; {waiting:,} without a contact count as not reached"
    if contact.median in (None, inf):
        return Figure(
            None, na="not reached: fewer than half were contacted", n=total, formula=formula, beside=(share,)
        )  # fmt: skip
    p90 = contact.p90
    return Figure(
        contact.median,
        formula=formula,
        n=total,
        beside=(
            Beside("90th percentile", None if p90 == inf else p90, "seconds",
                   na="not reached: more than a tenth were not contacted" if p90 == inf else ""),
            round_the_clock,
            share,
        ),
    )  # fmt: skip


KPIS = [
    Kpi(
        id="K10", key="time-to-first-contact", name="Time to first contact", unit="seconds", better="lower",
        badge="diagnostic", grain="one lead cycle, by the day it became an MQL", population=CONTACTS,
        definition="From the hand-over to the first call, e-mail, message or meeting by a person, in the open hours "
        "that its response promise keeps, of the leads handed over in the period. A lead nobody contacted counts as "
        "not reached. Round the clock stands beside it.",
        rows="NOT undated",
        parts={"contacted": "contacted", "uncontacted": "NOT contacted"},
        part_names={"contacted": "Contacted", "uncontacted": "Not contacted"},
        spreads={"contact": ("COALESCE(contact, 'Infinity'::float8)", "NOT undated"),
                 "wall": ("COALESCE(wall, 'Infinity'::float8)", "NOT undated")},
        excluded={"undated": UNDATED},
        columns=(("contact", "In open hours", "seconds"), ("wall", "Round the clock", "seconds")),
        measure=first_contact,
    ),
]  # fmt: skip
